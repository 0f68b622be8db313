// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import "iocp/win32"

var _ = group(
	rule{id: "F17", part: "pipe", run: routineOnAPort},
	rule{id: "F18", part: "pipe", run: routineIsCalled},
	rule{id: "F18", part: "associated later", run: routineBeforeTheAssociation},
)

// ending is how a completion routine was called.
type ending struct {
	code   win32.Errno
	n      uint32
	ov     *win32.OVERLAPPED
	thread uint32
}

// routine returns a completion routine that notes its calls.
func routine(ends *[]ending) win32.CompletionRoutine {
	return func(code win32.Errno, n uint32, ov *win32.OVERLAPPED) {
		*ends = append(*ends, ending{code, n, ov, win32.GetCurrentThreadId()})
	}
}

func routineOnAPort(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	s.newThread().do(func() {
		var ends []ending
		s.code(win32.ReadFileEx(e.h, make([]byte, 1), ov, routine(&ends)), win32.ERROR_INVALID_PARAMETER, "ReadFileEx")
		s.code(win32.WriteFileEx(e.h, make([]byte, 1), ov, routine(&ends)), win32.ERROR_INVALID_PARAMETER, "WriteFileEx")
		s.check(win32.SleepEx(0, true) == 0 && len(ends) == 0, "a routine was called: %v", ends)
	})
	e.none()
}

// The routine is called by the thread that started the operation, when it waits alertably.
func routineIsCalled(s *scene) {
	e, good, bad := s.newEnd(), new(win32.OVERLAPPED), new(win32.OVERLAPPED)
	s.newThread().do(func() {
		var ends []ending
		s.must(win32.ReadFileEx(e.h, make([]byte, 8), good, routine(&ends)), "ReadFileEx")
		s.must(win32.ReadFileEx(e.h, make([]byte, 8), bad, routine(&ends)), "ReadFileEx")
		e.feed("abc")
		e.closePeer()
		s.check(len(ends) == 0, "a routine was called outside of a wait")
		for len(ends) < 2 {
			s.check(win32.SleepEx(stepMS, true) == uint32(win32.WAIT_IO_COMPLETION), "the wait was not ended by a routine")
		}
		me := win32.GetCurrentThreadId()
		s.check(ends[0] == ending{0, 3, good, me}, "called with %+v", ends[0])
		s.check(ends[1] == ending{win32.ERROR_BROKEN_PIPE, 0, bad, me}, "called with %+v", ends[1])
	})
}

func routineBeforeTheAssociation(s *scene) {
	e, ov := s.newEnd(), new(win32.OVERLAPPED)
	s.newThread().do(func() {
		var ends []ending
		s.must(win32.ReadFileEx(e.h, make([]byte, 8), ov, routine(&ends)), "ReadFileEx")
		e.port = s.newPort(1)
		s.associate(e.h, e.port, endKey)
		e.feed("abc")
		s.check(win32.SleepEx(stepMS, true) == uint32(win32.WAIT_IO_COMPLETION), "the routine is not called")
		s.check(len(ends) == 1 && ends[0].n == 3, "called with %+v", ends)
		e.none()
	})
}
