// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import "iocp/internal/engine"

var reuseTests = []test{
	{"NumberIsUsedAgainAfterClose", func(p *Port) { usedAgainAfter(p, func(fd int32) { p.Is("close", p.CloseFD(fd), 0) }) }},
	{"NumberIsUsedAgainAfterForget", func(p *Port) {
		usedAgainAfter(p, func(fd int32) {
			p.Forget(fd)
			p.Machine.Close(fd)
		})
	}},
	{"NumberGetsAnotherFile", anotherFile},
	{"ForgetOfWhatIsNotKnown", func(p *Port) { p.Forget(-1); p.Forget(1 << 20); a, _ := p.Pair(); p.Forget(a) }},
	{"ForgetKeepsTheDescriptorUsable", forgetKeeps},
}

// number is one that nobody else gets.
const number = 500

// usedAgainAfter: the number of a closed descriptor comes back, while a copy keeps the old socket
// alive.
func usedAgainAfter(p *Port, closeIt func(fd int32)) {
	for range 3 {
		a, b := p.Pair()
		p.DupTo(a, number)
		p.Send(b, "1")
		p.Is("recv", p.Do(Op(engine.Recv, number, make([]byte, 1))), 1)
		closeIt(number)
		c, d := p.Pair()
		p.DupTo(c, number)
		next := Op(engine.Recv, number, make([]byte, 1))
		p.Start(next)
		p.Send(b, "2") // to the old one
		p.None()
		p.Holds(a, "2")
		p.Send(d, "3")
		p.Is("recv", p.WaitFor(next), 1)
		closeIt(number)
	}
}

// anotherFile: a socket's number becomes a file's, a pipe's and a socket's again.
func anotherFile(p *Port) {
	for range 3 {
		a, b := p.Pair()
		p.DupTo(a, number)
		p.Send(b, "1")
		p.Is("recv", p.Do(Op(engine.Recv, number, make([]byte, 1))), 1)
		p.Is("close", p.CloseFD(number), 0)
		p.DupTo(p.File("content"), number)
		p.Is("read", p.Do(Op(engine.Read, number, make([]byte, 8))), 7)
		p.Is("close", p.CloseFD(number), 0)
		r, w := p.Pipe()
		p.DupTo(r, number)
		o := Stream(engine.Read, number, make([]byte, 8))
		p.Start(o)
		p.None()
		p.Send(w, "x")
		p.Is("read", p.WaitFor(o), 1)
		p.Is("close", p.CloseFD(number), 0)
	}
}

func forgetKeeps(p *Port) {
	a, b := p.Pair()
	for range 3 {
		o := Op(engine.Recv, a, make([]byte, 1))
		p.Start(o)
		p.None()
		p.Send(b, "x")
		p.Is("recv", p.WaitFor(o), 1)
		p.Forget(a)
	}
}
