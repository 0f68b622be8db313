// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/worker"
)

// dwellSource is a source in whose Enter one can wait.
type dwellSource struct {
	*fakeSource
	calls   atomic.Int64
	longest atomic.Int64
}

func (s *dwellSource) Dwells() bool { return true }

func (s *dwellSource) Dwell(n int, d time.Duration) (int, error) {
	s.calls.Add(1)
	s.longest.Store(max(s.longest.Load(), int64(d)))
	return s.fakeSource.Enter(n, true)
}

// newDwelling makes a port as it is where there is one processor, and a worker of it.
func newDwelling(t *testing.T) (*Port[int], *dwellSource, *actor) {
	p, as := newPortAnd(t, 1, 1)
	p.alone = true
	s := &dwellSource{fakeSource: &fakeSource{t: t, p: p, wake: make(chan struct{}, 1), ready: make(chan struct{}, 1)}}
	p.SetSource(s)
	post(t, p, 1)
	until(t, "the actor is a worker", as[0].get(NoContext, p, 1, -1).over.Load)
	return p, s, as[0]
}

// begin queues a request as the worker that carries out the order.
func (s *dwellSource) begin() {
	s.p.Lock()
	s.queue(1)
	s.p.SubmitBy(worker.Self())
}

func TestALoneWorkerDwellsInTheCallThatSubmits(t *testing.T) {
	p, s, a := newDwelling(t)
	s.setEnter(func(n int, _ bool) (int, error) {
		for range n {
			s.complete(7)
		}
		return n, nil
	})
	for range 5 {
		enters := s.enters.Load()
		a.do(t, func() {
			s.begin()
			if k, err := p.GetOne(NoContext, -1); k != 7 || err != nil {
				t.Errorf("Get = %d, %v", k, err)
			}
		})
		if n := s.enters.Load() - enters; n != 1 {
			t.Errorf("%d calls of the kernel; want 1", n)
		}
	}
	if s.calls.Load() == 0 { // now and then the monitor is faster
		t.Error("none of them was a Dwell")
	}
}

// What is worth a wait is found out: in vain it is tried ever less often, and not in vain it is done again.
func TestDwellingIsAHabitWhereItPays(t *testing.T) {
	var h habit
	calls := 0
	for range 100_000 {
		if c := h.calls(); c > 0 {
			calls += c
			h.learn(true)
		}
	}
	if calls < 50_000/tryLast || calls > 200_000/tryLast+10 {
		t.Errorf("%d calls in 100,000 waits, all in vain", calls)
	}
	for n := 0; h.patience < dwellCalls; n++ {
		if n > 2*tryLast {
			t.Fatalf("after %d waits that were not in vain: %+v", n, h)
		}
		if h.calls() > 0 {
			h.learn(false)
		}
	}
	for n := range dwellCalls {
		if c := h.calls(); c != dwellCalls-n {
			t.Errorf("wait %d in vain: %d calls", n, c)
		}
		h.learn(true)
	}
	if c := h.calls(); c != 0 {
		t.Errorf("%d calls after as many waits in vain", c)
	}
}

func TestAWorkerThatDwellsInVainParks(t *testing.T) {
	p, s, a := newDwelling(t)
	var g *got
	a.do(t, func() { s.begin() })
	g = a.get(NoContext, p, 1, -1)
	s.awaitWatch(t, a)
	if n := s.calls.Load(); n != 1 {
		t.Errorf("%d calls of Dwell before it parked; want 1", n)
	}
	s.complete(9)
	until(t, "the completion", g.over.Load)
	if k := g.one(t); k != 9 {
		t.Errorf("it got %d", k)
	}
}

func TestDwellingEndsAtTheDeadline(t *testing.T) {
	const timeout = 20 * time.Microsecond
	p, s, a := newDwelling(t)
	a.do(t, func() { s.begin() })
	g := a.get(NoContext, p, 1, timeout)
	until(t, "the timeout", g.over.Load)
	g.fails(t, ErrTimeout)
	if d := time.Duration(s.longest.Load()); d > timeout {
		t.Errorf("it was to dwell for %v in a Get of %v", d, timeout)
	}
	a.do(t, func() {
		calls := s.calls.Load()
		if _, err := p.GetOne(NoContext, 0); err != ErrTimeout {
			t.Errorf("Get = %v", err)
		}
		if s.calls.Load() != calls {
			t.Error("a Get that polls dwells")
		}
	})
}

// A goroutine that computes gets its share, and as long as there is one the worker does not keep the
// processor while it waits.
func TestDwellersGiveWay(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	p, s, a := newDwelling(t)
	s.setEnter(func(n int, _ bool) (int, error) { // in either way
		for range n {
			s.complete(7)
		}
		return n, nil
	})
	var stop atomic.Bool
	var turns atomic.Int64
	over := make(chan struct{})
	go func() {
		defer close(over)
		for !stop.Load() {
			for begin := nanotime(); nanotime()-begin < 2*monitorTurn; {
			}
			turns.Add(1)
			runtime.Gosched()
		}
	}()
	a.do(t, func() {
		var buf [1]int
		w := p.ws.Find()
		p.Lock()
		for range 2 * giveWayEvery {
			s.queue(1)
			if n := p.dwell(w, buf[:]); n != 1 {
				t.Errorf("it took %d packets", n)
			}
		}
		if p.habit.company == 0 || p.habit.calls() != 0 {
			t.Errorf("after %d turns of another goroutine the worker would dwell: %+v", turns.Load(), p.habit)
		}
		p.Unlock()
	})
	stop.Store(true)
	<-over
}

// The monitor runs when the worker gives way, but does not need the processor.
func TestTheMonitorIsNoCompany(t *testing.T) {
	for _, test := range []struct {
		took             int64
		monitor, company bool
	}{
		{companyFrom / 2, false, false},
		{companyFrom * 2, false, true},
		{companyFrom * 2, true, false},
		{monitorTurn * 2, true, true},
	} {
		var h habit
		if h.look(test.took, test.monitor); (h.company != 0) != test.company {
			t.Errorf("after %+v: %+v", test, h)
		}
	}
}

func TestAWorkerThatGivesWayMeetsTheMonitor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	p, _, a := newDwelling(t)
	beside := func(f func()) (monitor bool) {
		a.do(t, func() {
			over := make(chan struct{})
			go func() { f(); close(over) }()
			p.Lock()
			_, monitor = p.letOthersRun()
			p.Unlock()
			<-over
		})
		return monitor
	}
	until(t, "a turn of the monitor", func() bool { return beside(func() { p.check() }) }) // the first, nearly always
	until(t, "a turn without it", func() bool { return !beside(func() {}) })
}
