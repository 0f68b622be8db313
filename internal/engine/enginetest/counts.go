// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"runtime"
	"unsafe"

	"iocp/internal/engine"
)

var countTests = []test{
	{"CountsOfOneOperation", countsOfOne},
	{"NothingIsSubmittedBeforePublish", nothingBeforePublish},
	{"EnterSubmitsOnlyWhatItIsTold", enterSubmitsOnly},
	{"ReapTakesTheOldestFirst", oldestFirst},
	{"ReapIntoASmallBufferLeavesTheRest", smallBuffer},
	{"NopsEndInOrder", nopsEndInOrder},
	{"WorkIsFalseWhenNothingIsInFlight", noWork},
	{"ReadyCountsWhatReapFinds", readyCounts},
	{"AFewAtATimeForLong", aFewForLong},
	{"TheTableGrows", tableGrows},
	{"OperationsInFlightAreKeptReachable", keptReachable},
}

func (p *Port) counts(when string, pending, inFlight, ready int) {
	p.Helper()
	if a, b, c := p.pending(), p.inFlight(), p.ready(); a != pending || b != inFlight || c != ready {
		p.Errorf("%s: pending %d in flight %d ready %d, want %d %d %d", when, a, b, c, pending, inFlight, ready)
	}
}

func countsOfOne(p *Port) {
	p.counts("new", 0, 0, 0)
	p.QueueAll(&engine.Op{Kind: engine.Nop})
	p.counts("queued", 1, 1, 0)
	if n := p.publish(); n != 1 {
		p.Errorf("Publish = %d, want 1", n)
	}
	p.counts("published", 1, 1, 0)
	if n, err := p.Enter(1, true); n != 1 || err != nil {
		p.Errorf("Enter = %d, %v, want 1", n, err)
	}
	p.UntilReady()
	p.counts("over", 0, 1, 1)
	var buf [2]engine.Completion
	if n := p.reap(buf[:0]); n != 0 {
		p.Errorf("Reap into nothing = %d", n)
	}
	if n := p.reap(buf[:]); n != 1 {
		p.Errorf("Reap = %d, want 1", n)
	}
	p.counts("reaped", 0, 0, 0)
	if n := p.publish(); n != 0 {
		p.Errorf("Publish of nothing = %d", n)
	}
	if n, err := p.Enter(0, true); n != 0 || err != nil {
		p.Errorf("Enter of nothing = %d, %v", n, err)
	}
}

func nothingBeforePublish(p *Port) {
	p.QueueAll(&engine.Op{Kind: engine.Nop})
	if n, err := p.Enter(1, true); n != 0 || err != nil {
		p.Errorf("Enter = %d, %v, want 0", n, err)
	}
	p.counts("before Publish", 1, 1, 0)
	p.Submit()
	p.Wait(1)
}

func enterSubmitsOnly(p *Port) {
	p.QueueAll(Nops(5)...)
	p.publish()
	if n, err := p.Enter(2, true); n != 2 || err != nil {
		p.Fatalf("Enter = %d, %v, want 2", n, err)
	}
	if n := p.pending(); n != 3 {
		p.Errorf("pending %d, want 3", n)
	}
	if n := p.publish(); n != 3 {
		p.Errorf("Publish = %d, want the 3 that are left", n)
	}
	p.Submit()
	p.Wait(5)
}

// oldestFirst: each is over before the next one is started.
func oldestFirst(p *Port) {
	ops := Nops(10)
	for i, o := range ops {
		p.Start(o)
		p.Eventually("it is over", func() bool { return p.ready() == i+1 })
	}
	var buf [3]engine.Completion
	for i := 0; i < len(ops); {
		n := p.reap(buf[:])
		if n == 0 {
			p.Fatalf("nothing to reap after %d", i)
		}
		for _, c := range buf[:n] {
			if c.Op != ops[i] {
				p.Fatalf("completion %d is not of operation %d", i, i)
			}
			i++
		}
	}
}

func smallBuffer(p *Port) {
	p.Start(Nops(5)...)
	seen := map[*engine.Op]bool{}
	p.Eventually("all are over", func() bool { return p.ready() == 5 })
	for left := 5; left > 0; left-- {
		var buf [1]engine.Completion
		if n := p.reap(buf[:]); n != 1 || seen[buf[0].Op] {
			p.Fatalf("Reap = %d, %v", n, seen[buf[0].Op])
		}
		seen[buf[0].Op] = true
		p.counts("one less", 0, left-1, left-1)
	}
}

func nopsEndInOrder(p *Port) {
	ops := Nops(3000)
	p.Start(ops...)
	for i, c := range p.Wait(len(ops)) {
		if c.Op != ops[i] {
			p.Fatalf("completion %d is not of operation %d", i, i)
		}
		if c.Op.Next != nil {
			p.Fatalf("operation %d was given back with Next set", i)
		}
	}
}

func noWork(p *Port) {
	check := func(when string) {
		p.Helper()
		p.Locked(func() {
			if p.Work() {
				p.Errorf("%s: there is work although nothing is in flight", when)
			}
		})
	}
	check("new")
	a, b := p.Pair()
	p.Start(Op(engine.Recv, a, make([]byte, 1)))
	p.Send(b, "x")
	p.Wait(1)
	p.None()
	check("after a receive")
}

func readyCounts(p *Port) {
	a, b := p.Pair()
	for range 3 {
		p.Start(Op(engine.Recv, a, make([]byte, 1)))
	}
	p.counts("waiting", 0, 3, 0)
	p.Send(b, "xyz")
	p.UntilReady()
	p.Eventually("all are over", func() bool {
		if _, err := p.Enter(0, true); err != nil {
			p.Fatal(err)
		}
		return p.ready() == 3
	})
	var buf [8]engine.Completion
	if n := p.reap(buf[:]); n != 3 {
		p.Errorf("Reap = %d, want the 3 that are ready", n)
	}
	p.counts("reaped", 0, 0, 0)
}

func aFewForLong(p *Port) {
	o, two := &engine.Op{Kind: engine.Nop}, Nops(2)
	for range p.rounds(3000) {
		p.Is("nop", p.Do(o), 0)
		p.Start(two...)
		p.Wait(2)
	}
	p.counts("at the end", 0, 0, 0)
}

// tableGrows: more and more are in flight, and all end, the oldest ones too.
func tableGrows(p *Port) {
	a, b := p.Pair()
	for n := 1; n <= 1000; n *= 10 {
		left := map[*engine.Op]bool{}
		for range n {
			o := Op(engine.Recv, a, make([]byte, 1))
			left[o] = true
			p.QueueAll(o)
		}
		p.Submit()
		if got := p.inFlight(); got != n {
			p.Fatalf("in flight %d, want %d", got, n)
		}
		go p.Send(b, string(make([]byte, n)))
		for _, c := range p.Wait(n) {
			if !left[c.Op] || c.Res != 1 {
				p.Fatalf("ended with %d, unknown or for the second time: %v", c.Res, !left[c.Op])
			}
			delete(left, c.Op)
		}
	}
}

// keptReachable: memory that only an operation in flight refers to must live until it is written.
func keptReachable(p *Port) {
	a, b := p.Pair()
	var freed [1]bool
	func() {
		buf := new([64]byte)
		o := &engine.Op{Kind: engine.Recv, FD: a, Addr: unsafe.Pointer(buf), Len: uint32(len(buf))}
		runtime.AddCleanup(buf, func(p *bool) { *p = true }, &freed[0])
		p.Start(o)
	}()
	runtime.GC()
	runtime.GC()
	p.Send(b, "kept")
	c := p.Wait(1)
	if got := unsafe.String((*byte)(c[0].Op.Addr), 4); got != "kept" || c[0].Res != 4 {
		p.Errorf("received %d %q", c[0].Res, got)
	}
	if freed[0] {
		p.Error("the buffer was collected while it was to be written")
	}
	runtime.KeepAlive(c)
}
