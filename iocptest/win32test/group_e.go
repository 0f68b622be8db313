// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import "iocp/win32"

var _ = group(
	rule{id: "E01", run: batchIsFIFO},
	rule{id: "E02", run: batchDoesNotWaitToFill},
	rule{id: "E03", run: burstEndsOneWait},
	rule{id: "E04", run: batchTimeout},
	rule{id: "E05", run: batchOfNone},
	rule{id: "E06", run: failuresInABatch},
	rule{id: "E07", run: entryLayout},
	rule{id: "E11", run: batchPortClosed, wine: "a waiter waits on when its port is closed (W8:X08)"},
	rule{id: "E12", run: batchBadHandle},
	rule{id: "E13", run: batchOfNone},
	rule{id: "E14", run: cannot("GetMultipleCompletionStatus is AIX's; package aix has it")},
)

// batch takes up to n packets and checks their keys.
func (s *scene) batch(port win32.HANDLE, n int, keys ...uintptr) []win32.OVERLAPPED_ENTRY {
	s.Helper()
	entries := make([]win32.OVERLAPPED_ENTRY, n)
	var got uint32
	s.must(win32.GetQueuedCompletionStatusEx(port, entries, &got, stepMS, false), "a batch")
	s.check(int(got) == len(keys), "%d packets, want %d", got, len(keys))
	for i, key := range keys {
		s.check(entries[i].LpCompletionKey == key, "packet %d has key %d, want %d", i, entries[i].LpCompletionKey, key)
	}
	return entries[:got]
}

func batchIsFIFO(s *scene) {
	port := s.newPort(1)
	for key := range uintptr(6) {
		s.post(port, key)
	}
	s.batch(port, 4, 0, 1, 2, 3)
	s.batch(port, 4, 4, 5)
}

func batchDoesNotWaitToFill(s *scene) {
	port := s.newPort(1)
	s.post(port, 1)
	s.batch(port, 100, 1)
}

func burstEndsOneWait(s *scene) {
	port := s.newPort(1)
	th := s.newThread()
	entries := make([]win32.OVERLAPPED_ENTRY, 3)
	var got uint32
	var err error
	done := th.start(func() { err = win32.GetQueuedCompletionStatusEx(port, entries, &got, stepMS, false) })
	s.waits(th, done)
	for key := range uintptr(3) {
		s.post(port, key)
	}
	s.await(done, "a batch")
	s.must(err, "a batch")
	s.check(got >= 1 && got <= 3, "%d packets", got)
	for i, e := range entries[:got] {
		s.check(e.LpCompletionKey == uintptr(i), "packet %d has key %d", i, e.LpCompletionKey)
	}
	s.depth(port, 3-int32(got))
}

func batchTimeout(s *scene) {
	port := s.newPort(1)
	entries := make([]win32.OVERLAPPED_ENTRY, 2)
	for _, ms := range []uint32{0, 1, quietMS} {
		var got uint32
		s.code(win32.GetQueuedCompletionStatusEx(port, entries, &got, ms, false), win32.WAIT_TIMEOUT, "an empty port")
		s.check(got <= 1, "%d packets", got)
	}
}

func batchOfNone(s *scene) {
	port := s.newPort(1)
	s.post(port, 1)
	got := uint32(77)
	s.code(win32.GetQueuedCompletionStatusEx(port, nil, &got, 0, false), win32.ERROR_INVALID_PARAMETER, "no entries")
	s.check(got == 77, "the count was written: %d", got)
	s.depth(port, 1)
}

func failuresInABatch(s *scene) {
	port, ov := s.newPort(1), new(win32.OVERLAPPED)
	s.nt(win32.NtSetIoCompletion(port, 1, ov, win32.STATUS_CANCELLED, 5))
	s.must(win32.PostQueuedCompletionStatus(port, 2, 3, nil), "posting")
	e := s.batch(port, 4, 1, 3)
	s.check(uint32(e[0].Internal) == uint32(win32.STATUS_CANCELLED) && e[0].DwNumberOfBytesTransferred == 5 && e[0].LpOverlapped == ov,
		"the failed packet is %+v", e[0])
	s.check(e[1].Internal == 0 && e[1].DwNumberOfBytesTransferred == 2 && e[1].LpOverlapped == nil, "the posted packet is %+v", e[1])
}

func batchPortClosed(s *scene) {
	port := s.newPort(1)
	th := s.newThread()
	var err error
	done := th.start(func() {
		err = win32.GetQueuedCompletionStatusEx(port, make([]win32.OVERLAPPED_ENTRY, 2), nil, stepMS, false)
	})
	s.waits(th, done)
	s.close(port)
	s.await(done, "the end of the wait")
	s.code(err, win32.ERROR_ABANDONED_WAIT_0, "a waiter of a closed port")
}

func batchBadHandle(s *scene) {
	entries := make([]win32.OVERLAPPED_ENTRY, 2)
	for _, h := range append(s.badHandles(), s.newEvent()) {
		s.code(win32.GetQueuedCompletionStatusEx(h, entries, nil, 0, false), win32.ERROR_INVALID_HANDLE, "a bad port")
	}
}
