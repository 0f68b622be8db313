// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"runtime"
	"slices"
	"testing"
	"time"

	"iocp/internal/worker"
)

func TestPacketsComeOutFirstInFirstOut(t *testing.T) { // B15
	p, as := newPortAnd(t, 1, 1)
	for k := range 1000 {
		post(t, p, k)
	}
	for want := range 1000 {
		if k := as[0].take(t, p); k != want {
			t.Fatalf("got packet %d, want %d", k, want)
		}
	}
}

func TestPollOfEmptyPortTimesOutAtOnce(t *testing.T) { // B06
	p, as := newPortAnd(t, 1, 1)
	as[0].get(NoContext, p, 1, 0).fails(t, ErrTimeout)
	if _, err := p.GetOne(NoContext, 0); err != ErrTimeout {
		t.Fatalf("GetOne returned %v", err)
	}
}

func TestOnePacketWakesOneWaiter(t *testing.T) { // B16
	p, as := newPortAnd(t, 20, 20)
	var gets []*got
	for _, a := range as {
		gets = append(gets, a.park(t, p))
	}
	post(t, p, 7)
	if k := gets[19].one(t); k != 7 {
		t.Fatalf("got packet %d", k)
	}
	if n := p.Snapshot().Waiting; n != 19 {
		t.Fatalf("%d workers wait, want 19", n)
	}
}

func TestWaitersAreReleasedLastInFirstOut(t *testing.T) { // C01
	p, as := newPortAnd(t, 4, 4)
	var gets []*got
	for _, a := range as {
		gets = append(gets, a.park(t, p))
	}
	post(t, p, 1, 2, 3, 4)
	for i, g := range gets {
		if k := g.one(t); k != 4-i {
			t.Errorf("worker %d got packet %d, want %d", i, k, 4-i)
		}
	}
}

func TestPacketStaysQueuedAtTheLimitAlthoughWorkersWait(t *testing.T) { // C02, C03
	p, as := newPortAnd(t, 1, 2)
	older, newer := as[0].park(t, p), as[1].park(t, p)
	post(t, p, 1, 2)
	newer.one(t)
	if !stable(func() bool { return !older.over.Load() }) {
		t.Fatal("a second worker was released although one runs and the limit is 1")
	}
	mustHold(t, p, 1)
	if k := as[1].take(t, p); k != 2 { // C04
		t.Fatalf("got packet %d", k)
	}
	if older.over.Load() {
		t.Fatal("the waiter was released although the running worker asked again (C04)")
	}
}

func TestHandedPacketCountsBeforeTheWorkerWakes(t *testing.T) { // C02, C14
	p, as := newPortAnd(t, 1, 2)
	g := as[0].park(t, p)
	p.mu.Lock() // hold the worker up on its way out, as a busy machine would
	w := p.newest()
	p.mu.Unlock()
	post(t, p, 1)
	if n := p.Snapshot().Running; n != 1 {
		t.Fatalf("%d workers run, want 1", n)
	}
	post(t, p, 2)
	as[1].get(NoContext, p, 1, 0).fails(t, ErrTimeout)
	if k := g.one(t); k != 1 {
		t.Fatalf("got packet %d", k)
	}
	until(t, "the worker has resumed", func() bool { return !w.waking.Load() })
}

func TestRunningCallerTakesPacketAheadOfWaiters(t *testing.T) { // C13
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 1)
	as[1].take(t, p)
	g := as[0].park(t, p)
	post(t, p, 2)
	if k := as[1].take(t, p); k != 2 {
		t.Fatalf("got packet %d", k)
	}
	if g.over.Load() {
		t.Fatal("the waiter was released")
	}
}

func TestBlockedWorkerFreesItsSlotForPacketsThatComeLater(t *testing.T) { // C05
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 1)
	as[0].take(t, p)
	g := as[1].park(t, p)
	as[0].block(t)
	post(t, p, 2)
	if k := g.one(t); k != 2 {
		t.Fatalf("got packet %d", k)
	}
}

func TestWorkerThatRunsAgainCountsWithoutAsking(t *testing.T) { // C06, NQ03
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 1)
	as[0].take(t, p)
	g := as[1].park(t, p)
	as[0].block(t)
	post(t, p, 2)
	g.one(t)
	as[0].unblock(t)
	post(t, p, 3)
	as[1].get(NoContext, p, 1, 0).fails(t, ErrTimeout) // one other runs
	g = as[1].park(t, p)
	mustHold(t, p, 1)
	if k := as[0].take(t, p); k != 3 { // and nobody besides this one
		t.Fatalf("got packet %d", k)
	}
	if g.over.Load() {
		t.Fatal("both were released")
	}
}

func TestResumedWorkerKeepsOthersFromBeingReleased(t *testing.T) { // C06 with C08
	p, as := newPortAnd(t, 1, 3)
	q := New(p.ws, 1)
	defer q.Close()
	post(t, p, 1)
	as[0].take(t, p)
	g := as[1].park(t, p)
	as[0].block(t)
	post(t, p, 2)
	g.one(t)
	as[0].unblock(t)
	waiter := as[2].park(t, p)
	post(t, p, 3)
	as[1].get(NoContext, q, 1, 0).fails(t, ErrTimeout) // leaves p, where as[0] still runs
	if !stable(func() bool { return !waiter.over.Load() }) {
		t.Fatal("a waiter was released although a worker that had blocked runs again")
	}
}

func TestEndedWorkerGivesItsSlotBack(t *testing.T) { // C07
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 1, 2)
	as[0].take(t, p)
	g := as[1].park(t, p)
	as[0].exit(t)
	if k := g.one(t); k != 2 {
		t.Fatalf("got packet %d", k)
	}
}

func TestGetOnAnotherPortLeavesTheFirst(t *testing.T) { // C08
	p, as := newPortAnd(t, 1, 2)
	q := New(p.ws, 1)
	defer q.Close()
	post(t, p, 1, 2)
	as[0].take(t, p)
	g := as[1].park(t, p)
	as[0].get(NoContext, q, 1, 0).fails(t, ErrTimeout)
	if k := g.one(t); k != 2 {
		t.Fatalf("got packet %d", k)
	}
	if n := q.Snapshot().Running; n != 1 {
		t.Fatalf("%d workers run on the second port, want 1", n)
	}
}

func TestPollAtTheLimitFindsNothingAndCounts(t *testing.T) { // C09
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 1, 2)
	as[0].take(t, p)
	as[1].get(NoContext, p, 1, 0).fails(t, ErrTimeout)
	mustHold(t, p, 1)
	if n := p.Snapshot().Running; n != 2 {
		t.Fatalf("%d workers run, want 2", n)
	}
}

func TestWorkerWhoseWaitTimedOutCounts(t *testing.T) { // C10
	p, as := newPortAnd(t, 1, 2)
	as[0].get(NoContext, p, 1, time.Millisecond).fails(t, ErrTimeout)
	g := as[1].park(t, p)
	post(t, p, 1)
	mustHold(t, p, 1)
	if g.over.Load() {
		t.Fatal("a waiter was released although the worker that timed out runs")
	}
	if k := as[0].take(t, p); k != 1 {
		t.Fatalf("got packet %d", k)
	}
}

func TestPostingDoesNotCount(t *testing.T) { // C11
	p, as := newPortAnd(t, 1, 2)
	g := as[0].park(t, p)
	as[1].do(t, func() { p.Post(1) })
	g.one(t)
	if s := p.Snapshot(); s.Running != 1 {
		t.Fatalf("%d workers run, want 1", s.Running)
	}
}

func TestBatchCostsOneSlot(t *testing.T) { // C12
	p, as := newPortAnd(t, 2, 2)
	for k := range 8 {
		post(t, p, k)
	}
	g := as[0].get(NoContext, p, 4, -1)
	until(t, "a batch", g.over.Load)
	if !slices.Equal(g.packets, []int{0, 1, 2, 3}) { // E01
		t.Fatalf("got %v", g.packets)
	}
	if n := p.Snapshot().Running; n != 1 {
		t.Fatalf("%d workers run, want 1", n)
	}
	g = as[1].get(NoContext, p, 100, -1) // E02
	until(t, "a batch", g.over.Load)
	if !slices.Equal(g.packets, []int{4, 5, 6, 7}) {
		t.Fatalf("got %v", g.packets)
	}
}

func TestWaitingBatchTakesTheQueueWhenASlotIsFreed(t *testing.T) { // E03
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 0)
	as[0].take(t, p)
	g := as[1].get(NoContext, p, 3, -1)
	as[1].awaitParked(t, p)
	post(t, p, 1, 2, 3, 4)
	as[0].do(t, p.Leave)
	until(t, "a batch", g.over.Load)
	if !slices.Equal(g.packets, []int{1, 2, 3}) {
		t.Fatalf("got %v", g.packets)
	}
	mustHold(t, p, 1)
}

func TestBatchTimesOutWithoutPackets(t *testing.T) { // E04
	p, as := newPortAnd(t, 1, 1)
	as[0].get(NoContext, p, 8, time.Millisecond).fails(t, ErrTimeout)
}

func TestUndeliveredPacketsStayForOthers(t *testing.T) { // C17
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 1, 2, 3)
	as[0].take(t, p)
	as[0].exit(t)
	if k := as[1].take(t, p); k != 2 {
		t.Fatalf("got packet %d", k)
	}
	mustHold(t, p, 1)
}

func TestLeaveGivesTheSlotBackAtOnce(t *testing.T) { // B17, C07
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 1, 2)
	as[0].take(t, p)
	g := as[1].park(t, p)
	as[0].do(t, p.Leave)
	if !g.over.Load() && p.Snapshot().Queued != 0 {
		t.Fatal("Leave did not hand the packet over")
	}
	g.one(t)
	as[0].do(t, p.Leave) // once more: nothing to leave
	p.Leave()            // nor here
	if n := p.Snapshot().Running; n != 1 {
		t.Fatalf("%d workers run, want 1", n)
	}
}

func TestLenCountsQueuedPackets(t *testing.T) { // D11
	p, as := newPortAnd(t, 1, 1)
	post(t, p, 1, 2, 3)
	as[0].take(t, p)
	if n := p.Len(); n != 2 {
		t.Fatalf("Len is %d, want 2", n)
	}
}

func TestContextEndsTheWait(t *testing.T) {
	p, as := newPortAnd(t, 2, 1)
	ctx, cancel := context.WithCancel(context.Background())
	g := as[0].get(ctx, p, 1, -1)
	as[0].awaitParked(t, p)
	cancel()
	g.fails(t, context.Canceled)
	as[0].get(ctx, p, 1, -1).fails(t, context.Canceled) // cancelled before
	post(t, p, 1)
	g = as[0].get(ctx, p, 1, -1)
	if k := g.one(t); k != 1 {
		t.Fatalf("a packet that is there comes before the context: got %d", k)
	}
	if n := p.Snapshot().Running; n != 1 {
		t.Fatalf("%d workers run, want 1 (C10)", n)
	}
}

func TestAnEarlierContextNoLongerEndsTheWait(t *testing.T) {
	p, as := newPortAnd(t, 1, 1)
	old, cancelOld := context.WithCancel(context.Background())
	cur, cancelCur := context.WithCancel(context.Background())
	defer cancelCur()
	as[0].get(old, p, 1, time.Millisecond).fails(t, ErrTimeout)
	g := as[0].get(cur, p, 1, -1)
	as[0].awaitParked(t, p)
	cancelOld()
	if !stable(func() bool { return as[0].waits(p) }) {
		t.Fatal("the wait ended")
	}
	post(t, p, 1)
	g.one(t)
	as[0].get(NoContext, p, 1, time.Millisecond).fails(t, ErrTimeout)
	cancelCur()
	g = as[0].park(t, p)
	if !stable(func() bool { return as[0].waits(p) }) {
		t.Fatal("the wait ended")
	}
	post(t, p, 2)
	g.one(t)
}

func TestConcurrencyZeroIsTheNumberOfProcessors(t *testing.T) { // A29
	if n := newPort(t, 0).Concurrency(); n < 1 {
		t.Fatalf("concurrency value %d", n)
	}
	if n := newPort(t, 3).Concurrency(); n != 3 {
		t.Fatalf("concurrency value %d, want 3", n)
	}
}

func TestStatesAreKnownHere(t *testing.T) { // or needStates would skip most of what is here
	if known, why := worker.Calibrate(); !known && (runtime.GOOS == "linux" || runtime.GOOS == "windows") {
		t.Fatalf("this package's tests need to read the state of goroutines: %s", why)
	}
	needStates(t)
}
