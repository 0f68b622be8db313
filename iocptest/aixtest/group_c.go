// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aixtest

import (
	"bytes"
	"regexp"
	"runtime"
	"sync/atomic"
	"time"

	"iocp/aix"
)

// groupC: threads and the concurrency value, of which AIX has none.
var groupC = []rule{
	{id: "C02", run: alwaysDelivered},
	{id: "C03", run: noLimit},
	{id: "C09", run: pollAtTheLimit},
	{id: "C14", run: nothingStolen},
}

// awaitBlocked waits until n goroutines are parked in a port.
func (s *scene) awaitBlocked(n int) {
	s.Helper()
	s.awaitBlockedOr(n, func() bool { return false })
}

// awaitBlockedOr waits until n goroutines are parked in a port, or until over says that it has come too late for that.
func (s *scene) awaitBlockedOr(n int, over func() bool) {
	s.Helper()
	stacks := make([]byte, 1<<20)
	for start := time.Now(); time.Since(start) < stepLimit*time.Millisecond; runtime.Gosched() {
		if blocked(stacks) >= n || over() {
			return
		}
	}
	s.Errorf("%d calls do not wait", n) // any goroutine may get here
}

// blocked is the number of goroutines that are parked in a port. The stacks go into buf.
func blocked(buf []byte) (n int) {
	for _, g := range bytes.Split(buf[:runtime.Stack(buf, true)], []byte("\n\n")) {
		if parked.Match(g) {
			n++
		}
	}
	return n
}

// parked matches the stack of a goroutine that waits for a packet: on its channel, or for the
// engine.
var parked = regexp.MustCompile(`(?s)^goroutine \d+ \[(chan receive\]:\niocp/internal/queue|IO wait\]:.*\.Watch\().*CompletionStatus\(`)

// waitersAllRun checks that many waiters are given packets and run at the same time: they spin
// until all of them have one.
func waitersAllRun(s *scene, p aix.HANDLE) {
	s.Helper()
	n := int64(4*runtime.NumCPU() + 1)
	var running atomic.Int64
	done := make(chan bool, n)
	for range n {
		go func() {
			k := s.get(p, stepLimit)
			running.Add(1)
			start := time.Now()
			for running.Load() < n && time.Since(start) < stepLimit*time.Millisecond {
				runtime.Gosched()
			}
			done <- k.err == nil && running.Load() == n
		}()
	}
	for range n {
		s.post(p, 1, 0, nil)
	}
	for range n {
		if !<-done {
			s.Fatalf("%d of %d waiters run", running.Load(), n)
		}
	}
}

// C02
func alwaysDelivered(s *scene) {
	p := s.port()
	for range 3 {
		waitersAllRun(s, p)
	}
}

// C03: running workers as many as processors keep no packet from the others.
func noLimit(s *scene) {
	p, err := aix.CreateIoCompletionPort(aix.INVALID_HANDLE_VALUE, aix.NULL, 0, 1)
	s.must(err, "CreateIoCompletionPort")
	s.own(p)
	waitersAllRun(s, p)
}

// C09: a poll finds a queued packet, however many run.
func pollAtTheLimit(s *scene) {
	p := s.port()
	n := int64(2 * runtime.NumCPU())
	var running, stop atomic.Int64
	ended := make(chan struct{})
	for range n {
		s.post(p, 0, 0, nil)
		go func() {
			s.get(p, stepLimit)
			running.Add(1)
			for stop.Load() == 0 {
				runtime.Gosched()
			}
			ended <- struct{}{}
		}()
	}
	for running.Load() < n { // each get ends, with a packet or without
		runtime.Gosched()
	}
	s.post(p, 9, 0, nil)
	k := s.get(p, 0)
	s.check(k == packet{count: 9}, "the poll took %+v", k)
	stop.Store(1)
	for range n {
		<-ended
	}
}

// C14: a packet that was handed to a waiter is not for a poll that comes later.
func nothingStolen(s *scene) {
	p := s.port()
	for range 100 {
		got := make(chan packet)
		go func() { got <- s.get(p, stepLimit) }()
		s.awaitBlocked(1)
		s.post(p, 1, 0, nil)
		s.check(s.get(p, 0).err != nil, "the poll stole the packet")
		s.check(<-got == packet{count: 1}, "the waiter did not get the packet")
	}
}
