// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"errors"

	"iocp/win32"
)

const cancelsNothing = "CancelIoEx(h, NULL) with nothing pending is TRUE (W8:K03)"

var _ = group(
	rule{id: "J01", part: "thread", run: cancelIoOfTheThread},
	rule{id: "J01", part: "duplicate", run: cancelIoThroughADuplicate},
	rule{id: "J02", run: cancelIoOfAnotherThread},
	rule{id: "J03", run: cancelOne},
	rule{id: "J04", run: cancelAll},
	rule{id: "J05", part: "one", run: cancelOneThatIsNot},
	rule{id: "J05", part: "all", run: cancelAllOfNone, wine: cancelsNothing},
	rule{id: "J06", run: cancelWhatIsOver},
	rule{id: "J07", run: cancelledEndsOnce},
	rule{id: "J08", run: cancelDoesNotWait},
	rule{id: "J09", part: "bad", run: cancelBadHandle,
		wine: "the number of a closed handle may be another object's by then, and it accepts every object (W8:K04)"},
	rule{id: "J09", part: "no file", run: cancelOfWhatIsNoFile, wine: "CancelIo and CancelIoEx accept every object (W8:K04)"},
	rule{id: "J10", run: closeEndsOperations},
	rule{id: "J11", run: closeOfADuplicate},
	rule{id: "J12", run: packetOutlivesTheFile},
	rule{id: "J13", run: fileOutlivesThePort},
	rule{id: "J14", run: packetsOfAClosedPort},
	rule{id: "J15", run: workersOfAClosedPort},
	rule{id: "J16", run: cannot("nothing sees the end of its own process")},
)

func cancelIoOfTheThread(s *scene) {
	e := s.newPortEnd()
	s.newThread().do(func() {
		ovs := [2]win32.OVERLAPPED{}
		e.read(&ovs[0], 1)
		e.read(&ovs[1], 1)
		s.must(win32.CancelIo(e.h), "CancelIo")
		for range ovs {
			p := s.get(e.port, stepMS)
			s.code(p.err, win32.ERROR_OPERATION_ABORTED, "the packet")
			s.settled(p.ov, win32.STATUS_CANCELLED, 0)
		}
		s.must(win32.CancelIo(e.h), "CancelIo with nothing pending")
		e.none()
	})
}

func cancelIoThroughADuplicate(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	s.newThread().do(func() {
		e.read(ov, 1)
		s.must(win32.CancelIo(s.duplicate(e.h, 0, win32.DUPLICATE_SAME_ACCESS)), "CancelIo of a duplicate")
		e.takes(ov, 0, win32.ERROR_OPERATION_ABORTED)
	})
}

func cancelIoOfAnotherThread(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	first, second := s.newThread(), s.newThread()
	first.do(func() { e.read(ov, 1) })
	second.do(func() { s.must(win32.CancelIo(e.h), "CancelIo") })
	e.none()
	first.do(func() { s.must(win32.CancelIo(e.h), "CancelIo") })
	e.takes(ov, 0, win32.ERROR_OPERATION_ABORTED)
}

func cancelOne(s *scene) {
	e := s.newPortEnd()
	var stays, goes win32.OVERLAPPED
	e.read(&stays, 2)
	e.read(&goes, 2)
	s.newThread().do(func() { s.must(win32.CancelIoEx(e.h, &goes), "CancelIoEx") })
	e.takes(&goes, 0, win32.ERROR_OPERATION_ABORTED)
	e.none()
	e.feed("ab")
	e.takes(&stays, 2, 0)
}

func cancelAll(s *scene) {
	e := s.newPortEnd()
	open := make(map[*win32.OVERLAPPED]bool)
	read := func() {
		ov := new(win32.OVERLAPPED)
		open[ov] = true
		e.read(ov, 1)
	}
	read()
	s.newThread().do(func() { read(); read() })
	s.must(win32.CancelIoEx(e.h, nil), "CancelIoEx")
	for range 3 {
		p := s.get(e.port, stepMS)
		s.code(p.err, win32.ERROR_OPERATION_ABORTED, "the packet")
		s.check(open[p.ov], "a packet of %p", p.ov)
		delete(open, p.ov)
	}
	e.none()
}

func cancelOneThatIsNot(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	s.code(win32.CancelIoEx(e.h, ov), win32.ERROR_NOT_FOUND, "what was never started")
	e.read(ov, 1)
	s.code(win32.CancelIoEx(e.h, new(win32.OVERLAPPED)), win32.ERROR_NOT_FOUND, "another OVERLAPPED")
	s.code(win32.CancelIoEx(e.peer, ov), win32.ERROR_NOT_FOUND, "another file")
	e.none()
}

func cancelAllOfNone(s *scene) {
	s.code(win32.CancelIoEx(s.newPortEnd().h, nil), win32.ERROR_NOT_FOUND, "with nothing pending")
}

func cancelWhatIsOver(s *scene) {
	e, ov := s.newPortEnd(), &win32.OVERLAPPED{HEvent: s.manualEvent()}
	e.read(ov, 2)
	e.feed("ab")
	s.becomesSet(ov.HEvent, "the event")
	s.code(win32.CancelIoEx(e.h, ov), win32.ERROR_NOT_FOUND, "what is over")
	e.takes(ov, 2, 0)
	e.none()
}

// J07: data and cancellation race, and one of them wins each time.
func cancelledEndsOnce(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	canceller := s.newThread()
	for range 200 {
		e.read(ov, 1)
		var err error
		done := canceller.start(func() { err = win32.CancelIoEx(e.h, ov) })
		e.feed("x")
		<-done
		s.check(err == nil || errors.Is(err, win32.ERROR_NOT_FOUND), "CancelIoEx: %v", err)
		p := s.get(e.port, stepMS)
		s.check(p.ov == ov, "packet %+v", p)
		if p.err != nil {
			s.code(p.err, win32.ERROR_OPERATION_ABORTED, "the packet")
			s.check(err == nil, "cancelled by nobody")
			s.must(win32.ReadFile(e.h, make([]byte, 1), nil, ov), "what the cancelled read left")
			e.takes(ov, 1, 0)
		}
	}
	e.none()
}

func cancelDoesNotWait(s *scene) {
	e := s.newPortEnd()
	ovs := make([]win32.OVERLAPPED, 100)
	for i := range ovs {
		e.read(&ovs[i], 1)
	}
	s.must(win32.CancelIoEx(e.h, nil), "CancelIoEx") // nobody has taken a packet yet
	for range ovs {
		s.code(s.get(e.port, stepMS).err, win32.ERROR_OPERATION_ABORTED, "the packet")
	}
	e.none()
}

func cancelBadHandle(s *scene) {
	for _, h := range s.badHandles() {
		if h == win32.INVALID_HANDLE_VALUE {
			continue // the process
		}
		s.code(win32.CancelIo(h), win32.ERROR_INVALID_HANDLE, "CancelIo")
		s.code(win32.CancelIoEx(h, nil), win32.ERROR_INVALID_HANDLE, "CancelIoEx")
	}
}

func cancelOfWhatIsNoFile(s *scene) {
	for _, h := range []win32.HANDLE{s.newPort(1), s.manualEvent(), win32.GetCurrentProcess()} {
		s.code(win32.CancelIo(h), win32.ERROR_INVALID_HANDLE, "CancelIo")
		s.code(win32.CancelIoEx(h, nil), win32.ERROR_INVALID_HANDLE, "CancelIoEx")
	}
}

func closeEndsOperations(s *scene) {
	e := s.newPortEnd()
	ovs := make([]win32.OVERLAPPED, 3)
	for i := range ovs {
		e.read(&ovs[i], 1)
	}
	s.close(e.h)
	for range ovs {
		p := s.get(e.port, stepMS)
		s.code(p.err, win32.ERROR_BROKEN_PIPE, "the packet")
		s.check(p.key == endKey, "key %#x", p.key)
		s.settled(p.ov, win32.STATUS_PIPE_BROKEN, 0)
	}
	e.none()
}

func closeOfADuplicate(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	dup := s.duplicate(e.h, 0, win32.DUPLICATE_SAME_ACCESS)
	e.read(ov, 1)
	s.close(e.h)
	e.none()
	e.feed("x")
	e.takes(ov, 1, 0)
	e.h = dup
	e.read(ov, 1)
	s.close(dup)
	e.takes(ov, 0, win32.ERROR_BROKEN_PIPE)
}

func packetOutlivesTheFile(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	e.read(ov, 2)
	e.feed("ab")
	s.close(e.h)
	e.takes(ov, 2, 0)
	e.none()
}

func fileOutlivesThePort(s *scene) {
	e, ov := s.newPortEnd(), &win32.OVERLAPPED{HEvent: s.manualEvent()}
	e.read(ov, 2)
	s.close(e.port)
	e.feed("ab")
	s.becomesSet(ov.HEvent, "the event of what was pending")
	s.settled(ov, win32.STATUS_SUCCESS, 2)
	e.read(ov, 2)
	e.feed("cd")
	s.becomesSet(ov.HEvent, "the event of a new read")
	s.settled(ov, win32.STATUS_SUCCESS, 2)
	_, err := win32.CreateIoCompletionPort(e.h, s.newPort(1), 0, 0)
	s.code(err, win32.ERROR_INVALID_PARAMETER, "associating again")
}

func packetsOfAClosedPort(s *scene) {
	port := s.newPort(1)
	for key := range uintptr(100) {
		s.post(port, key)
	}
	s.close(port)
	p := s.get(port, 0)
	s.code(p.err, win32.ERROR_INVALID_HANDLE, "a closed port")
	s.check(p.ov == nil && p.bytes == 0xAAAA, "a packet of a closed port: %+v", p)
}

// J15: who served a port that is gone is free for others.
func workersOfAClosedPort(s *scene) {
	th, other := s.newThread(), s.newPort(1)
	for range 3 {
		port := s.newPort(1)
		s.post(port, 1)
		s.got(s.getOn(th, port, stepMS))
		s.close(port)
		s.post(other, 2)
		s.check(s.got(s.getOn(th, other, stepMS)).key == 2, "the wrong packet")
	}
}
