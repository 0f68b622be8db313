// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"math/rand/v2"
	"sync"
	"syscall"

	"iocp/internal/engine"
)

var stressTests = []test{
	{"RandomCancelsOnOneSocket", randomCancels},
	{"RandomOperationsKeepTheStreamsWhole", randomStreams},
	{"ManyGoroutinesSubmitAndOneWatches", manySubmit},
}

// random is a generator whose seed is printed when the test fails.
func (p *Port) random() *rand.Rand {
	seed := rand.Uint64()
	p.Cleanup(func() {
		if p.Failed() {
			p.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// randomCancels: every operation ends once, with one of the results it may have.
func randomCancels(p *Port) {
	rnd := p.random()
	a, b := p.Pair()
	live := map[*engine.Op]bool{}
	buf := make([]engine.Completion, 5)
	reap := func() {
		for _, c := range buf[:p.Step(buf[:1+rnd.IntN(5)])] {
			if !live[c.Op] {
				p.Fatalf("an operation ended twice, with %d", c.Res)
			}
			delete(live, c.Op)
			if c.Res != 1 && c.Res != p.errno(syscall.ECANCELED) && c.Res != p.errno(syscall.EINTR) {
				p.Fatalf("ended with %d", c.Res)
			}
		}
	}
	cancelAny := func() {
		for o := range live {
			p.Locked(func() { p.Cancel(o) })
			return
		}
	}
	for range p.rounds(3000) {
		switch rnd.IntN(5) {
		case 0, 1:
			o := Op(engine.Recv, a, make([]byte, 1))
			live[o] = true
			p.QueueAll(o)
		case 2:
			cancelAny()
		case 3:
			p.Send(b, "x")
		case 4:
			reap()
		}
		if n := p.inFlight(); n != len(live) {
			p.Fatalf("in flight %d, want %d", n, len(live))
		}
	}
	for len(live) > 0 {
		for o := range live {
			p.Locked(func() { p.Cancel(o) })
		}
		p.Submit()
		p.UntilReady()
		reap()
	}
}

// flow is one direction of a connection, with at most one operation at either end. What is sent
// are the numbers 0, 1, 2, ... modulo 251.
type flow struct {
	p              *Port
	send, recv     *engine.Op
	out, in        []byte
	sent, received int
	busy           [2]bool
}

func (f *flow) start(end int, rnd *rand.Rand) {
	if f.busy[end] {
		return
	}
	f.busy[end] = true
	if end == 1 {
		f.recv.Len = uint32(1 + rnd.IntN(len(f.in)))
		f.p.QueueAll(f.recv)
		return
	}
	n := 1 + rnd.IntN(len(f.out))
	for i := range f.out[:n] {
		f.out[i] = byte((f.sent + i) % 251)
	}
	f.send.Len = uint32(n)
	f.p.QueueAll(f.send)
}

// over takes note of an end.
func (f *flow) over(o *engine.Op, res int32) {
	n := max(int(res), 0)
	if res < 0 && res != f.p.errno(syscall.ECANCELED) && res != f.p.errno(syscall.EINTR) {
		f.p.Fatalf("%v ended with %d", o.Kind, res)
	}
	if o == f.send {
		f.busy[0], f.sent = false, f.sent+n
		return
	}
	for i, b := range f.in[:n] {
		if want := byte((f.received + i) % 251); b != want {
			f.p.Fatalf("byte %d is %d, want %d", f.received+i, b, want)
		}
	}
	f.busy[1], f.received = false, f.received+n
}

func (p *Port) flow(a, b int32) *flow {
	f := &flow{p: p, out: make([]byte, 1<<16), in: make([]byte, 1<<16)}
	f.send = withFlags(Op(engine.Send, a, f.out), msgWaitAll|msgNoSignal)
	f.recv = Op(engine.Recv, b, f.in)
	return f
}

// randomStreams: sends and receives of any size, cancelled at any time, move every byte once and in
// order, and their results say how many.
func randomStreams(p *Port) {
	rnd := p.random()
	var flows []*flow
	owner := map[*engine.Op]*flow{}
	for i := range 4 {
		a, b := p.Pair()
		if i%2 == 1 {
			a, b = p.TCP()
		}
		flows = append(flows, p.flow(a, b), p.flow(b, a))
	}
	for _, f := range flows {
		owner[f.send], owner[f.recv] = f, f
	}
	buf := make([]engine.Completion, 8)
	for range p.rounds(5000) {
		f, end := flows[rnd.IntN(len(flows))], rnd.IntN(2)
		switch rnd.IntN(8) {
		case 0:
			if o := []*engine.Op{f.send, f.recv}[end]; f.busy[end] {
				p.Locked(func() { p.Cancel(o) })
			}
		case 1, 2, 3:
			for _, c := range buf[:p.Step(buf)] {
				owner[c.Op].over(c.Op, c.Res)
			}
		default:
			f.start(end, rnd)
		}
	}
	p.finishFlows(flows, owner)
}

// finishFlows ends the sends, and has everything received that they sent.
func (p *Port) finishFlows(flows []*flow, owner map[*engine.Op]*flow) {
	for _, f := range flows {
		if f.busy[0] {
			p.Locked(func() { p.Cancel(f.send) })
		}
	}
	p.Submit()
	total := 0
	for _, f := range flows {
		for f.busy[0] || f.received < f.sent {
			if !f.busy[1] && f.received < f.sent {
				f.busy[1], f.recv.Len = true, uint32(len(f.in))
				p.Start(f.recv)
			}
			c := p.Wait(1)[0]
			owner[c.Op].over(c.Op, c.Res)
		}
		total += f.sent
	}
	for _, f := range flows {
		if f.busy[1] {
			p.CancelAll(f.recv)
		}
	}
	for n := p.inFlight(); n > 0; n-- {
		c := p.Wait(1)[0]
		owner[c.Op].over(c.Op, c.Res)
	}
	for _, f := range flows {
		if f.sent != f.received {
			p.Errorf("%d bytes were sent and %d received", f.sent, f.received)
		}
	}
	p.Logf("%d bytes in %d flows", total, len(flows))
}

// manySubmit: completions, watches and submissions from several goroutines at once.
func manySubmit(p *Port) {
	const producers = 3
	n := p.rounds(3000)
	var wg sync.WaitGroup
	for range producers {
		wg.Go(func() {
			for range n {
				p.Start(&engine.Op{Kind: engine.Nop})
			}
		})
	}
	seen := map[*engine.Op]bool{}
	for _, c := range p.Wait(producers * n) {
		if seen[c.Op] {
			p.Fatal("an operation ended twice")
		}
		seen[c.Op] = true
	}
	wg.Wait()
	p.counts("at the end", 0, 0, 0)
}
