// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import "iocp/win32"

var _ = group(
	rule{id: "F09", part: "event", run: lowBitSendsNoPacket},
	rule{id: "F09", part: "bare", run: bareLowBit, wine: "a pipe refuses it with 6, other files do not (W8:F10)"},
	rule{id: "F10", part: "manual", run: eventAndPacket},
	rule{id: "F10", part: "resets itself", run: autoEventAndPacket},
	rule{id: "F11", run: eventIsReset},
	rule{id: "F12", run: garbageEvent},
	rule{id: "F13", run: fileIsSet},
	rule{id: "F24", run: resultLeavesThePacket},
	rule{id: "F25", part: "pending", run: resultOfWhatPends},
	rule{id: "F25", part: "event", run: resultTrustsTheEvent},
	rule{id: "F25", part: "failure", run: resultOfAFailure},
	rule{id: "O01", run: refusalLeavesTheEventReset},
	rule{id: "O02", run: fileWithAnExplicitEvent},
	rule{id: "O03", run: eventOfASuccessAtOnce},
)

func lowBitSendsNoPacket(s *scene) {
	e, event := s.newPortEnd(), s.manualEvent()
	ov := &win32.OVERLAPPED{HEvent: event | 1}
	e.read(ov, 8)
	s.isSet(event, false, "the event of a pending read")
	e.feed("abc")
	s.becomesSet(event, "the event")
	e.none()
	var n uint32
	s.must(win32.GetOverlappedResult(e.h, ov, &n, false), "the result")
	s.check(n == 3, "%d bytes", n)
	s.must(win32.WriteFile(e.h, []byte("abc"), nil, ov), "a write that fits")
	s.isSet(event, true, "the event of a write")
	e.none()
}

func bareLowBit(s *scene) {
	e, ov := s.newPortEnd(), &win32.OVERLAPPED{HEvent: 1}
	e.read(ov, 8)
	e.feed("abc")
	s.eventually(func() bool { return win32.HasOverlappedIoCompleted(ov) }, "the end of the read")
	e.none()
}

func eventAndPacket(s *scene) {
	e, event := s.newPortEnd(), s.manualEvent()
	ov := &win32.OVERLAPPED{HEvent: event}
	e.read(ov, 8)
	e.feed("abc")
	s.becomesSet(event, "the event")
	e.takes(ov, 3, 0)
	s.isSet(event, true, "the event after the packet was taken")
}

func autoEventAndPacket(s *scene) {
	e := s.newPortEnd()
	event, err := win32.CreateEvent(false, false)
	s.must(err, "creating an event")
	ov := &win32.OVERLAPPED{HEvent: s.closing(event)}
	e.read(ov, 8)
	e.feed("abc")
	s.becomesSet(event, "the event")
	s.isSet(event, false, "the event after a wait")
	e.takes(ov, 3, 0)
}

func eventIsReset(s *scene) {
	e, event := s.newPortEnd(), s.manualEvent()
	ov := &win32.OVERLAPPED{HEvent: event}
	s.must(win32.SetEvent(event), "setting the event")
	e.read(ov, 8)
	s.isSet(event, false, "the event of a pending read")
	e.feed("abc")
	e.takes(ov, 3, 0)
	s.isSet(event, true, "the event")
}

func garbageEvent(s *scene) {
	e := s.newPortEnd()
	closed, err := win32.CreateEvent(true, false)
	s.must(err, "creating an event")
	s.close(closed)
	for _, event := range []win32.HANDLE{0x7654320, closed, e.port} {
		ov := &win32.OVERLAPPED{HEvent: event}
		s.code(win32.ReadFile(e.h, make([]byte, 1), nil, ov), win32.ERROR_INVALID_HANDLE, "a read with a bad event")
	}
	e.none()
}

// F13: without an event it is the file that is set, and reset by the next start.
func fileIsSet(s *scene) {
	e, ov := s.newEnd(), new(win32.OVERLAPPED)
	e.read(ov, 8)
	s.isSet(e.h, false, "the file of a pending read")
	e.feed("abc")
	s.becomesSet(e.h, "the file")
	s.isSet(e.h, true, "the file after a wait")
	var n uint32
	s.must(win32.GetOverlappedResult(e.h, ov, &n, true), "the result")
	s.check(n == 3, "%d bytes", n)
	e.read(ov, 8)
	s.isSet(e.h, false, "the file of the next read")
}

func resultLeavesThePacket(s *scene) {
	for _, wait := range []bool{true, false} {
		e, ov := s.newPortEnd(), &win32.OVERLAPPED{HEvent: s.manualEvent()}
		e.read(ov, 8)
		e.feed("abc")
		if !wait {
			s.becomesSet(ov.HEvent, "the event")
		}
		n := uint32(0xAAAA)
		s.must(win32.GetOverlappedResult(e.h, ov, &n, wait), "the result")
		s.check(n == 3, "%d bytes", n)
		e.takes(ov, 3, 0)
		e.none()
	}
}

func resultOfWhatPends(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	e.read(ov, 8)
	n := uint32(0xAAAA)
	s.code(win32.GetOverlappedResult(e.h, ov, &n, false), win32.ERROR_IO_INCOMPLETE, "without a wait")
	s.code(win32.GetOverlappedResultEx(e.h, ov, &n, 0, false), win32.ERROR_IO_INCOMPLETE, "with a wait of 0 ms")
	s.code(win32.GetOverlappedResultEx(e.h, ov, &n, quietMS, false), win32.WAIT_TIMEOUT, "with a wait")
	s.check(n == 0xAAAA, "the count was written: %d", n)
}

func resultTrustsTheEvent(s *scene) {
	e, ov := s.newEnd(), &win32.OVERLAPPED{HEvent: s.manualEvent()}
	e.read(ov, 8)
	s.must(win32.SetEvent(ov.HEvent), "setting the event")
	var n uint32
	s.must(win32.GetOverlappedResult(e.h, ov, &n, true), "the result of what is not over")
	s.must(win32.CancelIoEx(e.h, ov), "cancelling")
	s.eventually(func() bool { return win32.HasOverlappedIoCompleted(ov) }, "the end of the read")
}

func resultOfAFailure(s *scene) {
	ov := &win32.OVERLAPPED{Internal: uintptr(win32.STATUS_CONNECTION_RESET), InternalHigh: 7}
	e := s.newEnd()
	n := uint32(0xAAAA)
	s.code(win32.GetOverlappedResult(e.h, ov, &n, true), win32.ERROR_NETNAME_DELETED, "the result")
	s.check(n == 7, "%d bytes", n)
}

func refusalLeavesTheEventReset(s *scene) {
	e, event := s.newPortEnd(), s.manualEvent()
	e.closePeer()
	ov := &win32.OVERLAPPED{HEvent: event}
	s.must(win32.SetEvent(event), "setting the event")
	s.code(win32.ReadFile(e.h, make([]byte, 1), nil, ov), win32.ERROR_BROKEN_PIPE, "reading")
	s.isSet(event, false, "the event of a refused read")
	s.must(win32.SetEvent(event), "setting the event")
	s.close(e.h)
	s.code(win32.ReadFile(e.h, make([]byte, 1), nil, ov), win32.ERROR_INVALID_HANDLE, "reading")
	s.isSet(event, true, "the event of a read on no file")
}

func fileWithAnExplicitEvent(s *scene) {
	e, without := s.newEnd(), new(win32.OVERLAPPED)
	with := &win32.OVERLAPPED{HEvent: s.manualEvent()}
	e.read(without, 1)
	e.feed("a")
	s.becomesSet(e.h, "the file")
	e.read(with, 1)
	s.isSet(e.h, false, "the file of a read with an event")
	e.feed("b")
	s.becomesSet(with.HEvent, "the event")
	s.isSet(e.h, false, "the file after a read with an event")
}

func eventOfASuccessAtOnce(s *scene) {
	e, ov := s.newPortEnd(), &win32.OVERLAPPED{HEvent: s.manualEvent()}
	s.must(win32.WriteFile(e.h, []byte("abc"), nil, ov), "a write that fits")
	s.isSet(ov.HEvent, true, "the event")
	e.takes(ov, 3, 0)
}
