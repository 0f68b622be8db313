// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"iocp/internal/worker"
)

func TestTimeoutsAreNeverEarly(t *testing.T) { // B07
	p, as := newPortAnd(t, 1, 1)
	for _, d := range []time.Duration{1, 999, 50 * time.Microsecond, time.Millisecond, 7 * time.Millisecond} {
		start := time.Now()
		g := as[0].get(NoContext, p, 1, d)
		g.fails(t, ErrTimeout)
		if took := g.at.Sub(start); took < d {
			t.Errorf("timeout of %v came after %v", d, took)
		}
	}
}

func TestEarlierTimerDoesNotEndALaterWait(t *testing.T) { // B07: a worker has one timer for life
	p, as := newPortAnd(t, 1, 1)
	for d := 3 * time.Millisecond; ; d *= 2 { // on a busy machine the time may be over before
		g := as[0].get(NoContext, p, 1, d)
		until(t, "an actor waits", func() bool { return g.over.Load() || as[0].waits(p) })
		post(t, p, 1) // ends the first wait; its timer goes on
		until(t, "a Get returns", g.over.Load)
		if g.err == nil {
			break
		}
		as[0].get(NoContext, p, 1, 0).one(t)
	}
	start := time.Now()
	g := as[0].get(NoContext, p, 1, 20*time.Millisecond)
	g.fails(t, ErrTimeout)
	if took := g.at.Sub(start); took < 20*time.Millisecond {
		t.Fatalf("timeout of 20 ms came after %v", took)
	}
	g = as[0].get(NoContext, p, 1, time.Hour)
	as[0].awaitParked(t, p)
	post(t, p, 2)
	g.one(t)
	start = time.Now()
	as[0].get(NoContext, p, 1, time.Millisecond).fails(t, ErrTimeout)
	if took := time.Since(start); took > time.Minute {
		t.Fatalf("timeout of 1 ms came after %v: the timer was not moved forward", took)
	}
}

func TestHugeTimeoutIsNoTimeout(t *testing.T) { // B10
	p, as := newPortAnd(t, 1, 1)
	for _, d := range []time.Duration{math.MaxInt64, math.MaxInt64 - 1, math.MaxInt64 / 2} {
		g := as[0].get(NoContext, p, 1, d)
		until(t, "a Get waits or returns", func() bool { return g.over.Load() || as[0].waits(p) })
		post(t, p, 1)
		g.one(t)
	}
}

func TestTimeoutFollowsTheWorkerToAnotherPort(t *testing.T) { // C08
	p, as := newPortAnd(t, 1, 1)
	q := New(p.ws, 1)
	defer q.Close()
	for early := false; !early; {
		g := as[0].get(NoContext, p, 1, 5*time.Millisecond)
		until(t, "a Get waits or is over", func() bool { return g.over.Load() || as[0].waits(p) })
		post(t, p, 1)
		until(t, "a Get returns", g.over.Load)
		if early = g.err == nil; !early { // the packet came when its time was over
			as[0].take(t, p)
		}
	}
	as[0].get(NoContext, q, 1, 10*time.Millisecond).fails(t, ErrTimeout)
}

func TestCloseEndsEveryWait(t *testing.T) { // B04, J14
	p, as := newPortAnd(t, 1, 4)
	gets := []*got{as[0].park(t, p), as[1].park(t, p), as[2].get(NoContext, p, 4, time.Hour)}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	gets = append(gets, as[3].get(ctx, p, 1, -1))
	for _, a := range as {
		a.awaitParked(t, p)
	}
	if dropped := p.Close(); len(dropped) != 0 {
		t.Fatalf("Close dropped %v", dropped)
	}
	for _, g := range gets {
		g.fails(t, ErrClosed)
	}
	if err := p.Post(1); err != ErrClosed {
		t.Fatalf("Post returned %v", err)
	}
	as[0].get(NoContext, p, 1, 0).fails(t, ErrClosed)
	as[1].get(NoContext, p, 1, -1).fails(t, ErrClosed)
	if s := p.Snapshot(); s.Running != 0 || s.Waiting != 0 || s.Blocked != 0 {
		t.Fatalf("a closed port counts workers: %+v", s)
	}
}

func TestCloseDropsWhatIsQueued(t *testing.T) { // J14
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 1, 2, 3)
	as[0].take(t, p)
	if dropped := p.Close(); len(dropped) != 2 || dropped[0] != 2 || dropped[1] != 3 {
		t.Fatalf("Close dropped %v, want [2 3]", dropped)
	}
	if dropped := p.Close(); len(dropped) != 0 {
		t.Fatalf("a second Close dropped %v", dropped)
	}
}

func TestCloseDoesNotLoseAPacketThatWasHandedOver(t *testing.T) { // B25
	for i := range 200 {
		p, as := newPortAnd(t, 1, 1)
		g := as[0].park(t, p)
		post(t, p, i)
		p.Close()
		if k := g.one(t); k != i {
			t.Fatalf("got packet %d, want %d", k, i)
		}
		as[0].exit(t)
	}
}

func TestWorkerOfAClosedPortIsAGoodWorkerOfTheNext(t *testing.T) { // B25, C08
	for i := range 200 {
		p, as := newPortAnd(t, 1, 1)
		q := New(p.ws, 1)
		g := as[0].park(t, p)
		post(t, p, i)
		p.Close() // while the packet is on its way to the worker
		g.one(t)
		post(t, q, 1, 2)
		as[0].take(t, q)
		if n := q.Snapshot().Running; n != 1 {
			t.Fatalf("round %d: %d workers run on the second port, want 1", i, n)
		}
		as[0].take(t, q)
		g = as[0].park(t, q)
		q.Close()
		g.fails(t, ErrClosed)
		as[0].exit(t)
		if s := p.Snapshot(); s.Running != 0 {
			t.Fatalf("round %d: %d workers run on the closed port", i, s.Running)
		}
	}
}

func TestBlockingReleasesAWaiterAtOnce(t *testing.T) { // C05, C06
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 1, 2)
	as[0].take(t, p)
	g := as[1].park(t, p)
	var hold gate
	as[0].start(func() { p.Blocking(hold.spin) }) // computes: nobody can see that it "blocks"
	if k := g.one(t); k != 2 {
		t.Fatalf("got packet %d", k)
	}
	if n := p.Snapshot().Running; n != 1 {
		t.Fatalf("%d workers run, want 1", n)
	}
	hold.open()
	until(t, "Blocking returns", as[0].idle)
	if n := p.Snapshot().Running; n != 2 {
		t.Fatalf("%d workers run, want 2: over the limit for a moment", n)
	}
}

func TestBlockingByAWorkerThatHadBlockedBefore(t *testing.T) { // C05
	p, as := newPortAnd(t, 1, 3)
	post(t, p, 1)
	as[0].take(t, p)
	first, second := as[1].park(t, p), as[2].park(t, p)
	as[0].block(t)
	post(t, p, 2)
	second.one(t) // the port has seen as[0] blocked
	as[0].unblock(t)
	as[2].exit(t)
	var hold gate
	as[0].start(func() { p.Blocking(hold.spin) })
	until(t, "the slot is lent", func() bool { return effective(p) == 0 })
	post(t, p, 3)
	first.one(t)
	hold.open()
}

func TestBlockingGivesTheSlotBackAfterAPanic(t *testing.T) {
	p, as := newPortAnd(t, 1, 1)
	post(t, p, 1)
	as[0].take(t, p)
	boom := errors.New("boom")
	var caught any
	as[0].do(t, func() {
		defer func() { caught = recover() }()
		p.Blocking(func() { panic(boom) })
	})
	if caught != boom {
		t.Fatalf("recovered %v", caught)
	}
	if s := p.Snapshot(); s.Running != 1 || s.Blocked != 0 {
		t.Fatalf("%d workers run and %d are blocked, want 1 and 0", s.Running, s.Blocked)
	}
}

func TestBlockingMayBeNestedAndMayLeaveThePort(t *testing.T) {
	p, as := newPortAnd(t, 1, 2)
	q := New(p.ws, 1)
	defer q.Close()
	post(t, p, 1)
	as[0].take(t, p)
	as[0].do(t, func() {
		p.Blocking(func() {
			p.Blocking(func() {})
			if n := p.Snapshot().Running; n != 0 {
				t.Errorf("%d workers run inside the outer Blocking, want 0", n)
			}
			q.Get(NoContext, make([]int, 1), 0)
		})
	})
	if n := p.Snapshot().Running; n != 0 {
		t.Fatalf("%d workers run on the port that was left", n)
	}
	if n := q.Snapshot().Running; n != 1 {
		t.Fatalf("%d workers run on the second port, want 1", n)
	}
	// On q the worker is like any other: when it blocks and runs again it counts.
	as[0].block(t)
	g := as[1].park(t, q)
	post(t, q, 1)
	g.one(t)
	as[0].unblock(t)
	as[1].park(t, q)
	post(t, q, 2)
	mustHold(t, q, 1)
}

func TestBlockingOfAStrangerJustRuns(t *testing.T) {
	p, as := newPortAnd(t, 1, 2)
	ran := false
	p.Blocking(func() { ran = true })
	if !ran {
		t.Fatal("the function was not run")
	}
	post(t, p, 1, 2)
	as[0].take(t, p)
	as[1].do(t, func() { p.Blocking(func() {}) })
	if s := p.Snapshot(); s.Running != 1 || s.Blocked != 0 {
		t.Fatalf("%d workers run and %d are blocked, want 1 and 0", s.Running, s.Blocked)
	}
}

func TestCloseDuringBlocking(t *testing.T) {
	p, as := newPortAnd(t, 1, 1)
	q := New(p.ws, 1)
	defer q.Close()
	post(t, p, 1)
	as[0].take(t, p)
	var hold gate
	as[0].start(func() { p.Blocking(hold.spin) })
	until(t, "the slot is lent", func() bool { return p.Snapshot().Blocked == 1 })
	p.Close()
	hold.open()
	until(t, "Blocking returns", as[0].idle)
	post(t, q, 5)
	as[0].take(t, q)
	if n, m := p.Snapshot().Running, q.Snapshot().Running; n != 0 || m != 1 {
		t.Fatalf("%d and %d workers run, want 0 and 1", n, m)
	}
}

func TestEndedWorkersDoNotStayRegisteredWithAContext(t *testing.T) {
	p, _ := newPortAnd(t, 4, 0)
	ctx := &countingContext{Context: context.Background(), done: make(chan struct{})}
	for range 1000 {
		a := newActor(t)
		a.get(ctx, p, 1, time.Nanosecond).fails(t, ErrTimeout)
		a.exit(t)
	}
	if n := ctx.registered; n > 300 {
		t.Fatalf("%d ended workers are registered with a living context", n)
	}
}

// A countingContext counts the functions that wait for its end. The context package calls
// AfterFunc of a context that has it.
type countingContext struct {
	context.Context
	done       chan struct{}
	registered int // only one goroutine at a time calls
}

func (c *countingContext) Done() <-chan struct{} { return c.done }

func (c *countingContext) AfterFunc(func()) (stop func() bool) {
	c.registered++
	return func() bool { c.registered--; return true }
}

func TestEveryGoroutineHasItsOwnRecord(t *testing.T) {
	ws := new(Workers[int])
	p := New(ws, 1)
	as := actors(t, 500) // the table grows several times
	seen := map[*Worker[int]]bool{}
	for _, a := range as {
		var w *Worker[int]
		a.do(t, func() {
			if ws.Find() != nil {
				t.Error("a goroutine that never called Get has a record")
			}
			p.Get(NoContext, make([]int, 1), 0)
			w = ws.Find()
		})
		if w == nil || w.id != a.id || seen[w] {
			t.Fatalf("record %v of goroutine %v", w, a.id)
		}
		seen[w] = true
	}
	for _, a := range as {
		if w := ws.find(a.id); !seen[w] {
			t.Fatalf("the record of %v was lost as the table grew", a.id)
		}
		a.exit(t)
	}
}

func TestEndedGoroutinesArePurged(t *testing.T) {
	p, _ := newPortAnd(t, 4, 0)
	for range 3000 {
		a := newActor(t)
		a.get(NoContext, p, 1, 0).fails(t, ErrTimeout)
		a.exit(t)
	}
	entries := len(p.ws.table.Load().entries)
	if s := p.Snapshot(); s.Running > entries || entries > 4*tableStart {
		t.Fatalf("%d workers counted and a table of %d entries after all have ended", s.Running, entries)
	}
	if known := worker.Known(); !known {
		t.Fatal("the state of goroutines is unknown")
	}
}

func TestPurgeFreesSlots(t *testing.T) { // C07
	p, as := newPortAnd(t, 1, 1)
	q := New(p.ws, 1)
	defer q.Close()
	post(t, p, 1)
	a := newActor(t)
	a.take(t, p)
	a.exit(t)
	w := p.ws.find(a.id)
	for range 4 * tableStart { // fill the table with workers of another port
		b := newActor(t)
		b.get(NoContext, q, 1, 0).fails(t, ErrTimeout)
		b.exit(t)
	}
	if w.port.Load() != nil {
		t.Fatal("the record of an ended goroutine still belongs to its port")
	}
	g := as[0].park(t, p)
	post(t, p, 2)
	g.one(t)
}
