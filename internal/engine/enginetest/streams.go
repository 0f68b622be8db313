// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"bytes"
	"io"
	"syscall"

	"iocp/internal/engine"
)

var streamTests = []test{
	{"RecvAndSend", recvAndSend},
	{"RecvTakesWhatIsThere", recvTakes},
	{"RecvPeeksWithMsgPeek", recvPeeks},
	{"RecvAtTheEndOfAStreamIsZero", recvAtTheEnd},
	{"SendToAClosedPeerIsABrokenPipe", sendToClosed},
	{"RecvMsgAndSendMsg", recvMsgAndSendMsg},
	{"SendGoesOnUntilAllIsSent", sendGoesOn},
	{"RecvWaitsForAllWithMsgWaitall", recvWaitsForAll},
	{"ImpatientOperationsDoNotWait", impatient},
	{"BothDirectionsOfOneSocketAtOnce", bothDirections},
	{"ABlockedSendDoesNotHoldBackAReceive", blockedSend},
	{"DuplicatedDescriptorsWaitEachForItself", duplicated},
}

func messageOp(kind engine.Kind, fd int32, parts ...[]byte) *engine.Op {
	return &engine.Op{Kind: kind, FD: fd, Addr: Message(parts...)}
}

func recvAndSend(p *Port) {
	a, b := p.Pair()
	buf := make([]byte, 8)
	p.Start(Op(engine.Recv, a, buf))
	p.None()
	p.Start(withFlags(Op(engine.Send, b, []byte("hello")), msgNoSignal|msgWaitAll))
	for _, c := range p.Wait(2) {
		p.Is(c.Op.Kind.String(), c.Res, 5)
	}
	if string(buf[:5]) != "hello" {
		p.Errorf("received %q", buf)
	}
}

func recvTakes(p *Port) {
	a, b := p.TCP()
	p.Send(b, "abcde")
	for _, want := range []string{"ab", "cd", "e"} {
		buf := make([]byte, 2)
		if res := p.Do(Op(engine.Recv, a, buf)); int(res) != len(want) || string(buf[:res]) != want {
			p.Errorf("received %d %q, want %q", res, buf, want)
		}
	}
}

func recvPeeks(p *Port) {
	a, b := p.Pair()
	p.Send(b, "x")
	r := withFlags(Op(engine.Recv, a, make([]byte, 1)), msgPeek)
	for range 2 {
		p.Is("peek", p.Do(r), 1)
	}
	p.Holds(a, "x")
}

func recvAtTheEnd(p *Port) {
	for _, pair := range []func() (a, b int32){p.Pair, p.TCP} {
		a, b := pair()
		r := Op(engine.Recv, a, make([]byte, 1))
		p.Start(r)
		p.None()
		if err := p.Machine.Shutdown(b, shutWrite); err != nil {
			p.Fatal(err)
		}
		p.Is("recv", p.WaitFor(r), 0)
		p.Is("recv once more", p.Do(r), 0)
	}
}

func sendToClosed(p *Port) {
	a, b := p.Pair()
	if err := p.Machine.Close(b); err != nil {
		p.Fatal(err)
	}
	p.Is("send", p.Do(withFlags(Op(engine.Send, a, []byte("x")), msgNoSignal)), p.errno(syscall.EPIPE))
}

func recvMsgAndSendMsg(p *Port) {
	a, b := p.Pair()
	s := messageOp(engine.SendMsg, b, []byte("ab"), []byte("c"))
	p.Is("sendmsg", p.Do(withFlags(s, msgNoSignal)), 3)
	x, y := make([]byte, 1), make([]byte, 4)
	if res := p.Do(messageOp(engine.RecvMsg, a, x, y)); res != 3 || string(x) != "a" || string(y[:2]) != "bc" {
		p.Errorf("recvmsg: %d %q %q", res, x, y)
	}
}

// sendGoesOn: a send with MSG_WAITALL is over when all is sent, however long the peer takes.
func sendGoesOn(p *Port) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<19)
	for _, kind := range []engine.Kind{engine.Send, engine.SendMsg} {
		a, b := p.TCP()
		o := Op(kind, a, content)
		if kind == engine.SendMsg {
			o = messageOp(kind, a, content[:100], content[100:1<<20], nil, content[1<<20:])
		}
		p.Start(withFlags(o, msgWaitAll|msgNoSignal))
		p.None()
		got := make(chan []byte)
		go func() { got <- p.Drain(b, len(content)) }()
		p.Is(kind.String(), p.WaitFor(o), int32(len(content)))
		if !bytes.Equal(<-got, content) {
			p.Errorf("%v: other bytes came than were sent", kind)
		}
	}
}

type reader struct {
	*Port
	fd int32
}

func (r reader) Read(b []byte) (int, error) {
	n, err := r.Machine.Read(r.fd, b)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// Drain reads, without the engine, n bytes, or what there is until the end.
func (p *Port) Drain(fd int32, n int) []byte {
	b, err := io.ReadAll(io.LimitReader(reader{p, fd}, int64(n)))
	if err != nil {
		p.Error(err)
	}
	return b
}

func recvWaitsForAll(p *Port) {
	for _, kind := range []engine.Kind{engine.Recv, engine.RecvMsg} {
		a, b := p.TCP()
		x, y := make([]byte, 3), make([]byte, 3)
		o, want := Op(kind, a, x), "abc"
		if kind == engine.RecvMsg {
			o, want = messageOp(kind, a, x, y), "abcdef"
		}
		p.Start(withFlags(o, msgWaitAll))
		p.Send(b, "a")
		p.None()
		p.Send(b, "bcdef")
		if res := p.WaitFor(o); int(res) != len(want) || (string(x) + string(y))[:res] != want {
			p.Errorf("%v: %d %q %q, want %q", kind, res, x, y, want)
		}
	}
}

func impatient(p *Port) {
	a, _ := p.Pair()
	o := withFlags(Op(engine.Recv, a, make([]byte, 1)), msgDontWait)
	p.Is("recv", p.Do(o), p.errno(syscall.EAGAIN))
}

// bothDirections: what waits to be received does not stand in the way of what is to be sent.
func bothDirections(p *Port) {
	a, b := p.TCP()
	r := Op(engine.Recv, a, make([]byte, 4))
	p.Start(r)
	for range 3 {
		p.Is("send", p.Do(withFlags(Op(engine.Send, a, []byte("ping")), msgNoSignal)), 4)
		p.Holds(b, "ping")
	}
	p.Send(b, "pong")
	p.Is("recv", p.WaitFor(r), 4)
}

func blockedSend(p *Port) {
	a, b := p.TCP()
	const size = 1 << 24
	s := withFlags(Op(engine.Send, a, make([]byte, size)), msgWaitAll|msgNoSignal)
	p.Start(s)
	p.None()
	p.Send(b, "x")
	p.Is("recv", p.Do(Op(engine.Recv, a, make([]byte, 4))), 1)
	got := make(chan int)
	go func() { got <- len(p.Drain(b, size)) }()
	p.Is("send", p.WaitFor(s), size)
	p.Is("the peer", int32(<-got), size)
}

func duplicated(p *Port) {
	a, b := p.Pair()
	c := p.Dup(a)
	one, two := Op(engine.Recv, a, make([]byte, 1)), Op(engine.Recv, c, make([]byte, 1))
	p.Start(one, two)
	p.None()
	p.Send(b, "x")
	first := p.Wait(1)[0]
	p.None()
	p.Send(b, "y")
	second := p.Wait(1)[0]
	if first.Res != 1 || second.Res != 1 || first.Op == second.Op {
		p.Errorf("ended with %d and %d", first.Res, second.Res)
	}
	p.Start(one)
	p.None()
	p.Is("close", p.CloseFD(c), 0)
	p.Send(b, "z") // the other one is not concerned
	p.Is("recv", p.WaitFor(one), 1)
}
