// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/netpoll"
)

// newAlone makes a port as it is where there is one processor; the test itself is its worker. Actors would not do: they
// always run.
func newAlone(t *testing.T) (*Port[int], *fakeSource) {
	procs := runtime.GOMAXPROCS(1)
	p := New(new(Workers[int]), 1)
	t.Cleanup(func() {
		p.Close()
		runtime.GOMAXPROCS(procs)
	})
	return p, newSource(t, p)
}

func visitable() bool {
	v := netpoll.New()
	if v != nil {
		v.Close()
	}
	return v != nil
}

// A worker with always something to do lets goroutines of package net go on.
func TestABusyWorkerLeavesTimeForPackageNet(t *testing.T) {
	if !visitable() {
		t.Skip("the poller cannot be visited here")
	}
	messages := func(visits bool) time.Duration {
		p, s := newAlone(t)
		p.Lock()
		if !visits {
			p.visits.due = 1 << 62
		}
		p.Unlock()
		over := make(chan time.Duration, 1)
		go func() { over <- echoes(t, 20) }()
		for len(over) == 0 {
			s.startOps(1)
			s.complete(7)
			if _, err := p.GetOne(NoContext, -1); err != nil {
				t.Error(err)
			}
			for begin := nanotime(); nanotime()-begin < 2*shortHold; {
			}
		}
		return <-over
	}
	without := messages(false)
	var with time.Duration
	for range 20 { // the rest of the machine may be at work for a while
		if with = messages(true); with < without/2 {
			return
		}
	}
	t.Errorf("20 messages took %v, beside a worker that does not give way %v", with, without)
}

// echoes returns how long some messages take between two goroutines.
func echoes(t *testing.T, n int) time.Duration {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Error(err)
		return 0
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			defer c.Close()
			for buf := make([]byte, 1); err == nil; _, err = c.Write(buf) {
				c.Read(buf)
			}
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Error(err)
		return 0
	}
	defer c.Close()
	begin := time.Now()
	for buf := make([]byte, 1); n > 0; n-- {
		c.Write(buf)
		c.Read(buf)
	}
	return time.Since(begin)
}

// While it is away the worker is parked, and is not blocked for that.
func TestAWorkerThatGivesWayKeepsItsSlot(t *testing.T) { // C03
	procs := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(procs) })
	p, _, as := newSourceAnd(t, 1, 2)
	post(t, p, 1)
	as[0].take(t, p)
	g := as[1].park(t, p)
	var posted atomic.Bool
	as[0].do(t, func() {
		go func() {
			post(t, p, 2)
			posted.Store(true)
		}()
		w := p.ws.Find()
		p.Lock()
		for !posted.Load() {
			p.visit(w, nanotime())
		}
		if g.over.Load() || p.packets.n != 1 || len(p.running) != 1 {
			t.Errorf("%d packets in the queue and %d workers run; want one and one", p.packets.n, len(p.running))
		}
		p.Unlock()
	})
	as[0].block(t)
	g.one(t)
}

// Who computes has the processor for as long as the runtime lets him, and then the workers have it for as long.
func TestWorkersShareTheProcessorWithWhoComputes(t *testing.T) {
	p, s := newAlone(t)
	s.startOps(1)
	s.complete(7)
	if _, err := p.GetOne(NoContext, -1); err != nil { // and so the test is a worker
		t.Fatal(err)
	}
	w := p.ws.Find()
	p.Lock()
	defer p.Unlock()
	visit := func() (begin, end, due int64) {
		begin = nanotime()
		p.visit(w, begin)
		return begin, nanotime(), p.visits.due
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		compute(50 * time.Millisecond)
	}()
	// Without a visitor there is no poller to do without.
	if begin, end, due := visit(); end-begin > hogFrom && (due-end < hogFrom/2 || due-end > hogTurn || p.visits.crowded != visitable()) {
		t.Errorf("after a visit of %v the next is in %v, and without the poller: %v", time.Duration(end-begin), time.Duration(due-end), p.visits.crowded)
	} else if end-begin <= hogFrom {
		t.Logf("who computes had the processor for %v", time.Duration(end-begin))
	}
	p.Unlock()
	<-over
	p.Lock()
	for range 100 { // one of them is not interrupted
		if _, end, due := visit(); due-end <= visitAfter {
			return
		}
	}
	t.Error("it does not notice that nobody computes")
}

// Get with a timeout of zero comes back at once, whoever else wants the processor.
func TestAGetThatPollsDoesNotGiveWay(t *testing.T) {
	p, s := newAlone(t)
	get := func(timeout time.Duration) (due int64) {
		s.startOps(1)
		s.complete(7)
		p.Lock()
		p.hold, p.visits.due = 2*shortHold, 0
		p.Unlock()
		if _, err := p.GetOne(NoContext, timeout); err != nil {
			t.Error(err)
		}
		return p.visits.due
	}
	get(-1) // and so the test is a worker
	if get(-1) == 0 {
		t.Error("a Get that waits does not give way")
	}
	if get(time.Hour) == 0 {
		t.Error("a Get that waits for an hour does not give way")
	}
	if get(0) != 0 {
		t.Error("a Get that polls gives way")
	}
}

// While one worker is in the poller the others wait for it, and go on when it is back.
func TestWorkersVisitThePollerTogether(t *testing.T) {
	procs := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(procs)
	p := New(new(Workers[int]), 3)
	defer p.Close()
	s := newSource(t, p)
	var inside, over sync.WaitGroup
	inside.Add(3)
	for range 3 {
		over.Go(func() {
			s.startOps(1)
			s.complete(7)
			if _, err := p.GetOne(NoContext, -1); err != nil {
				t.Error(err)
			}
			inside.Done()
			inside.Wait()
			w := p.ws.Find()
			for range 1000 {
				p.Lock()
				p.visits.crowded = false
				p.visit(w, nanotime())
				p.Unlock()
			}
		})
	}
	over.Wait()
	if len(p.visits.with) != 0 || p.visits.busy || len(p.running) != 3 {
		t.Errorf("%d wait, busy is %v, %d run; want none, false and 3", len(p.visits.with), p.visits.busy, len(p.running))
	}
}

// A port may be closed while a worker is in the poller.
func TestCloseWhileAWorkerGivesWay(t *testing.T) {
	for range 100 {
		p, s := newAlone(t)
		ended := make(chan error, 1)
		var began gate
		go func() {
			for {
				s.startOps(1)
				s.complete(7)
				_, err := p.GetOne(NoContext, -1)
				p.Lock()
				p.hold, p.visits.due = 2*shortHold, 0 // the next Get gives way
				p.Unlock()
				began.open()
				if err != nil {
					ended <- err
					return
				}
			}
		}()
		began.spin()
		p.Close()
		if err := <-ended; err != ErrClosed {
			t.Errorf("Get = %v", err)
		}
	}
}

func TestTheVisitorEndsWithThePort(t *testing.T) {
	p, _ := newAlone(t)
	if (p.visits.visitor != nil) != visitable() {
		t.Fatalf("the visitor is %v", p.visits.visitor)
	}
	p.Close()
	if p.visits.visitor != nil {
		t.Error("there is one after Close")
	}
	several := New(new(Workers[int]), 1)
	defer several.Close()
	several.alone = false
	if newSource(t, several); several.visits.visitor != nil {
		t.Error("there is one where there are several processors")
	}
}
