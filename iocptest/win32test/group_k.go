// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"errors"
	"unsafe"

	"iocp/win32"
)

var _ = group(
	rule{id: "K01", part: "at once", run: skipOnSuccess},
	rule{id: "K01", part: "pending", run: skipOnlyAtOnce},
	rule{id: "K02", run: skipOnFailure},
	rule{id: "K03", run: skipOnWarning},
	rule{id: "K04", part: "file", run: skipSettingTheFile},
	rule{id: "K04", part: "event", run: skipLeavesEvents},
	rule{id: "K05", run: modesStay},
	rule{id: "K06", run: unknownModes},
	rule{id: "K07", part: "not overlapped", run: modesNeedOverlapped},
	rule{id: "K07", part: "bad", run: modesOfBadHandles},
	rule{id: "K08", run: modesBeforeTheAssociation},
	rule{id: "K09", run: skippingFile},
	rule{id: "K10", run: cannot("job objects are not part of package win32")},
	rule{id: "K11", part: "success", run: boundFileCallsBack},
	rule{id: "K11", part: "failure", run: boundFileGivesTheStatus, wine: "the callback gets a Win32 code (W8:Z07)"},
	rule{id: "K11", part: "association", run: boundFileIsAssociated},
	rule{id: "K11", part: "arguments", run: bindArguments},
	rule{id: "K12", run: threadpoolIo},
	rule{id: "K13", run: cannot("wait completion packets are not part of package win32")},
	rule{id: "K14", run: transactionSendsAPacket},
)

// skipping makes a pipe whose operations send no packet when they succeed at once.
func (s *scene) skipping() *end {
	s.Helper()
	e := s.newPortEnd()
	s.modes(e.h, win32.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)
	return e
}

func (s *scene) modes(h win32.HANDLE, modes uint8) {
	s.Helper()
	s.must(win32.SetFileCompletionNotificationModes(h, modes), "setting modes")
}

func skipOnSuccess(s *scene) {
	e, ov := s.skipping(), new(win32.OVERLAPPED)
	var n uint32
	e.feed("ab")
	s.must(win32.ReadFile(e.h, make([]byte, 8), &n, ov), "a read with data there")
	s.check(n == 2, "%d bytes", n)
	s.settled(ov, win32.STATUS_SUCCESS, 2)
	s.must(win32.WriteFile(e.h, []byte("abc"), &n, ov), "a write that fits")
	e.none()
}

func skipOnlyAtOnce(s *scene) {
	e, ov := s.skipping(), new(win32.OVERLAPPED)
	e.read(ov, 8)
	e.feed("ab")
	e.takes(ov, 2, 0)
	e.none()
}

func skipOnFailure(s *scene) {
	e := s.skipping()
	e.closePeer()
	s.code(win32.ReadFile(e.h, make([]byte, 8), nil, new(win32.OVERLAPPED)), win32.ERROR_BROKEN_PIPE, "reading")
	e.none()
}

// K03: the call says whether a packet follows.
func skipOnWarning(s *scene) {
	e, ov := s.newEndOf(win32.PIPE_TYPE_MESSAGE|win32.PIPE_READMODE_MESSAGE), new(win32.OVERLAPPED)
	e.port = s.newPort(1)
	s.associate(e.h, e.port, endKey)
	s.modes(e.h, win32.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)
	e.feed("sixsix")
	err := win32.ReadFile(e.h, make([]byte, 4), nil, ov)
	if errors.Is(err, win32.ERROR_IO_PENDING) {
		e.takes(ov, 4, win32.ERROR_MORE_DATA)
	} else {
		s.code(err, win32.ERROR_MORE_DATA, "a part of a message")
	}
	e.none()
	s.settled(ov, win32.STATUS_BUFFER_OVERFLOW, 4)
}

func skipSettingTheFile(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	e.read(ov, 8)
	e.feed("ab")
	e.takes(ov, 2, 0)
	s.isSet(e.h, true, "the file")
	s.modes(e.h, win32.FILE_SKIP_SET_EVENT_ON_HANDLE)
	e.read(ov, 8)
	e.feed("ab")
	e.takes(ov, 2, 0)
	s.isSet(e.h, false, "the file")
}

func skipLeavesEvents(s *scene) {
	e, ov := s.newPortEnd(), &win32.OVERLAPPED{HEvent: s.manualEvent()}
	s.modes(e.h, win32.FILE_SKIP_SET_EVENT_ON_HANDLE)
	e.read(ov, 8)
	e.feed("ab")
	e.takes(ov, 2, 0)
	s.isSet(ov.HEvent, true, "the event")
}

func modesStay(s *scene) {
	e, ov := s.skipping(), new(win32.OVERLAPPED)
	s.modes(e.h, 0)
	s.modes(e.h, win32.FILE_SKIP_SET_EVENT_ON_HANDLE)
	s.must(win32.WriteFile(e.h, []byte("abc"), nil, ov), "a write that fits")
	e.none()
	s.isSet(e.h, false, "the file")
}

func unknownModes(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	err := win32.SetFileCompletionNotificationModes(e.h, 0xF8)
	s.check(err == nil || errors.Is(err, win32.ERROR_INVALID_PARAMETER), "unknown modes: %v", err)
	s.must(win32.WriteFile(e.h, []byte("abc"), nil, ov), "a write that fits")
	e.takes(ov, 3, 0)
}

func modesNeedOverlapped(s *scene) {
	s.code(win32.SetFileCompletionNotificationModes(s.newEnd().peer, win32.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS),
		win32.ERROR_INVALID_PARAMETER, "a file that is not overlapped")
}

func modesOfBadHandles(s *scene) {
	for _, h := range append(s.badHandles(), s.newPort(1)) {
		s.code(win32.SetFileCompletionNotificationModes(h, 1), win32.ERROR_INVALID_HANDLE, "a bad handle")
	}
}

func modesBeforeTheAssociation(s *scene) {
	e, ov := s.newEnd(), new(win32.OVERLAPPED)
	s.modes(e.h, win32.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)
	e.port = s.newPort(1)
	s.associate(e.h, e.port, endKey)
	s.must(win32.WriteFile(e.h, []byte("abc"), nil, ov), "a write that fits")
	e.none()
}

// K09: a read of a disk file may be over at once or not; the call says which.
func skippingFile(s *scene) {
	port, f, ov := s.newPort(1), s.overlappedFile("abc"), new(win32.OVERLAPPED)
	s.associate(f, port, 1)
	s.modes(f, win32.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)
	var n uint32
	for range 10 {
		if err := win32.ReadFile(f, make([]byte, 8), &n, ov); err == nil {
			s.check(n == 3, "%d bytes", n)
		} else {
			s.code(err, win32.ERROR_IO_PENDING, "a read")
			s.expect(port, ov, 3, 1, 0)
		}
		s.settled(ov, win32.STATUS_SUCCESS, 3)
	}
	s.empty(port)
}

// called is how a callback was called.
type called struct {
	status win32.NTSTATUS
	n      uint32
	ov     *win32.OVERLAPPED
}

// newBound makes a pipe with a callback.
func (s *scene) newBound() (*end, chan called) {
	s.Helper()
	e, calls := s.newEnd(), make(chan called, 8)
	s.must(win32.BindIoCompletionCallback(e.h, func(status win32.NTSTATUS, n uint32, ov *win32.OVERLAPPED) {
		calls <- called{status, n, ov}
	}, 0xFFFF), "binding")
	return e, calls
}

func boundFileCallsBack(s *scene) {
	e, calls := s.newBound()
	ov := new(win32.OVERLAPPED)
	e.read(ov, 8)
	e.feed("abc")
	got := <-calls
	s.check(got == called{0, 3, ov}, "called with %+v", got)
	s.must(win32.WriteFile(e.h, []byte("ab"), nil, ov), "a write that fits")
	got = <-calls
	s.check(got == called{0, 2, ov}, "called with %+v", got)
}

func boundFileGivesTheStatus(s *scene) {
	e, calls := s.newBound()
	ov := new(win32.OVERLAPPED)
	e.read(ov, 8)
	e.closePeer()
	got := <-calls
	s.check(got == called{win32.STATUS_PIPE_BROKEN, 0, ov}, "called with %+v", got)
}

func boundFileIsAssociated(s *scene) {
	e, _ := s.newBound()
	_, err := win32.CreateIoCompletionPort(e.h, s.newPort(1), 0, 0)
	s.code(err, win32.ERROR_INVALID_PARAMETER, "associating a bound file")
	nop := func(win32.NTSTATUS, uint32, *win32.OVERLAPPED) {}
	s.code(win32.BindIoCompletionCallback(e.h, nop, 0), win32.ERROR_INVALID_PARAMETER, "binding again")
	s.code(win32.BindIoCompletionCallback(s.newPortEnd().h, nop, 0), win32.ERROR_INVALID_PARAMETER, "binding an associated file")
}

func bindArguments(s *scene) {
	nop := func(win32.NTSTATUS, uint32, *win32.OVERLAPPED) {}
	s.code(win32.BindIoCompletionCallback(0, nop, 0), win32.ERROR_INVALID_PARAMETER, "no file")
	s.code(win32.BindIoCompletionCallback(s.newEnd().h, nil, 0), win32.ERROR_INVALID_PARAMETER, "no callback")
}

func transactionSendsAPacket(s *scene) {
	e, ov := s.newEndOf(win32.PIPE_TYPE_MESSAGE|win32.PIPE_READMODE_MESSAGE), new(win32.OVERLAPPED)
	e.port = s.newPort(1)
	s.associate(e.h, e.port, endKey)
	answer, question := make([]byte, 16), make([]byte, 16)
	s.code(win32.TransactNamedPipe(e.h, []byte("question"), answer, nil, ov), win32.ERROR_IO_PENDING, "a transaction")
	var n uint32
	s.must(win32.ReadFile(e.peer, question, &n, nil), "reading the question")
	s.check(string(question[:n]) == "question", "read %q", question[:n])
	e.none()
	e.feed("answer")
	e.takes(ov, 6, 0)
	s.check(string(answer[:6]) == "answer", "read %q", answer)
}

func threadpoolIo(s *scene) {
	e, ov, context := s.newEnd(), new(win32.OVERLAPPED), new(int)
	type ending struct {
		context unsafe.Pointer
		ov      *win32.OVERLAPPED
		code    win32.Errno
		n       uintptr
	}
	ends := make(chan ending, 4)
	io, err := win32.CreateThreadpoolIo(e.h, func(context unsafe.Pointer, ov *win32.OVERLAPPED, code win32.Errno, n uintptr, _ *win32.TP_IO) {
		ends <- ending{context, ov, code, n}
	}, unsafe.Pointer(context))
	s.must(err, "CreateThreadpoolIo")
	_, err = win32.CreateIoCompletionPort(e.h, s.newPort(1), 0, 0)
	s.code(err, win32.ERROR_INVALID_PARAMETER, "associating")
	expect := func(n uintptr, code win32.Errno) {
		s.Helper()
		win32.WaitForThreadpoolIoCallbacks(io, false)
		got := <-ends
		s.check(got == ending{unsafe.Pointer(context), ov, code, n}, "called with %+v, want %d bytes, %v", got, n, code)
	}
	win32.StartThreadpoolIo(io)
	e.read(ov, 8)
	e.feed("abc")
	expect(3, 0)
	win32.StartThreadpoolIo(io)
	e.read(ov, 8)
	e.closePeer()
	expect(0, win32.ERROR_BROKEN_PIPE)
	win32.StartThreadpoolIo(io)
	s.code(win32.ReadFile(e.h, make([]byte, 8), nil, ov), win32.ERROR_BROKEN_PIPE, "reading")
	win32.CancelThreadpoolIo(io)
	win32.WaitForThreadpoolIoCallbacks(io, false)
	s.check(len(ends) == 0, "called for what failed at once")
	s.close(e.h)
	win32.CloseThreadpoolIo(io)
}
