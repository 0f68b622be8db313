// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"runtime"
	"sync/atomic"
	"testing"
)

// stepDone is a completion that makes no packet: it ended a step, and the next one is queued.
const stepDone = -1

// opDone is a completion that makes no packet and ends an operation that wants none.
const opDone = -2

// A fakeSource is a source whose kernel is the test. It keeps watch on how the port calls it:
// the methods that are to be called with the port's lock find it taken, and nobody is in
// Enter or Watch twice.
type fakeSource struct {
	t testing.TB
	p *Port[int]

	queued, submitted atomic.Int64
	inFlight          atomic.Int64
	held              atomic.Int64
	deferred          atomic.Int64 // completions that only Enter(true) or Nudge brings
	enters, nudges    atomic.Int64

	ring struct { // completions, in what would be memory shared with the kernel
		Lock
		done []int
	}
	enter atomic.Pointer[func(n int, events bool) (int, error)] // nil: take everything

	inEnter, inWatch atomic.Int32
	overflowed       atomic.Bool   // what is deferred counts as ready
	woken            bool          // by Wake, until Rearm; locked
	wake, ready      chan struct{} // capacity 1

	gone atomic.Bool // after DropSource nobody may call
}

func newSource(t testing.TB, p *Port[int]) *fakeSource {
	s := &fakeSource{t: t, p: p, wake: make(chan struct{}, 1), ready: make(chan struct{}, 1)}
	p.SetSource(s)
	return s
}

func (s *fakeSource) locked(method string) {
	if s.p.mu.v.Load() == 0 {
		s.t.Errorf("%s was called without the port's lock", method)
	}
	s.alive(method)
}

func (s *fakeSource) alive(method string) {
	if s.gone.Load() {
		s.t.Errorf("%s was called after DropSource", method)
	}
}

func (s *fakeSource) Pending() int {
	s.locked("Pending")
	return int(s.queued.Load() - s.submitted.Load())
}

func (s *fakeSource) InFlight() int {
	s.locked("InFlight")
	return int(s.inFlight.Load())
}

func (s *fakeSource) Ready() int {
	s.locked("Ready")
	s.ring.Lock.Lock()
	defer s.ring.Unlock()
	if len(s.ring.done) == 0 && s.overflowed.Load() && s.deferred.Load() > 0 {
		return 1 // as engine.Engine says
	}
	return len(s.ring.done)
}

func (s *fakeSource) Work() bool {
	s.locked("Work")
	return s.deferred.Load() > 0
}

func (s *fakeSource) Started() int { return s.InFlight() }

func (s *fakeSource) Held() int {
	s.locked("Held")
	return int(s.held.Load())
}

func (s *fakeSource) Publish() int { return s.Pending() }

// Reap gives one packet for every completion but stepDone, which queues another request.
func (s *fakeSource) Reap(buf []int) int {
	s.locked("Reap")
	s.ring.Lock.Lock()
	defer s.ring.Unlock()
	n, used := 0, 0
	for _, k := range s.ring.done {
		if n == len(buf) {
			break
		}
		used++
		if k == stepDone {
			s.queued.Add(1)
			continue
		}
		if k == opDone {
			s.inFlight.Add(-1)
			continue
		}
		buf[n] = k
		n++
		s.inFlight.Add(-1)
	}
	s.ring.done = append(s.ring.done[:0], s.ring.done[used:]...)
	return n
}

func (s *fakeSource) Enter(n int, events bool) (int, error) {
	s.alive("Enter")
	if s.inEnter.Add(1) != 1 {
		s.t.Error("two goroutines were in Enter")
	}
	defer s.inEnter.Add(-1)
	s.enters.Add(1)
	var err error
	if f := s.enter.Load(); f != nil {
		n, err = (*f)(n, events)
	}
	s.submitted.Add(int64(n))
	if events {
		s.flushDeferred()
	}
	return n, err
}

func (s *fakeSource) flushDeferred() {
	for n := s.deferred.Swap(0); n > 0; n-- {
		s.complete(int(1000 + n))
	}
}

// Watch parks on channels, as an engine would in the network poller.
func (s *fakeSource) Watch() {
	s.alive("Watch")
	if s.inWatch.Add(1) != 1 {
		s.t.Error("two goroutines were in Watch")
	}
	defer s.inWatch.Add(-1)
	select {
	case <-s.ready:
	case <-s.wake:
	}
}

func (s *fakeSource) Wake() {
	s.locked("Wake")
	if s.woken {
		s.t.Error("Wake was called twice without Rearm")
	}
	s.woken = true
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *fakeSource) Rearm() {
	s.locked("Rearm")
	s.woken = false
	select {
	case <-s.wake:
	default:
	}
}

func (s *fakeSource) Nudge() {
	s.alive("Nudge")
	s.nudges.Add(1)
	s.flushDeferred()
}

// complete makes completions appear, from anywhere, without the port's lock.
func (s *fakeSource) complete(packets ...int) {
	s.ring.Lock.Lock()
	s.ring.done = append(s.ring.done, packets...)
	s.ring.Unlock()
	s.tickle()
}

// tickle ends the current or the next Watch, as any event of the kernel may.
func (s *fakeSource) tickle() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// queue adds n operations, with the port's lock held.
func (s *fakeSource) queue(n int) {
	s.queued.Add(int64(n))
	s.inFlight.Add(int64(n))
}

// startOps starts n operations as somebody who is no worker of the port.
func (s *fakeSource) startOps(n int) {
	s.p.Lock()
	s.queue(n)
	s.p.Submit()
}

// setEnter replaces what Enter answers.
func (s *fakeSource) setEnter(f func(n int, events bool) (int, error)) {
	if f == nil {
		s.enter.Store(nil)
		return
	}
	s.enter.Store(&f)
}

// unsubmitted is Pending for the test.
func (s *fakeSource) unsubmitted() int64 { return s.queued.Load() - s.submitted.Load() }

// awaitWatch waits until a is parked in Watch.
func (s *fakeSource) awaitWatch(t testing.TB, a *actor) {
	t.Helper()
	until(t, "an actor watches the source", func() bool {
		return a.watches(s.p) && s.inWatch.Load() == 1
	})
}

// newSourceAnd is newPortAnd with a source.
func newSourceAnd(t testing.TB, limit, n int) (*Port[int], *fakeSource, []*actor) {
	t.Helper()
	p, all := newPortAnd(t, limit, n)
	return p, newSource(t, p), all
}

// setHold sets how long workers are believed to stay outside Get.
func (p *Port[P]) setHold(ns int64) {
	p.mu.Lock()
	p.hold = ns
	p.mu.Unlock()
}

// stable reports that cond holds during many rounds of the scheduler and of the monitor.
func stable(cond func() bool) bool {
	for start := nanotime(); nanotime()-start < 3*int64(maxTick); runtime.Gosched() {
		if !cond() {
			return false
		}
	}
	return true
}
