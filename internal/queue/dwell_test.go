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
	comes   atomic.Int64 // what ends each operation in a Dwell, unless 0
}

func (s *dwellSource) Dwells() bool { return true }

func (s *dwellSource) Dwell(n int, d time.Duration) (int, error) {
	s.calls.Add(1)
	s.longest.Store(max(s.longest.Load(), int64(d)))
	n, err := s.fakeSource.Enter(n, true)
	if k := s.comes.Load(); k != 0 {
		for range s.inFlight.Load() {
			s.complete(int(k))
		}
	}
	return n, err
}

// newDwelling makes a port as it is where there is one processor, and a worker of it.
func newDwelling(t *testing.T) (*Port[int], *dwellSource, *actor) {
	procs := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(procs) })
	p, as := newPortAnd(t, 1, 1)
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

// used makes it a port where dwelling has paid so far.
func (p *Port[P]) used() {
	p.mu.Lock()
	p.habit.patience = patienceMost
	p.mu.Unlock()
}

func TestALoneWorkerDwellsInTheCallThatSubmits(t *testing.T) {
	p, s, a := newDwelling(t)
	s.comes.Store(7)
	p.used()
	const rounds = 10 * sampleEvery
	single := 0
	a.do(t, func() {
		var buf [rounds]int
		w := p.ws.Find()
		p.Lock()
		defer p.Unlock()
		for i := range uint32(rounds) {
			p.habit = habit{patience: patienceMost, waits: i}
			enters := s.enters.Load()
			s.queue(1)
			if p.dwell(w, buf[:]) > 0 && s.enters.Load() == enters+1 {
				single++
			}
		}
	})
	if single < rounds/2 { // samples take two, and now and then others are there
		t.Errorf("one call of the kernel in %d of %d waits", single, rounds)
	}
}

// A peer in the same process gets no turn while the worker dwells, and sends to it are over at once: that most
// waits are not in vain does not make the others worth anything.
func TestWhatIsOverAtOnceTeachesNothing(t *testing.T) {
	for _, test := range []struct{ patience, sends int }{{0, 1}, {1, 1}, {2, 1}, {patienceMost, 1}, {1, 5}, {patienceMost, 5}, {1, 50}, {patienceMost, 50}} {
		p, s, a := newDwelling(t)
		p.habit.patience = test.patience
		s.setEnter(func(n int, _ bool) (int, error) {
			for range n {
				s.complete(7)
			}
			return n, nil
		})
		a.do(t, func() {
			p.Lock()
			defer p.Unlock()
			s.messages(10*tryFirst, test.sends)
			if n := s.messages(tryLast, test.sends); n > tryLast*(test.sends+1)/tryFirst {
				t.Errorf("%+v: %d of %d waits for an answer were in vain", test, n, tryLast)
			}
		})
	}
}

// messages dwells for some sends, each of which is over at once, and then for an answer that does not come, and that so
// many times. It returns the number of waits in vain.
func (s *dwellSource) messages(count, sends int) (vain int) {
	var buf [1]int
	p, w := s.p, s.p.ws.Find()
	for range count {
		for range sends {
			s.queue(1)
			if p.dwell(w, buf[:]) != 1 {
				s.t.Error("what the kernel had done at once was not there")
			}
		}
		s.inFlight.Add(1)
		calls := s.calls.Load()
		if p.dwell(w, buf[:]) != 0 {
			s.t.Error("nothing had come, and it took something")
		}
		vain += int(s.calls.Load() - calls)
		s.inFlight.Add(-1)
	}
	return vain
}

// What is worth a wait is found out: in vain it is tried ever less often, and not in vain it is done again, for
// longer.
func TestDwellingIsAHabitWhereItPays(t *testing.T) {
	var h habit
	var all time.Duration
	for range 100_000 {
		if d := h.next(); d > 0 {
			all += d
			h.learn(true, h.samples())
		}
	}
	if calls := all / dwellUnit; calls < 50_000/tryLast || calls > 200_000/tryLast+10 {
		t.Errorf("dwelled for %v in 100,000 waits, all in vain", all)
	}
	for n := 0; h.patience < patienceMost; n++ {
		if n > 2*tryLast {
			t.Fatalf("after %d waits that were not in vain: %+v", n, h)
		}
		if h.next() > 0 {
			h.learn(false, h.samples())
		}
	}
	for n := range patienceMost {
		if d := h.next(); d != time.Duration(patienceMost-n)*dwellUnit {
			t.Errorf("wait %d in vain: for %v", n, d)
		}
		h.learn(true, h.samples())
	}
	if d := h.next(); d != 0 {
		t.Errorf("for %v after as many waits in vain", d)
	}
}

func TestDwellingIsLongWhereNoneIsInVain(t *testing.T) {
	prime := func() (h habit) {
		for range sureFrom {
			if d := h.next(); d > patienceMost*dwellUnit {
				t.Fatalf("for %v: %+v", d, h)
			}
			h.learn(false, h.samples())
		}
		return h
	}
	h := prime()
	if d := h.next(); d != dwellSure {
		t.Errorf("for %v after %d that were not in vain", d, sureFrom)
	}
	h.learn(true, h.samples())
	if d := h.next(); d != (patienceMost-1)*dwellUnit {
		t.Errorf("for %v after one in vain", d)
	}
	h = prime()
	h.look(2*companyFrom, false)
	for h.next() == 0 {
	}
	if d := h.next(); d != patienceMost*dwellUnit {
		t.Errorf("for %v after there was company", d)
	}
}

// Others are not kept waiting for many long calls.
func TestEveryLongCallGivesWayFirst(t *testing.T) {
	var h habit
	const waits = 100 * giveWayEvery
	gives := func() (n int) {
		for range waits {
			if h.next(); h.givesWay() {
				n++
			}
			h.learn(false, h.samples())
		}
		return n
	}
	few := func(n int) bool { return n > waits/giveWayEvery*3/4 && n < waits/giveWayEvery*5/4 }
	if n := gives(); !few(n) {
		t.Errorf("%d of %d short calls", n, waits)
	}
	for range 20 {
		h.lasted(2 * longFrom)
	}
	if n := gives(); n != waits {
		t.Errorf("%d of %d long calls", n, waits)
	}
	for range 20 {
		h.lasted(0)
	}
	if n := gives(); !few(n) {
		t.Errorf("%d of %d calls that are short again", n, waits)
	}
}

// What comes may be steps of an operation: the worker goes on with it, and does not park.
func TestAWorkerDwellsForEveryStep(t *testing.T) {
	p, s, a := newDwelling(t)
	steps := 0
	s.setEnter(func(n int, _ bool) (int, error) {
		for range n {
			if steps++; steps%5 == 0 {
				s.complete(7)
			} else {
				s.complete(stepDone)
			}
		}
		return n, nil
	})
	a.do(t, func() {
		var buf [1]int
		w := p.ws.Find()
		p.Lock()
		s.queue(1)
		if n := p.dwell(w, buf[:]); n != 1 || buf[0] != 7 {
			t.Errorf("it took %d packets, %v", n, buf)
		}
		p.Unlock()
	})
}

func TestRaisingGOMAXPROCSEndsDwelling(t *testing.T) {
	p, s, a := newDwelling(t)
	runtime.GOMAXPROCS(2)
	s.setEnter(func(n int, _ bool) (int, error) {
		for range n {
			s.complete(7)
		}
		return n, nil
	})
	a.do(t, func() {
		var buf [1]int
		w := p.ws.Find()
		p.Lock()
		for range 2 * giveWayEvery {
			s.queue(1)
			p.dwell(w, buf[:])
		}
		if p.dwells != nil || p.alone || p.visits.on {
			t.Error("the port's workers dwell all the same, or give way as if there were one processor")
		}
		p.Unlock()
	})
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
		for range 20 * giveWayEvery { // the first times the other one may not have begun
			s.queue(1)
			if n := p.dwell(w, buf[:]); n != 1 {
				t.Errorf("it took %d packets", n)
			}
			if p.habit.company > 0 {
				break
			}
		}
		if p.habit.company == 0 || p.habit.next() != 0 {
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
