// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"syscall"

	"iocp/internal/engine"
)

var cancelTests = []test{
	{"CancelOfEachKindThatWaits", cancelEachKind},
	{"CancelTakesNothingAway", cancelTakesNothing},
	{"CancelBeforeTheOperationIsPublished", cancelBeforePublish},
	{"CancelBeforeTheOperationIsSubmitted", cancelBeforeSubmit},
	{"CancelThatLosesTheRace", cancelLoses},
	{"CancelDoesNotHitTheNextOperation", cancelDoesNotHitTheNext},
	{"CancelTwiceIsCancelOnce", cancelTwice},
	{"CancelOfTheMiddleOfALine", cancelOfTheMiddle},
	{"CancelledSendSaysWhatItHadSent", cancelledSend},
	{"CancelsFromAnotherGoroutine", cancelsFromAnother},
}

// waiters are operations of the kinds that can wait, which they do.
func (p *Port) waiters() []*engine.Op {
	a, _ := p.Pair()
	b, _ := p.TCP()
	c, _ := p.Pair()
	r, _ := p.Pipe()
	l, _ := p.Listen()
	return []*engine.Op{Op(engine.Recv, a, make([]byte, 8)), messageOp(engine.RecvMsg, b, make([]byte, 8)),
		Stream(engine.Read, r, make([]byte, 8)), at(-1, vectorOp(engine.Readv, r, make([]byte, 8))),
		Stream(engine.Read, c, make([]byte, 8)),
		{Kind: engine.Poll, FD: c, Flags: pollIn}, {Kind: engine.Accept, FD: l, Flags: acceptFlags}}
}

func cancelEachKind(p *Port) {
	ops := p.waiters()
	p.Start(ops...)
	p.None()
	for _, o := range ops {
		p.CancelAll(o)
		p.Is(o.Kind.String(), p.WaitFor(o), p.errno(syscall.ECANCELED))
		p.None()
	}
	p.Start(ops...) // and now all at once
	p.CancelAll(ops...)
	for _, c := range p.Wait(len(ops)) {
		p.Is(c.Op.Kind.String(), c.Res, p.errno(syscall.ECANCELED))
	}
}

func cancelTakesNothing(p *Port) {
	a, b := p.Pair()
	o := Op(engine.Recv, a, make([]byte, 8))
	p.Start(o)
	p.Locked(func() { p.Cancel(o) })
	if n := p.pending(); n != 1 {
		p.Errorf("pending %d, want 1: a cancel is work", n)
	}
	p.Submit()
	p.Is("recv", p.WaitFor(o), p.errno(syscall.ECANCELED))
	p.None()
	p.Send(b, "x") // nothing may swallow it
	p.Is("recv after the cancel", p.Do(o), 1)
}

func cancelBeforePublish(p *Port) {
	a, b := p.Pair()
	p.Send(b, "x")
	o := Op(engine.Recv, a, make([]byte, 8))
	p.Locked(func() {
		p.Queue(o)
		p.Cancel(o)
	})
	if n := p.pending(); n < 1 {
		p.Errorf("pending %d, want something: there is an end to bring", n)
	}
	p.Submit()
	if res := p.WaitFor(o); res == 1 { // the kernel was given both, and the receive was first
		return
	} else if res != p.errno(syscall.ECANCELED) {
		p.Errorf("result %d, want 1 or ECANCELED", res)
	}
	p.Holds(a, "x")
}

func cancelBeforeSubmit(p *Port) {
	a, _ := p.Pair()
	o := Op(engine.Recv, a, make([]byte, 8))
	p.QueueAll(o)
	p.publish()
	p.CancelAll(o)
	p.Is("recv", p.WaitFor(o), p.errno(syscall.ECANCELED))
}

// cancelLoses: the operation is over, its completion only not reaped yet.
func cancelLoses(p *Port) {
	a, b := p.Pair()
	p.Send(b, "data")
	o := Op(engine.Recv, a, make([]byte, 8))
	p.Start(o)
	p.UntilReady()
	p.CancelAll(o)
	if n := p.ready(); n != 1 {
		p.Errorf("ready %d, want 1: the cancel's own completion is nobody's", n)
	}
	p.Is("recv", p.WaitFor(o), 4)
	p.None()
	if p.ready() != 0 || p.pending() != 0 {
		p.Errorf("ready %d, pending %d, want none", p.ready(), p.pending())
	}
}

// cancelDoesNotHitTheNext: a cancel comes too late, and what is queued then takes the place of what
// is over.
func cancelDoesNotHitTheNext(p *Port) {
	a, b := p.Pair()
	for range p.rounds(100) {
		nop := &engine.Op{Kind: engine.Nop}
		p.Start(nop)
		p.UntilReady()
		p.Locked(func() { p.Cancel(nop) })
		if n := p.reap(make([]engine.Completion, 1)); n != 1 {
			p.Fatalf("Reap = %d, want 1", n)
		}
		next := Op(engine.Recv, a, make([]byte, 1))
		p.Start(next)
		p.None()
		p.Send(b, "x")
		p.Is("recv", p.WaitFor(next), 1)
	}
}

func cancelTwice(p *Port) {
	ops := p.waiters()
	p.Start(ops...)
	for range 3 {
		p.CancelAll(ops...)
		p.Locked(func() {
			for _, o := range ops {
				p.Cancel(o)
			}
		})
	}
	p.Submit()
	for _, c := range p.Wait(len(ops)) {
		p.Is(c.Op.Kind.String(), c.Res, p.errno(syscall.ECANCELED))
	}
	p.None()
	if p.pending() != 0 || p.inFlight() != 0 {
		p.Errorf("pending %d, in flight %d, want none", p.pending(), p.inFlight())
	}
}

// cancelOfTheMiddle: of several receives on one socket one is taken out. Each of the others gets a
// byte.
func cancelOfTheMiddle(p *Port) {
	a, b := p.TCP()
	var ops []*engine.Op
	for range 5 {
		ops = append(ops, Op(engine.Recv, a, make([]byte, 1)))
	}
	p.Start(ops...)
	p.None()
	p.CancelAll(ops[2])
	p.Is("recv", p.WaitFor(ops[2]), p.errno(syscall.ECANCELED))
	for range 4 {
		p.Send(b, "x")
		p.Is("recv", p.Wait(1)[0].Res, 1)
		p.None()
	}
}

func cancelledSend(p *Port) {
	a, b := p.TCP()
	const size = 1 << 24
	o := withFlags(Op(engine.Send, a, make([]byte, size)), msgWaitAll|msgNoSignal)
	p.Start(o)
	p.None()
	p.CancelAll(o)
	sent := p.WaitFor(o)
	if sent <= 0 || sent == size {
		p.Fatalf("result %d, want a part", sent)
	}
	if err := p.Machine.Shutdown(a, shutWrite); err != nil {
		p.Fatal(err)
	}
	if n := len(p.Drain(b, size)); n != int(sent) {
		p.Errorf("%d bytes came, and the result was %d", n, sent)
	}
}

// cancelsFromAnother: one goroutine starts, another one cancels what may be over.
func cancelsFromAnother(p *Port) {
	a, b := p.Pair()
	started, over := make(chan *engine.Op), make(chan bool)
	go func() {
		defer close(over)
		for o := range started {
			p.CancelAll(o)
			over <- true
		}
	}()
	taken, written := 0, 0
	o := Op(engine.Recv, a, make([]byte, 1))
	for i := range p.rounds(1000) {
		p.Start(o)
		started <- o
		if i%2 == 0 && written == taken {
			p.Send(b, "x")
			written++
		}
		<-over
		switch res := p.WaitFor(o); res {
		case 1:
			taken++
		case p.errno(syscall.ECANCELED), p.errno(syscall.EINTR):
		default:
			p.Fatalf("result %d", res)
		}
	}
	close(started)
	<-over
	p.Is("bytes that nobody has", int32(written-taken), p.leftIn(a))
}

// leftIn is the number of bytes that wait in fd.
func (p *Port) leftIn(fd int32) int32 {
	p.Helper()
	res := p.Do(withFlags(Op(engine.Recv, fd, make([]byte, 1<<16)), msgDontWait))
	if res == p.errno(syscall.EAGAIN) {
		return 0
	}
	return res
}
