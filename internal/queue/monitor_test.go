// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"iter"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/worker"
)

// A worker is running, packets are queued and another waits: if nobody posts and nobody gets,
// only the monitor can notice that the worker does not run any more.
func testRelease(t *testing.T, obstruct func(a *actor), remove func()) {
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 1, 2)
	as[0].take(t, p)
	g := as[1].park(t, p)
	obstruct(as[0])
	if k := g.one(t); k != 2 {
		t.Fatalf("got packet %d", k)
	}
	if s := p.Snapshot(); s.Running != 1 || s.Queued != 0 {
		t.Fatalf("%d workers run and %d packets are queued, want 1 and 0", s.Running, s.Queued)
	}
	remove()
}

func TestMonitorReleasesForAWorkerOnAChannel(t *testing.T) { // C05
	quit := make(chan struct{})
	testRelease(t, func(a *actor) { a.start(func() { <-quit }) }, func() { close(quit) })
}

func TestMonitorReleasesForAWorkerOnAMutex(t *testing.T) { // C05
	var mu sync.Mutex
	mu.Lock()
	testRelease(t, func(a *actor) { a.start(func() { mu.Lock(); defer mu.Unlock() }) }, mu.Unlock)
}

func TestMonitorReleasesForAWorkerInSleep(t *testing.T) { // C05
	var awake atomic.Bool
	testRelease(t, func(a *actor) {
		a.start(func() {
			for !awake.Load() {
				time.Sleep(10 * time.Millisecond)
			}
		})
	}, func() { awake.Store(true) })
}

func TestMonitorReleasesForAWorkerInTheNetworkPoller(t *testing.T) { // C05
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	testRelease(t, func(a *actor) { a.start(func() { r.Read(make([]byte, 1)) }) }, func() { w.Close() })
}

func TestMonitorReleasesForAWorkerThatEnds(t *testing.T) { // C07
	testRelease(t, func(a *actor) { a.start(func() { a.quit = true }) }, func() {})
}

func TestMonitorSparesAWorkerThatComputes(t *testing.T) { // C03
	needStates(t)
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 1, 2)
	as[0].take(t, p)
	g := as[1].park(t, p)
	looks := p.Snapshot().Looks
	until(t, "the monitor has looked ten times", func() bool { return p.Snapshot().Looks > looks+10 })
	if g.over.Load() {
		t.Fatal("a second worker was released although the first one computes")
	}
}

func TestMonitorReleasesWhileOthersMakeProgress(t *testing.T) { // C05
	p, as := newPortAnd(t, 2, 3)
	post(t, p, 1, 2, 3, 4)
	as[0].take(t, p)
	as[1].take(t, p)
	p.mu.Lock()
	p.onMonitor = true // its looks are made below, each after a Get
	p.mu.Unlock()
	g := as[2].park(t, p)
	as[0].block(t)
	if k := as[1].take(t, p); k != 3 {
		t.Fatalf("got packet %d", k)
	}
	if l := p.check(); l.keep || !l.acted {
		t.Errorf("check: %+v, want to act, and not to keep the port", l)
	}
	if k := g.one(t); k != 4 {
		t.Fatalf("got packet %d", k)
	}
}

func TestMonitorEndsWhenNothingIsAtRisk(t *testing.T) {
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 1, 2)
	as[0].take(t, p)
	g := as[1].park(t, p)
	if !monitorRuns() {
		t.Fatal("packets queued and a worker waiting at the limit, and no monitor")
	}
	as[0].do(t, p.Leave)
	g.one(t)
	until(t, "the monitor ends", func() bool { return !monitorRuns() && monitorGoroutines() == 0 })
	as[0].park(t, p)
	if monitorRuns() {
		t.Fatal("the monitor runs although nothing is queued")
	}
}

func TestMonitorEndsWhenTheOnlyRunningWorkerIsBlocked(t *testing.T) {
	p, s, as := newSourceAnd(t, 4, 2)
	s.startOps(1)
	as[0].get(NoContext, p, 1, 0).fails(t, ErrTimeout) // a goroutine that looked once
	as[0].block(t)                                     // and waits elsewhere for the rest of the program
	as[1].get(NoContext, p, 1, -1)
	s.awaitWatch(t, as[1])
	until(t, "the monitor ends", func() bool { return !monitorRuns() && monitorGoroutines() == 0 })
}

func monitorRuns() bool {
	monitor.Lock()
	defer monitor.Unlock()
	return monitor.running
}

func monitorGoroutines() int {
	buf := make([]byte, 1<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), "queue.monitorLoop")
}

func TestMonitorSubmitsWhatAComputingWorkerLeft(t *testing.T) {
	p, s, as := newSourceAnd(t, 2, 2)
	other := as[1].park(t, p)
	other2 := as[0].get(NoContext, p, 8, 0)
	until(t, "a poll", other2.over.Load)
	for k := range 8 {
		post(t, p, k)
	}
	other.one(t)
	g := as[0].get(NoContext, p, 8, -1)
	until(t, "a batch", g.over.Load)
	enters := s.enters.Load()
	as[0].do(t, func() {
		p.Lock()
		s.queue(3)
		p.SubmitBy(worker.Self())
		if s.enters.Load() != enters {
			t.Error("a worker with a batch submitted at once")
		}
	})
	until(t, "the monitor submits", func() bool { return s.unsubmitted() == 0 })
	if n := p.Snapshot().Flushes; n == 0 {
		t.Fatal("the requests were submitted by somebody else")
	}
}

func TestFlushSubmitsAtOnce(t *testing.T) {
	p, s, _ := newSourceAnd(t, 2, 0)
	p.Lock()
	s.queue(3)
	p.mu.Unlock()
	p.Flush()
	if n := s.unsubmitted(); n != 0 {
		t.Fatalf("%d requests not submitted", n)
	}
}

func TestHeldOperationsGoOnWithoutWorkers(t *testing.T) {
	p, s, _ := newSourceAnd(t, 2, 0)
	s.held.Store(1)
	s.startOps(1)
	s.complete(stepDone)
	until(t, "the next step is submitted", func() bool { return s.queued.Load() == 2 && s.unsubmitted() == 0 })
	s.held.Store(0)
	s.complete(5)
	until(t, "the packet is queued", func() bool { return p.Len() == 1 })
}

func TestMonitorNudgesForAComputingWorker(t *testing.T) {
	p, s, as := newSourceAnd(t, 2, 2)
	s.startOps(1)
	as[0].get(NoContext, p, 1, 0).fails(t, ErrTimeout) // computes
	g := as[1].get(NoContext, p, 1, -1)
	as[1].awaitParked(t, p)
	s.deferred.Store(1)
	if k := g.one(t); k != 1001 {
		t.Fatalf("got packet %d", k)
	}
}

func TestMonitorFindsCompletionsThatNobodyWatches(t *testing.T) {
	p, s, as := newSourceAnd(t, 2, 2)
	s.startOps(2)
	g := as[0].get(NoContext, p, 1, -1)
	s.awaitWatch(t, as[0])
	other := as[1].park(t, p)
	post(t, p, 1)
	other.one(t) // the newer one computes; the other watches on
	post(t, p, 2)
	g.one(t) // and now both compute
	as[1].exit(t)
	third := newActor(t)
	h := third.get(NoContext, p, 1, -1)
	s.complete(3)
	if k := h.one(t); k != 3 {
		t.Fatalf("got packet %d", k)
	}
	third.exit(t)
}

func TestSysWaitCountsAsBlockedOnlyAfterAWhile(t *testing.T) {
	p, as := newPortAnd(t, 1, 2)
	post(t, p, 1, 2)
	as[0].take(t, p)
	g := as[1].park(t, p)
	start := time.Now()
	as[0].start(func() { // a coroutine's wait reason is none of those learned
		next, stop := iter.Pull(func(func(int) bool) { <-as[0].gate })
		defer stop()
		next()
	})
	until(t, "the worker waits", func() bool { return as[0].id.State() != worker.Active })
	if s := as[0].id.State(); s != worker.SysWait {
		t.Skipf("a goroutine that waits for a coroutine reads %v here", s)
	}
	g.one(t)
	if took := time.Since(start); took < sysWaitAfter {
		t.Fatalf("released after %v, want at least %v", took, sysWaitAfter)
	}
}
