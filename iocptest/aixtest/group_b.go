// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aixtest

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp/aix"
)

// groupB: GetQueuedCompletionStatus.
var groupB = []rule{
	{id: "B01", run: successfulPacket},
	{id: "B02", run: noPacket},
	{id: "B03", run: failedPacket},
	{id: "B04", run: portClosedUnderWaiters},
	{id: "B06", run: poll},
	{id: "B07", run: finiteTimeout},
	{id: "B09", run: infinite},
	{id: "B10", run: longTimeouts},
	{id: "B11", run: outputsAfterTimeout},
	{id: "B12", run: getFromBadPort},
	{id: "B13", run: getFromNoPort},
	{id: "B14", run: packetWithoutOverlapped},
	{id: "B15", run: firstInFirstOut},
	{id: "B16", run: onePacketOneWaiter},
	{id: "B17", run: betweenThreads},
	{id: "B18", run: noOutputs},
	{id: "B19", run: notInterrupted},
	{id: "B20", run: nobodyThere}, // errno is passed through
	{id: "B22", run: countIsDWORD},
	{id: "B23", run: duplicateOfAPort},
	{id: "B25", run: postThenClose},
}

// B01
func successfulPacket(s *scene) {
	p, a, b := s.served(3)
	var ov aix.OVERLAPPED
	var n uint32
	buf := make([]byte, 8)
	s.pends(aix.ReadFile(a, buf, &n, &ov))
	s.write(b, "hello")
	s.expect(p, 5, 3, &ov, 0)
	s.check(string(buf[:5]) == "hello", "the buffer has %q", buf[:5])
}

// B02
func noPacket(s *scene) {
	p := s.port()
	k := s.get(p, 0)
	s.fails(k.err, syscall.ETIMEDOUT, "GetQueuedCompletionStatus")
	s.check(k.ov == nil, "no packet, but an OVERLAPPED")
}

// B03: errno is that of the request, and the outputs are there.
func failedPacket(s *scene) {
	p, a, _ := s.served(4)
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, &ov))
	s.close(a)
	s.expect(p, 0, 4, &ov, syscall.ENOTCONN)
}

// B04: every waiter of both functions ends, and so does who comes later.
func portClosedUnderWaiters(s *scene) {
	p := s.port()
	ends := make(chan error, 4)
	for i := range cap(ends) {
		go func() {
			if i%2 == 0 {
				ends <- s.get(p, aix.INFINITE).err
				return
			}
			n, err := aix.GetMultipleCompletionStatus(p, 1, 1, aix.INFINITE, make([]aix.Gmcs, 1))
			if n != -1 {
				err = fmt.Errorf("GetMultipleCompletionStatus returned %d", n)
			}
			ends <- err
		}()
	}
	s.awaitBlocked(cap(ends))
	s.close(p)
	for range cap(ends) {
		s.fails(<-ends, syscall.EINVAL, "the waiter")
	}
	s.fails(s.get(p, 0).err, syscall.EINVAL, "a call after the close")
}

// B06
func poll(s *scene) {
	p := s.port()
	start := time.Now()
	s.fails(s.get(p, 0).err, syscall.ETIMEDOUT, "a poll")
	s.check(time.Since(start) < time.Second, "a poll took %v", time.Since(start))
	s.post(p, 1, 2, nil)
	if k := s.get(p, 0); k != (packet{count: 1, key: 2}) {
		s.Errorf("a poll took %+v", k)
	}
}

// B07: never early.
func finiteTimeout(s *scene) {
	p := s.port()
	for _, ms := range []uint32{1, 10, 50} {
		start := time.Now()
		s.fails(s.get(p, ms).err, syscall.ETIMEDOUT, "GetQueuedCompletionStatus")
		took := time.Since(start)
		s.check(took >= time.Duration(ms)*time.Millisecond, "%d ms were over after %v", ms, took)
	}
}

// B09
func infinite(s *scene) {
	s.check(aix.INFINITE == 1<<32-1, "INFINITE is %d", aix.INFINITE)
	p := s.port()
	got := make(chan packet)
	go func() { got <- s.get(p, aix.INFINITE) }()
	select {
	case k := <-got:
		s.Fatalf("INFINITE ended with %+v", k)
	case <-time.After(quiet * time.Millisecond):
	}
	s.post(p, 1, 0, nil)
	s.check(<-got == packet{count: 1}, "the waiter got something else")
}

// B10, M03: nothing below INFINITE is a poll or for ever.
func longTimeouts(s *scene) {
	for _, ms := range []uint32{1<<31 - 1, 1 << 31, 1<<32 - 2} {
		p := s.port()
		got := make(chan packet)
		go func() { got <- s.get(p, ms) }()
		select {
		case k := <-got:
			s.Fatalf("%d ms ended with %+v", ms, k)
		case <-time.After(quiet * time.Millisecond):
		}
		s.post(p, 1, 0, nil)
		s.check(<-got == packet{count: 1}, "the waiter got something else")
	}
}

// B11
func outputsAfterTimeout(s *scene) {
	count, key, ov := uint32(11), uint32(22), new(aix.OVERLAPPED)
	for _, h := range []aix.HANDLE{s.port(), 1 << 20} {
		aix.GetQueuedCompletionStatus(h, &count, &key, &ov, 0)
		s.check(count == 11 && key == 22, "the outputs were touched: %d, %d", count, key)
		s.check(ov == nil, "the OVERLAPPED is not nil")
		ov = new(aix.OVERLAPPED)
	}
}

// B12
func getFromBadPort(s *scene) {
	closed := s.port()
	s.close(closed)
	for _, h := range []aix.HANDLE{aix.NULL, closed, -1, -2, 1 << 20, 1<<31 - 1, -1 << 31} {
		s.fails(s.get(h, aix.INFINITE).err, syscall.EINVAL, "GetQueuedCompletionStatus")
	}
}

// B13
func getFromNoPort(s *scene) {
	_, a, b := s.served(1)
	for _, h := range []aix.HANDLE{a, b, s.file(""), 1} {
		s.fails(s.get(h, aix.INFINITE).err, syscall.EINVAL, "GetQueuedCompletionStatus")
	}
}

// B14
func packetWithoutOverlapped(s *scene) {
	p := s.port()
	s.post(p, 0, 0, nil)
	s.expect(p, 0, 0, nil, 0)
}

// B15
func firstInFirstOut(s *scene) {
	p := s.port()
	for i := range uint32(1000) {
		s.post(p, i, ^i, nil)
	}
	for i := range uint32(1000) {
		s.expect(p, i, ^i, nil, 0)
	}
}

// B16. On a busy machine the time may be up for waiters before the packet comes. If none of them has taken it
// then, they are given more.
func onePacketOneWaiter(s *scene) {
	p := s.port()
	const n = 10
	for d := uint32(200); ; d *= 2 {
		got := make(chan packet, n)
		began := time.Now()
		for range n {
			go func() { got <- s.get(p, d) }()
		}
		s.awaitBlockedOr(n, func() bool { return len(got) > 0 })
		s.post(p, 1, 0, nil)
		late := time.Since(began) >= time.Duration(d)*time.Millisecond
		taken := 0
		for range n {
			if k := <-got; k.err == nil {
				s.check(k == packet{count: 1}, "a waiter took %+v", k)
				taken++
			} else {
				s.fails(k.err, syscall.ETIMEDOUT, "a waiter")
			}
		}
		if taken == 1 {
			return
		}
		s.check(taken == 0 && late && d < stepLimit, "%d waiters of %d ms took one packet", taken, d)
		s.expect(p, 1, 0, nil, 0)
	}
}

// B18: and the packet stays.
func noOutputs(s *scene) {
	p := s.port()
	s.post(p, 1, 2, nil)
	var n, key uint32
	var ov *aix.OVERLAPPED
	s.fails(aix.GetQueuedCompletionStatus(p, nil, &key, &ov, 0), syscall.EINVAL, "no count")
	s.fails(aix.GetQueuedCompletionStatus(p, &n, nil, &ov, 0), syscall.EINVAL, "no key")
	s.fails(aix.GetQueuedCompletionStatus(p, &n, &key, nil, 0), syscall.EINVAL, "no overlapped")
	s.expect(p, 1, 2, nil, 0)
}

// B19: a signal does not interrupt the wait, so there is no EAGAIN.
func notInterrupted(s *scene) {
	p := s.port()
	got := make(chan packet)
	go func() { got <- s.get(p, aix.INFINITE) }()
	s.awaitBlocked(1)
	for range 100 {
		s.must(syscall.Kill(syscall.Getpid(), syscall.SIGURG), "kill(2)") // what the runtime uses and ignores
	}
	s.post(p, 1, 0, nil)
	s.check(<-got == packet{count: 1}, "the waiter was interrupted")
}

// B22
func countIsDWORD(s *scene) {
	p := s.port()
	s.post(p, 1<<32-1, 0, nil)
	s.expect(p, 1<<32-1, 0, nil, 0)
}

// B23: the duplicate of a port's descriptor is none.
func duplicateOfAPort(s *scene) {
	p := s.port()
	d, err := unix.FcntlInt(uintptr(p), unix.F_DUPFD_CLOEXEC, 0)
	s.must(err, "dup")
	dup := s.own(aix.HANDLE(d))
	s.fails(s.get(dup, 0).err, syscall.EINVAL, "GetQueuedCompletionStatus")
	s.fails(aix.PostQueuedCompletionStatus(dup, 0, 0, nil), syscall.EINVAL, "PostQueuedCompletionStatus")
	s.refuses(s.file(""), dup, syscall.EBADF)
}

// B25: a packet that a waiter was given is not lost.
func postThenClose(s *scene) {
	for range 100 {
		p := s.port()
		got := make(chan packet)
		go func() { got <- s.get(p, aix.INFINITE) }()
		s.awaitBlocked(1)
		s.post(p, 1, 0, nil)
		s.close(p)
		s.check(<-got == packet{count: 1}, "the packet is lost")
	}
}
