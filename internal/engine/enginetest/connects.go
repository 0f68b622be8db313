// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"syscall"

	"iocp/internal/engine"
)

var connectTests = []test{
	{"ConnectAndAccept", connectAndAccept},
	{"AcceptTakesWhatWaits", acceptTakesWhatWaits},
	{"ConnectToNobodyIsRefused", connectRefused},
	{"AcceptsEndInAnyNumber", manyAccepts},
}

func (p *Port) connectOp(at Address) *engine.Op {
	return &engine.Op{Kind: engine.Connect, FD: p.Socket(), Addr: at.Addr, Off: at.Len}
}

// accepted is the result of an accept, as a descriptor that is closed at the end.
func (p *Port) accepted(res int32) int32 {
	p.Helper()
	if res < 0 {
		p.Fatalf("accept: result %d", res)
	}
	p.Adopt(res)
	return res
}

func connectAndAccept(p *Port) {
	l, at := p.Listen()
	acc, con := &engine.Op{Kind: engine.Accept, FD: l, Flags: acceptFlags}, p.connectOp(at)
	p.Start(acc)
	p.None()
	p.Start(con)
	s := int32(-1)
	for _, c := range p.Wait(2) {
		if c.Op == acc {
			s = p.accepted(c.Res)
		} else {
			p.Is("connect", c.Res, 0)
		}
	}
	checkAccepted(p, s)
	r := Op(engine.Recv, s, make([]byte, 4))
	p.Start(r, withFlags(Op(engine.Send, con.FD, []byte("ping")), msgNoSignal))
	for _, c := range p.Wait(2) { // in any order
		p.Is(c.Op.Kind.String(), c.Res, 4)
	}
	p.Start(r, &engine.Op{Kind: engine.Shutdown, FD: con.FD, Len: shutWrite})
	for _, c := range p.Wait(2) {
		p.Is(c.Op.Kind.String(), c.Res, 0)
	}
}

func acceptTakesWhatWaits(p *Port) {
	l, at := p.Listen()
	for range 3 {
		p.Is("connect", p.Do(p.connectOp(at)), 0)
	}
	for range 3 {
		p.accepted(p.Do(&engine.Op{Kind: engine.Accept, FD: l, Flags: acceptFlags}))
	}
}

func connectRefused(p *Port) {
	_, at := p.Bound()
	p.Is("connect", p.Do(p.connectOp(at)), p.errno(syscall.ECONNREFUSED))
}

// manyAccepts: several wait on one socket, and each connection ends one of them.
func manyAccepts(p *Port) {
	l, at := p.Listen()
	for range 4 {
		p.Start(&engine.Op{Kind: engine.Accept, FD: l, Flags: acceptFlags})
	}
	p.None()
	for range 4 {
		con, ended := p.connectOp(at), 0
		p.Start(con)
		for _, c := range p.Wait(2) {
			if c.Op.Kind == engine.Accept {
				p.accepted(c.Res)
				ended++
			}
		}
		p.Is("accepts that ended", int32(ended), 1)
	}
}
