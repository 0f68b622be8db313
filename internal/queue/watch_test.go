// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

func TestWatcherTakesACompletion(t *testing.T) {
	p, s, as := newSourceAnd(t, 1, 1)
	s.startOps(1)
	g := as[0].get(NoContext, p, 1, -1)
	s.awaitWatch(t, as[0])
	s.complete(7)
	if k := g.one(t); k != 7 {
		t.Fatalf("got packet %d", k)
	}
}

func TestPostWakesTheWatcher(t *testing.T) { // C02
	p, s, as := newSourceAnd(t, 1, 1)
	s.startOps(1)
	for k := range 100 {
		g := as[0].get(NoContext, p, 1, -1)
		s.awaitWatch(t, as[0])
		post(t, p, k)
		if got := g.one(t); got != k {
			t.Fatalf("got packet %d, want %d", got, k)
		}
	}
}

func TestWatcherIsReleasedInItsTurn(t *testing.T) { // C01
	p, s, as := newSourceAnd(t, 3, 3)
	s.startOps(1)
	older := as[0].get(NoContext, p, 1, -1) // becomes the watcher, as the oldest waiter
	s.awaitWatch(t, as[0])
	middle, newest := as[1].park(t, p), as[2].park(t, p)
	post(t, p, 1)
	newest.one(t)
	post(t, p, 2)
	middle.one(t)
	if older.over.Load() {
		t.Fatal("the oldest waiter was released before its turn")
	}
	post(t, p, 3)
	older.one(t)
}

func TestWatcherHandsOverToNewerWaitersAndKeepsItsPlace(t *testing.T) { // C01
	p, s, as := newSourceAnd(t, 4, 4)
	s.startOps(8)
	as[0].get(NoContext, p, 1, -1)
	s.awaitWatch(t, as[0])
	second, third := as[1].park(t, p), as[2].park(t, p)
	s.complete(1)
	if k := third.one(t); k != 1 {
		t.Fatalf("the newest waiter got packet %d", k)
	}
	until(t, "the watcher watches on", func() bool { return as[0].watches(p) })
	fourth := as[3].park(t, p)
	s.complete(2, 3)
	if k := fourth.one(t); k != 2 {
		t.Fatalf("the newest waiter got packet %d", k)
	}
	if k := second.one(t); k != 3 {
		t.Fatalf("the second waiter got packet %d", k)
	}
	if !as[0].waits(p) {
		t.Fatal("the watcher was released before its turn")
	}
}

func TestWatchThatEndsForNothingKeepsItsPlace(t *testing.T) { // C01
	p, s, as := newSourceAnd(t, 2, 2)
	s.startOps(2)
	older := as[0].get(NoContext, p, 1, -1)
	s.awaitWatch(t, as[0])
	newer := as[1].park(t, p)
	watches := p.Snapshot().Watches
	s.complete(stepDone)
	until(t, "the watcher has looked", func() bool { return p.Snapshot().Watches > watches })
	s.awaitWatch(t, as[0])
	if n := s.unsubmitted(); n != 0 {
		t.Fatalf("%d requests of the next step were not submitted", n)
	}
	post(t, p, 1)
	until(t, "a waiter is released", func() bool { return older.over.Load() || newer.over.Load() })
	if k := newer.one(t); k != 1 || older.over.Load() {
		t.Fatal("the watcher took the place of a newer waiter")
	}
}

func TestWatcherAtTheLimitLeavesCompletionsToTheRunning(t *testing.T) { // C03 for completions
	p, s, as := newSourceAnd(t, 1, 2)
	s.startOps(4)
	g := as[0].get(NoContext, p, 1, -1)
	s.awaitWatch(t, as[0])
	post(t, p, 1)
	g.one(t)
	waiting := as[1].park(t, p)
	s.complete(2)
	if !stable(func() bool { return !waiting.over.Load() }) {
		t.Fatal("a completion released a second worker although the limit is 1")
	}
	if k := as[0].take(t, p); k != 2 {
		t.Fatalf("got packet %d", k)
	}
}

func TestCompletionsAreOlderThanALaterPost(t *testing.T) { // D08
	p, s, as := newSourceAnd(t, 1, 1)
	s.startOps(2)
	s.complete(1, 2)
	post(t, p, 3)
	for want := 1; want <= 3; want++ {
		if k := as[0].take(t, p); k != want {
			t.Fatalf("got packet %d, want %d", k, want)
		}
	}
}

func TestFirstOperationWakesAWatcher(t *testing.T) {
	p, s, as := newSourceAnd(t, 2, 2)
	as[0].park(t, p)
	newest := as[1].park(t, p)
	s.startOps(1)
	s.awaitWatch(t, as[1]) // the newest, which keeps its place
	s.complete(5)
	if k := newest.one(t); k != 5 {
		t.Fatalf("got packet %d", k)
	}
}

func TestWatcherTimesOutAndIsReplaced(t *testing.T) { // C10
	p, s, as := newSourceAnd(t, 2, 2)
	s.startOps(1)
	short := as[0].get(NoContext, p, 1, 5*time.Millisecond)
	other := as[1].park(t, p)
	short.fails(t, ErrTimeout)
	s.awaitWatch(t, as[1])
	s.complete(1)
	other.one(t)
}

func TestContextEndsAWatch(t *testing.T) {
	p, s, as := newSourceAnd(t, 1, 1)
	s.startOps(1)
	ctx, cancel := context.WithCancel(context.Background())
	g := as[0].get(ctx, p, 1, -1)
	s.awaitWatch(t, as[0])
	cancel()
	g.fails(t, context.Canceled)
	h := as[0].get(NoContext, p, 1, -1)
	s.awaitWatch(t, as[0])
	s.complete(1)
	h.one(t)
}

func TestSlowHandlersLeaveAWatcherBehind(t *testing.T) {
	p, s, as := newSourceAnd(t, 2, 2)
	p.setHold(2 * shortHold)
	s.startOps(2)
	g := as[0].get(NoContext, p, 1, -1)
	s.awaitWatch(t, as[0])
	other := as[1].park(t, p)
	s.complete(1)
	other.one(t)
	s.awaitWatch(t, as[0])
	s.complete(2)
	g.one(t)
}

// TestFullBatchesAreNotSlow: a batch of 64 keeps its worker outside Get for 64 times as long as one
// packet. A port that took that for slowness submitted what came out of it one by one.
func TestFullBatchesAreNotSlow(t *testing.T) {
	for _, c := range []struct {
		batch int
		took  int64
		eager bool
	}{
		{1, shortHold / 2, false},
		{1, 2 * shortHold, true},
		{64, 64 * packetHold, false},
		{64, 64*packetHold + 2*shortHold, true},
	} {
		p := New(new(Workers[int]), 1)
		if p.noteHold(c.took, c.batch); p.eager() != c.eager {
			t.Errorf("after a batch of %d that took %d ns: eager is %v", c.batch, c.took, p.eager())
		}
	}
}

// TestSlowPacketsAreNoticedAmongQuickOnes: those of one kind may be every second one, and always the same.
func TestSlowPacketsAreNoticedAmongQuickOnes(t *testing.T) {
	for slow := range 2 {
		p, s, as := newSourceAnd(t, 1, 1)
		as[0].do(t, func() {
			for i := range 20 * holdEvery {
				s.startOps(1)
				s.complete(1)
				if _, err := p.GetOne(NoContext, -1); err != nil {
					t.Error(err)
				}
				for begin := nanotime(); i%2 == slow && nanotime()-begin < 2*shortHold; {
				}
			}
		})
		p.Lock()
		if !p.eager() {
			t.Errorf("every second packet, from the %d., takes long, and the port takes the worker for quick", slow+1)
		}
		p.Unlock()
	}
}

func TestRequestsOfTheNextStepAreNotLeftBehindByPost(t *testing.T) {
	p, s, as := newSourceAnd(t, 1, 1)
	s.startOps(1)
	as[0].get(NoContext, p, 1, 0).fails(t, ErrTimeout) // computes from here on
	s.complete(stepDone)
	post(t, p, 1)
	until(t, "the next step is submitted", func() bool { return s.unsubmitted() == 0 })
}

func TestEnterErrorReachesEveryWaiter(t *testing.T) {
	p, s, as := newSourceAnd(t, 3, 3)
	s.startOps(1)
	gets := []*got{as[0].get(NoContext, p, 1, -1)}
	s.awaitWatch(t, as[0])
	gets = append(gets, as[1].park(t, p), as[2].park(t, p))
	broken := errors.New("the ring is gone")
	s.setEnter(func(int, bool) (int, error) { return 0, broken })
	s.startOps(1)
	for _, g := range gets {
		g.fails(t, broken)
	}
	as[0].get(NoContext, p, 1, -1).fails(t, broken)
	if err := p.Failed(); err != broken {
		t.Fatalf("Failed returned %v", err)
	}
}

func TestEnterErrorReachesTheGetThatMetIt(t *testing.T) {
	p, s, as := newSourceAnd(t, 1, 1)
	broken := errors.New("the ring is gone")
	s.setEnter(func(int, bool) (int, error) { return 0, broken })
	p.Lock()
	s.queue(1)
	p.mu.Unlock() // not Submit: the Get below is the first to enter
	as[0].get(NoContext, p, 1, -1).fails(t, broken)
}

func TestCloseReachesAGetThatIsInTheKernel(t *testing.T) { // B04
	p, s, as := newSourceAnd(t, 1, 1)
	var inside, hold gate
	s.setEnter(func(n int, _ bool) (int, error) {
		inside.open()
		hold.spin()
		return n, nil
	})
	p.Lock()
	s.queue(1)
	p.mu.Unlock()
	g := as[0].get(NoContext, p, 1, -1)
	until(t, "the worker is in the kernel", inside.isOpen.Load)
	p.Close()
	hold.open()
	g.fails(t, ErrClosed)
}

func TestBusyKernelIsAskedAgain(t *testing.T) {
	p, s, as := newSourceAnd(t, 2, 1)
	var asked atomic.Int64
	s.setEnter(func(n int, _ bool) (int, error) {
		if asked.Add(1) < 5 {
			return 0, nil
		}
		return n, nil
	})
	s.startOps(3)
	g := as[0].get(NoContext, p, 1, -1)
	until(t, "the kernel took everything", func() bool { return s.unsubmitted() == 0 })
	s.complete(1)
	g.one(t)
}

func TestKernelThatTakesOneAtATimeGetsAll(t *testing.T) {
	p, s, as := newSourceAnd(t, 2, 1)
	s.setEnter(func(n int, _ bool) (int, error) { return min(n, 1), nil })
	s.startOps(5)
	as[0].get(NoContext, p, 1, -1)
	until(t, "the kernel took everything", func() bool { return s.unsubmitted() == 0 })
}

func TestOnlyOneGoroutineEnters(t *testing.T) {
	p, s, _ := newSourceAnd(t, 2, 0)
	var inside, hold gate
	s.setEnter(func(n int, _ bool) (int, error) {
		inside.open()
		hold.spin()
		return n, nil
	})
	first := newActor(t)
	first.start(func() { s.startOps(1) })
	until(t, "somebody is in the kernel", inside.isOpen.Load)
	s.startOps(2) // returns at once: whoever is inside submits for all
	if n := s.unsubmitted(); n != 3 {
		t.Fatalf("%d requests not submitted, want 3", n)
	}
	hold.open()
	until(t, "the one inside has submitted everything", func() bool {
		return first.idle() && s.unsubmitted() == 0
	})
	first.exit(t)
	mustHold(t, p, 0)
}

func TestDeferredWorkIsDoneByGet(t *testing.T) {
	p, s, as := newSourceAnd(t, 1, 1)
	s.startOps(1)
	s.deferred.Store(1)
	if k := as[0].take(t, p); k != 1001 {
		t.Fatalf("got packet %d", k)
	}
}

// C01 for what only a call of the kernel brings: the watcher makes it appear, and the newer
// waiter gets it.
func TestWatcherPassesOnWhatTheKernelHeldBack(t *testing.T) {
	for _, how := range []string{"deferred", "deferred, with a request to submit", "overflowed"} {
		p, s, as := newSourceAnd(t, 1, 2)
		s.overflowed.Store(how == "overflowed")
		s.startOps(2)
		g := as[0].get(NoContext, p, 1, -1)
		s.awaitWatch(t, as[0])
		other := as[1].park(t, p)
		p.Lock()
		if how == "deferred, with a request to submit" { // that wakes the watcher, too
			s.queue(1)
		}
		s.deferred.Store(1)
		p.Unlock()
		s.tickle()
		if k := other.one(t); k != 1001 {
			t.Fatalf("got packet %d", k)
		}
		if g.over.Load() {
			t.Fatal("the older waiter was released")
		}
		if n := s.unsubmitted(); n != 0 {
			t.Fatalf("%d requests are not submitted", n)
		}
		p.Close()
		g.fails(t, ErrClosed)
	}
}

// What the kernel holds back until somebody enters is brought by whoever looks, although nobody is in Get.
func TestGatherAllBringsWhatTheKernelHoldsBack(t *testing.T) {
	p, s, as := newSourceAnd(t, 1, 1)
	s.overflowed.Store(true)
	s.startOps(2)
	s.complete(1)
	s.deferred.Store(1)
	p.Lock()
	p.GatherAll()
	p.Settle()
	if n := p.Len(); n != 2 {
		t.Fatalf("%d packets are queued, want 2", n)
	}
	for _, want := range []int{1, 1001} {
		if k := as[0].take(t, p); k != want {
			t.Errorf("got packet %d, want %d", k, want)
		}
	}
}

// A look at a source that holds nothing back makes no call of the kernel.
func TestGatherAllEntersOnlyForWhatIsHeldBack(t *testing.T) {
	p, s, _ := newSourceAnd(t, 1, 0)
	s.startOps(2)
	entered := s.enters.Load()
	for _, done := range []int{1, 0} {
		if done > 0 {
			s.complete(done)
		}
		p.Lock()
		p.GatherAll()
		p.Settle()
	}
	if n := s.enters.Load() - entered; n != 0 {
		t.Errorf("two looks entered the kernel %d times", n)
	}
}

// D08: what has completed before a post is before it, also if the completion queue was full.
func TestPostComesBehindWhatTheKernelHoldsBack(t *testing.T) {
	p, s, as := newSourceAnd(t, 1, 1)
	s.overflowed.Store(true)
	s.startOps(1)
	s.deferred.Store(1)
	p.Post(7)
	for _, want := range []int{1001, 7} {
		if k := as[0].take(t, p); k != want {
			t.Errorf("got packet %d, want %d", k, want)
		}
	}
}

// C01 for an operation of several steps: the watcher makes the next one from its place.
func TestWatcherPassesOnWhatFollowsAStep(t *testing.T) {
	p, s, as := newSourceAnd(t, 1, 2)
	s.startOps(2)
	g := as[0].get(NoContext, p, 1, -1)
	s.awaitWatch(t, as[0])
	other := as[1].park(t, p)
	last := func(n int, _ bool) (int, error) {
		if n > 0 {
			s.complete(7)
		}
		return n, nil
	}
	s.enter.Store(&last)
	s.complete(stepDone)
	if k := other.one(t); k != 7 {
		t.Fatalf("got packet %d", k)
	}
	if g.over.Load() {
		t.Fatal("the older waiter was released")
	}
	s.enter.Store(nil)
	p.Close()
	g.fails(t, ErrClosed)
}
