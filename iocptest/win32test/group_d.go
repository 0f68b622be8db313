// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"sync"

	"iocp/win32"
)

var _ = group(
	rule{id: "D01", run: valuesComeBackVerbatim},
	rule{id: "D02", run: postedOverlappedIsNotTouched},
	rule{id: "D03", run: postedPacketIsASuccess},
	rule{id: "D04", run: postToNoPort},
	rule{id: "D05", run: postToABadPort},
	rule{id: "D06", run: postWithoutTheRight},
	rule{id: "D07", run: postWakesTheLast, wine: "it releases the first waiter first (W8:Q01)"},
	rule{id: "D08", part: "posts", run: firstInFirstOut},
	rule{id: "D09", run: noLimitButMemory},
	rule{id: "D10", run: threadsTalkThroughThePort},
	rule{id: "D11", run: depthCanBeRead},
	rule{id: "D12", run: packetOfAFailure},
	rule{id: "D13", run: postAfterTheLastClose},
)

func valuesComeBackVerbatim(s *scene) {
	port, ov := s.newPort(1), new(win32.OVERLAPPED)
	for _, bytes := range []uint32{0, 1, 1 << 31, 0xFFFFFFFF} {
		for _, key := range []uintptr{0, 1, 1 << 31, 0xFFFFFFFF, ^uintptr(0)} {
			for _, o := range []*win32.OVERLAPPED{nil, ov} {
				s.must(win32.PostQueuedCompletionStatus(port, bytes, key, o), "posting")
				s.expect(port, o, bytes, key, 0)
			}
		}
	}
}

func postedOverlappedIsNotTouched(s *scene) {
	port := s.newPort(1)
	ov := &win32.OVERLAPPED{Internal: 1, InternalHigh: 2, Offset: 3, OffsetHigh: 4, HEvent: 5}
	was := *ov
	s.must(win32.PostQueuedCompletionStatus(port, 9, 9, ov), "posting")
	s.expect(port, ov, 9, 9, 0)
	s.check(*ov == was, "the OVERLAPPED is %+v, was %+v", *ov, was)
}

func postedPacketIsASuccess(s *scene) {
	port := s.newPort(1)
	s.post(port, 1)
	s.must(s.get(port, stepMS).err, "a posted packet")
}

func postToNoPort(s *scene) {
	s.code(win32.PostQueuedCompletionStatus(0, 1, 1, nil), win32.ERROR_INVALID_HANDLE, "posting to 0")
}

func postToABadPort(s *scene) {
	for _, h := range append(s.badHandles(), s.newEvent()) {
		s.code(win32.PostQueuedCompletionStatus(h, 1, 1, nil), win32.ERROR_INVALID_HANDLE, "posting to a bad port")
	}
}

func postWithoutTheRight(s *scene) {
	d := s.duplicate(s.newPort(1), win32.IO_COMPLETION_QUERY_STATE, 0)
	s.code(win32.PostQueuedCompletionStatus(d, 1, 1, nil), win32.ERROR_ACCESS_DENIED, "posting through a handle that may only look")
}

func postWakesTheLast(s *scene) {
	port := s.newPort(2)
	first := s.getOn(s.newThread(), port, stepMS)
	last := s.getOn(s.newThread(), port, stepMS)
	s.post(port, 1)
	s.must(s.got(last).err, "the last waiter")
	s.check(first.isWaiting(), "the first waiter was woken too")
	s.close(port)
}

func noLimitButMemory(s *scene) {
	port := s.newPort(1)
	const n = 30000
	for key := range uintptr(n) {
		s.post(port, key)
	}
	s.depth(port, n)
	for key := range uintptr(n) {
		s.expect(port, nil, 0, key, 0)
	}
}

func threadsTalkThroughThePort(s *scene) {
	requests, answers := s.newPort(2), s.newPort(2)
	s.newThread().start(func() {
		for p := s.get(requests, stepMS); p.err == nil; p = s.get(requests, stepMS) {
			s.post(answers, p.key*2)
		}
	})
	for key := range uintptr(100) {
		s.post(requests, key)
		s.expect(answers, nil, 0, key*2, 0)
	}
	s.close(requests)
}

func depthCanBeRead(s *scene) {
	port := s.newPort(1)
	for key := range uintptr(5) {
		s.post(port, key)
	}
	s.depth(port, 5)
	s.get(port, 0)
	s.depth(port, 4)
	_, status := win32.NtQueryIoCompletion(0)
	s.check(status == win32.STATUS_INVALID_HANDLE, "the depth of no port: %#x", uint32(status))
}

func postAfterTheLastClose(s *scene) {
	port := s.newPort(1)
	s.close(port)
	s.code(win32.PostQueuedCompletionStatus(port, 1, 1, nil), win32.ERROR_INVALID_HANDLE, "posting to a closed port")
	var wg sync.WaitGroup
	for range 50 { // and against a close at the same time nothing else may happen
		h, err := win32.CreateIoCompletionPort(win32.INVALID_HANDLE_VALUE, 0, 0, 0)
		s.must(err, "creating a port")
		wg.Go(func() { win32.CloseHandle(h) })
		if err := win32.PostQueuedCompletionStatus(h, 1, 1, nil); err != nil {
			s.code(err, win32.ERROR_INVALID_HANDLE, "posting to a port that is being closed")
		}
	}
	wg.Wait()
}
