// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import "iocp/win32"

var _ = group(
	rule{id: "B24", run: onlyTheLastCloseAbandons, wine: "a waiter fails when the handle it came with is closed (W8:G11)"},
	rule{id: "B25", run: closeLeavesWhatWasPosted, wine: "the waiter may get 6 instead of the packet"},
	rule{id: "B26", part: "queued", run: portIsSetWhilePacketsAreQueued},
	rule{id: "B26", part: "all waiters", run: portWakesAllWaiters, wine: "one wakes, the others do not"},
	rule{id: "B26", part: "handed over", run: handedPacketDoesNotSetThePort, wine: "the packet may be seen before the waiter takes it"},
	rule{id: "B26", part: "closed", run: lastCloseSetsThePort, wine: "it knows nothing of the close"},
)

func onlyTheLastCloseAbandons(s *scene) {
	port := s.newPort(1)
	d := s.duplicate(port, 0, win32.DUPLICATE_SAME_ACCESS)
	g := s.getOn(s.newThread(), port, stepMS)
	s.close(port)
	s.check(g.isWaiting(), "the close of one of two handles ended the wait: %v", g.err)
	s.post(d, 5)
	p := s.got(g)
	s.check(p.err == nil && p.key == 5, "packet %+v", p)
	g = s.getOn(g.thread, d, stepMS)
	s.close(d)
	s.code(s.got(g).err, win32.ERROR_ABANDONED_WAIT_0, "the last close")
}

func closeLeavesWhatWasPosted(s *scene) {
	th := s.newThread()
	for key := range uintptr(100) {
		port := s.newPort(1)
		g := s.getOn(th, port, stepMS)
		s.post(port, key)
		s.close(port)
		p := s.got(g)
		s.check(p.err == nil && p.key == key, "packet %+v, want key %d", p, key)
	}
}

// waiting waits on the object on a thread of its own.
func (s *scene) waiting(h win32.HANDLE, result *uint32) <-chan struct{} {
	s.Helper()
	th := s.newThread()
	done := th.start(func() { *result, _ = win32.WaitForSingleObject(h, stepMS) })
	s.waits(th, done)
	return done
}

func portIsSetWhilePacketsAreQueued(s *scene) {
	port := s.newPort(1)
	s.isSet(port, false, "an empty port")
	s.post(port, 1)
	s.isSet(port, true, "the port")
	s.isSet(port, true, "the port after a wait")
	s.expect(port, nil, 0, 1, 0)
	s.isSet(port, false, "the port after the packet was taken")
}

func portWakesAllWaiters(s *scene) {
	port := s.newPort(1)
	results := [2]uint32{77, 77}
	first, second := s.waiting(port, &results[0]), s.waiting(port, &results[1])
	s.post(port, 1)
	s.await(first, "the first wait")
	s.await(second, "the second wait")
	s.check(results == [2]uint32{win32.WAIT_OBJECT_0, win32.WAIT_OBJECT_0}, "the waits returned %v", results)
	s.expect(port, nil, 0, 1, 0)
}

func handedPacketDoesNotSetThePort(s *scene) {
	port := s.newPort(1)
	g := s.getOn(s.newThread(), port, stepMS)
	result := uint32(77)
	done := s.waiting(port, &result)
	s.post(port, 1)
	s.check(s.got(g).key == 1, "the wrong packet")
	s.isSet(port, false, "the port")
	select {
	case <-done:
		s.Fatalf("the wait for the port returned %#x", result)
	default:
	}
	s.post(port, 2)
	s.await(done, "the wait")
	s.check(result == win32.WAIT_OBJECT_0, "the wait returned %#x", result)
}

func lastCloseSetsThePort(s *scene) {
	port := s.newPort(1)
	d := s.duplicate(port, 0, win32.DUPLICATE_SAME_ACCESS)
	result := uint32(77)
	done := s.waiting(port, &result)
	s.close(port)
	s.isSet(d, false, "the port with a handle left")
	s.close(d)
	s.await(done, "the wait")
	s.check(result == win32.WAIT_OBJECT_0, "the wait returned %#x", result)
}
