// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"runtime"
	"sync/atomic"

	"iocp/win32"
)

const wineHasNoLimit = "it ignores the concurrency value (W8:Q02)"

var _ = group(
	rule{id: "C01", run: lastInFirstOut, wine: "it releases the first waiter first (W8:Q01)"},
	rule{id: "C02", run: postToAWaiter},
	rule{id: "C03", run: limitHoldsPacketsBack, wine: wineHasNoLimit},
	rule{id: "C04", run: runningThreadGoesOn, wine: wineHasNoLimit},
	rule{id: "C05", run: blockedThreadFreesItsSlot, wine: wineHasNoLimit},
	rule{id: "C06", run: limitMayBeExceeded, wine: wineHasNoLimit},
	rule{id: "C07", run: threadExitFreesItsSlot, wine: wineHasNoLimit},
	rule{id: "C08", run: anotherPortFreesTheSlot, wine: wineHasNoLimit},
	rule{id: "C09", run: pollAtTheLimit, wine: wineHasNoLimit},
	rule{id: "C10", run: timedOutCountsAsRunning, wine: wineHasNoLimit},
	rule{id: "C11", run: postingDoesNotCount, wine: wineHasNoLimit},
	rule{id: "C12", run: batchCostsOneSlot, wine: wineHasNoLimit},
	rule{id: "C13", run: runningThreadBeforeWaiters, wine: wineHasNoLimit},
	rule{id: "C14", run: handedPacketIsNotStolen, wine: "a thread that comes may take it (a woken one looks again)"},
	rule{id: "C15", run: cannot("advice about the number of threads")},
	rule{id: "C16", run: cannot("goroutines cannot be suspended")},
	rule{id: "C17", run: packetsOfALeaverStay},
	rule{id: "C18", run: cannot("an APC cannot run in a wait that is not alertable, and one that is leaves the queue first")},
)

func lastInFirstOut(s *scene) {
	port := s.newPort(4)
	var waiting [4]*getting
	for i := range waiting {
		waiting[i] = s.getOn(s.newThread(), port, stepMS)
	}
	for i := range uintptr(4) {
		s.post(port, i)
		p := s.got(waiting[3-i])
		s.check(p.err == nil && p.key == i, "thread %d got key %d, %v; want %d", 3-i, p.key, p.err, i)
	}
}

func postToAWaiter(s *scene) {
	port := s.newPort(2)
	g := s.getOn(s.newThread(), port, stepMS)
	s.post(port, 1)
	s.got(g)
	s.post(port, 2) // nobody waits: it is queued
	s.expect(port, nil, 0, 2, 0)
}

// hold makes a new thread take a packet of the port and compute until release is called: it
// runs, and counts.
func (s *scene) hold(port win32.HANDLE) (th *thread, release func(then ...func())) {
	s.Helper()
	th = s.newThread()
	s.post(port, 0)
	s.must(s.got(s.getOn(th, port, stepMS)).err, "a packet to hold")
	return th, th.spin()
}

// spin makes the thread compute until stop is called. Then it does what stop is given, if anything,
// without having waited in between; stop returns at the end of that.
func (t *thread) spin() (stop func(then ...func())) {
	var next atomic.Pointer[[]func()]
	done := t.start(func() {
		for next.Load() == nil {
			runtime.Gosched()
		}
		for _, f := range *next.Load() {
			f()
		}
	})
	return func(then ...func()) {
		next.Store(&then)
		<-done
	}
}

func limitHoldsPacketsBack(s *scene) {
	port := s.newPort(1)
	_, release := s.hold(port)
	defer release()
	g := s.getOn(s.newThread(), port, quietMS*4)
	s.post(port, 1)
	s.code(s.got(g).err, win32.WAIT_TIMEOUT, "a thread beyond the limit, a packet queued")
	s.depth(port, 1)
}

// depth checks how many packets are queued.
func (s *scene) depth(port win32.HANDLE, want int32) {
	s.Helper()
	n, status := win32.NtQueryIoCompletion(port)
	s.nt(status)
	s.check(n == want, "%d packets are queued, want %d", n, want)
}

func runningThreadGoesOn(s *scene) {
	port := s.newPort(1)
	_, release := s.hold(port)
	g := s.getOn(s.newThread(), port, stepMS)
	s.post(port, 1)
	s.post(port, 2)
	var first, second packet
	waited := true
	release(func() { first = s.get(port, stepMS) }, func() { second = s.get(port, stepMS) }, func() { waited = g.isWaiting() })
	s.check(first.err == nil && first.key == 1, "the running thread got key %d, %v", first.key, first.err)
	s.check(second.err == nil && second.key == 2, "and then key %d, %v", second.key, second.err)
	s.check(waited, "the waiter was released: key %d", g.key)
	s.close(port)
}

func blockedThreadFreesItsSlot(s *scene) {
	port := s.newPort(1)
	th, release := s.hold(port)
	g := s.getOn(s.newThread(), port, stepMS)
	s.post(port, 1)
	s.check(g.isWaiting(), "the waiter was released beyond the limit")
	release()
	stop := s.blockInAWait(th)
	s.must(s.got(g).err, "the waiter, when the running thread blocked")
	stop()
}

// blockInAWait makes the thread wait for something that is no port.
func (s *scene) blockInAWait(th *thread) (stop func()) {
	over := make(chan struct{})
	done := th.start(func() { <-over })
	s.waits(th, done)
	return func() {
		close(over)
		s.await(done, "the end of the wait")
	}
}

func limitMayBeExceeded(s *scene) {
	port := s.newPort(1)
	first, release := s.hold(port)
	second := s.newThread()
	g := s.getOn(second, port, stepMS)
	s.post(port, 1)
	release()
	stop := s.blockInAWait(first)
	s.must(s.got(g).err, "the waiter")
	stop()
	keepFirst, keepSecond := first.spin(), second.spin() // both run: the limit is exceeded
	s.post(port, 2)
	keepSecond()
	g = s.getOn(second, port, quietMS*4)
	s.code(s.got(g).err, win32.WAIT_TIMEOUT, "one of two, while the other runs")
	keepFirst()
	s.must(s.got(s.getOn(first, port, stepMS)).err, "the other one")
}

func threadExitFreesItsSlot(s *scene) {
	port := s.newPort(1)
	th, release := s.hold(port)
	g := s.getOn(s.newThread(), port, stepMS)
	s.post(port, 1)
	s.check(g.isWaiting(), "the waiter was released beyond the limit")
	release()
	th.exit()
	s.must(s.got(g).err, "the waiter, when the running thread ended")
}

func anotherPortFreesTheSlot(s *scene) {
	port, other := s.newPort(1), s.newPort(1)
	th, release := s.hold(port)
	g := s.getOn(s.newThread(), port, stepMS)
	s.post(port, 1)
	release()
	th.do(func() { s.get(other, 0) })
	stop := th.spin()
	s.must(s.got(g).err, "the waiter, when the running thread asked another port")
	stop()
}

func pollAtTheLimit(s *scene) {
	port := s.newPort(1)
	_, release := s.hold(port)
	defer release()
	s.post(port, 1)
	s.code(s.get(port, 0).err, win32.WAIT_TIMEOUT, "a poll at the limit")
	s.depth(port, 1)
}

func timedOutCountsAsRunning(s *scene) {
	port := s.newPort(1)
	th := s.newThread()
	s.code(s.got(s.getOn(th, port, 1)).err, win32.WAIT_TIMEOUT, "an empty port")
	stop := th.spin()
	defer stop()
	s.post(port, 1)
	s.code(s.get(port, quietMS).err, win32.WAIT_TIMEOUT, "a packet, while the one that timed out runs")
}

func postingDoesNotCount(s *scene) {
	port := s.newPort(1)
	th := s.newThread()
	th.do(func() { s.post(port, 1) })
	stop := th.spin()
	defer stop()
	s.expect(port, nil, 0, 1, 0)
}

func batchCostsOneSlot(s *scene) {
	port := s.newPort(2)
	for key := range uintptr(4) {
		s.post(port, key)
	}
	th := s.newThread()
	var n uint32
	th.do(func() {
		entries := make([]win32.OVERLAPPED_ENTRY, 3)
		s.must(win32.GetQueuedCompletionStatusEx(port, entries, &n, 0, false), "a batch")
	})
	s.check(n == 3, "%d packets, want 3", n)
	stop := th.spin()
	defer stop()
	s.expect(port, nil, 0, 3, 0) // the second slot is free
}

func runningThreadBeforeWaiters(s *scene) {
	port := s.newPort(1)
	_, release := s.hold(port)
	g := s.getOn(s.newThread(), port, stepMS)
	var p packet
	waited := true
	release(func() { s.post(port, 5) }, func() { p = s.get(port, stepMS) }, func() { waited = g.isWaiting() })
	s.check(p.err == nil && p.key == 5, "the running thread got key %d, %v", p.key, p.err)
	s.check(waited, "the waiter got it")
	s.close(port)
}

func handedPacketIsNotStolen(s *scene) {
	port := s.newPort(2)
	th := s.newThread()
	for range 100 {
		g := s.getOn(th, port, stepMS)
		s.post(port, 1)
		s.code(s.get(port, 0).err, win32.WAIT_TIMEOUT, "who comes later")
		s.must(s.got(g).err, "who waited")
	}
}

func packetsOfALeaverStay(s *scene) {
	port := s.newPort(1)
	th := s.newThread()
	for key := range uintptr(3) {
		s.post(port, key)
	}
	s.got(s.getOn(th, port, stepMS))
	th.exit()
	s.expect(port, nil, 0, 1, 0)
	s.expect(port, nil, 0, 2, 0)
}
