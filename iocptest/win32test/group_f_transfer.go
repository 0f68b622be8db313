// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"sync/atomic"
	"time"

	"iocp/win32"
)

var _ = group(
	rule{id: "F01", part: "sockets", run: recvPendsOrNot},
	rule{id: "F02", part: "sockets", run: doneAtOnceSendsAPacket},
	rule{id: "F03", part: "sockets", run: notConnected, wine: "sends end with 10054 (W8:S06)"},
	rule{id: "F04", part: "datagrams", run: datagramTooLong},
	rule{id: "F05", part: "sockets", run: countIsUntouchedWhilePending},
	rule{id: "F08", part: "sockets", run: statusOfAFailedStart, wine: "it accepts a socket for datagrams (W8:S09)"},
	rule{id: "F09", part: "sockets", run: lowBitOfTheEvent},
	rule{id: "F10", part: "sockets", run: eventAndPacketOfASocket},
	rule{id: "F13", part: "sockets", run: socketIsSignalled},
	rule{id: "F19", part: "sockets", run: duplicatedSocket},
	rule{id: "F21", part: "sockets", run: badBuffers},
	rule{id: "A34", part: "sockets", run: associationAfterTheStart},
	rule{id: "K01", part: "sockets", run: skipModeOnASocket},
	rule{id: "K02", part: "sockets", run: skipModeFailure},
	rule{id: "K03", part: "datagrams", run: skipModeWarning},
	rule{id: "K08", part: "sockets", run: skipModeBeforeTheAssociation},
	rule{id: "O10", run: timeoutsAreForWaitingCalls},
	rule{id: "O11", run: socketThatIsNotOverlapped},
	rule{id: "O16", part: "sockets", run: closingAnIdleSocket},
)

func doneAtOnceSendsAPacket(s *scene) {
	port, near, far := s.pair()
	ov := new(win32.OVERLAPPED)
	s.says(far, "hello")
	s.pending(recv(near, make([]byte, 5), ov), "a receive of what is there")
	s.expect(port, ov, 5, connKey, 0)
	s.empty(port)
}

func countIsUntouchedWhilePending(s *scene) {
	port, near, far := s.pair()
	ov := &win32.OVERLAPPED{InternalHigh: 0x1234}
	s.isPending(recv(near, make([]byte, 5), ov), "a receive")
	s.check(!win32.HasOverlappedIoCompleted(ov), "it is over")
	s.check(atomic.LoadUintptr(&ov.InternalHigh) == 0x1234, "the count was written")
	s.says(far, "abc")
	s.expect(port, ov, 3, connKey, 0)
	s.check(ov.Internal == 0 && ov.InternalHigh == 3, "Internal %#x, InternalHigh %#x", ov.Internal, ov.InternalHigh) // F06
}

func statusOfAFailedStart(s *scene) {
	port, sock, _ := s.connector()
	ov := &win32.OVERLAPPED{InternalHigh: 0x1234}
	s.code(win32.ConnectEx(s.newStream(port, connKey), s.refusedAddr(), nil, nil, ov), win32.WSAEINVAL, "ConnectEx unbound")
	s.isPending(win32.ConnectEx(sock, s.refusedAddr(), nil, nil, ov), "ConnectEx")
	s.expect(port, ov, 0, connKey, win32.ERROR_CONNECTION_REFUSED)
	a := s.newAcceptor()
	ov = &win32.OVERLAPPED{InternalHigh: 0x1234}
	s.code(acceptEx(a.listen, s.newSocket(win32.SOCK_DGRAM), a.out, 0, ov), win32.WSAEINVAL, "AcceptEx into datagrams")
	s.check(win32.NTSTATUS(ov.Internal) == win32.STATUS_PENDING && ov.InternalHigh == 0x1234, "Internal %#x, InternalHigh %#x", ov.Internal, ov.InternalHigh)
}

func (s *scene) signalled(h win32.HANDLE, want bool, what string) {
	s.Helper()
	ms, code := uint32(0), uint32(win32.WAIT_TIMEOUT)
	if want {
		ms, code = stepMS, win32.WAIT_OBJECT_0
	}
	got, _ := win32.WaitForSingleObject(h, ms)
	s.check(got == code, "%s: the wait returned %d, want %d", what, got, code)
}

func lowBitOfTheEvent(s *scene) {
	port, near, far := s.pair()
	event := s.newEvent()
	ov := &win32.OVERLAPPED{HEvent: event | 1}
	s.isPending(recv(near, make([]byte, 5), ov), "a receive")
	s.says(far, "abc")
	s.signalled(event, true, "the event")
	s.empty(port)
	n, err := resultOf(near, ov, false)
	s.check(n == 3 && err == nil, "the result is %d, %v", n, err)
}

func eventAndPacketOfASocket(s *scene) {
	port, near, far := s.pair()
	event := s.newEvent()
	s.must(win32.SetEvent(event), "setting the event")
	ov := &win32.OVERLAPPED{HEvent: event}
	s.isPending(recv(near, make([]byte, 5), ov), "a receive")
	s.signalled(event, false, "the event while it pends") // F11
	s.says(far, "abc")
	s.signalled(event, true, "the event")
	s.expect(port, ov, 3, connKey, 0)
}

func socketIsSignalled(s *scene) {
	near, far := s.connection()
	ov := new(win32.OVERLAPPED)
	s.isPending(recv(near, make([]byte, 5), ov), "a receive")
	s.signalled(win32.HANDLE(near), false, "the socket while it pends")
	s.says(far, "abc")
	s.signalled(win32.HANDLE(near), true, "the socket")
}

func badBuffers(s *scene) {
	port, near, _ := s.pair()
	flags := uint32(0)
	bad := []win32.WSABUF{{Len: 4}}
	s.refusedNow(port, win32.WSARecv(near, bad, nil, &flags, new(win32.OVERLAPPED), nil), win32.WSAEFAULT, "a receive into NULL")
	s.refusedNow(port, win32.WSASend(near, bad, nil, 0, new(win32.OVERLAPPED), nil), win32.WSAEFAULT, "a send of NULL")
}

func associationAfterTheStart(s *scene) {
	near, far := s.connection()
	port, ov := s.newPort(1), new(win32.OVERLAPPED)
	s.isPending(recv(near, make([]byte, 5), ov), "a receive")
	s.associate(win32.HANDLE(near), port, connKey)
	s.says(far, "abc")
	s.expect(port, ov, 3, connKey, 0)
}

func (s *scene) skips(sock win32.SOCKET) {
	s.Helper()
	s.must(win32.SetFileCompletionNotificationModes(win32.HANDLE(sock), win32.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS), "skip mode")
}

// skipped takes the packet of an operation that went on, and makes sure that one which was done at
// once sends none.
func (s *scene) skipped(port win32.HANDLE, err error, ov *win32.OVERLAPPED, bytes uint32, what string) {
	s.Helper()
	if isCode(err, win32.ERROR_IO_PENDING) {
		s.expect(port, ov, bytes, connKey, 0)
		return
	}
	s.must(err, what)
	s.check(ov.Internal == 0 && uint32(ov.InternalHigh) == bytes, "the outcome is %#x, %d", ov.Internal, ov.InternalHigh)
	s.empty(port)
}

func skipModeOnASocket(s *scene) {
	port, near, far := s.pair()
	s.skips(near)
	ov := new(win32.OVERLAPPED)
	s.says(far, "hello")
	s.skipped(port, recv(near, make([]byte, 5), ov), ov, 5, "a receive of what is there")
	s.skipped(port, send(near, []byte("x"), ov), ov, 1, "a send")
	s.isPending(recv(near, make([]byte, 5), ov), "a receive")
	s.says(far, "abc")
	s.expect(port, ov, 3, connKey, 0)
}

func skipModeFailure(s *scene) {
	port := s.newPort(1)
	sock := s.newStream(port, connKey)
	s.skips(sock)
	s.refusedNow(port, recv(sock, make([]byte, 5), new(win32.OVERLAPPED)), win32.WSAENOTCONN, "a receive unconnected")
}

func skipModeWarning(s *scene) {
	port, a, b, at, _ := s.datagrams()
	s.skips(a)
	ov := new(win32.OVERLAPPED)
	s.sendsTo(b, "too long", at)
	err := recv(a, make([]byte, 4), ov)
	if isCode(err, win32.ERROR_IO_PENDING) {
		s.expect(port, ov, 4, datagramKey, win32.ERROR_MORE_DATA)
		return
	}
	s.code(err, win32.WSAEMSGSIZE, "a receive of a long datagram")
	s.check(win32.NTSTATUS(ov.Internal) == win32.STATUS_BUFFER_OVERFLOW && ov.InternalHigh == 4, "the outcome is %#x, %d", ov.Internal, ov.InternalHigh)
	s.empty(port)
}

func skipModeBeforeTheAssociation(s *scene) {
	near, far := s.connection()
	s.skips(near)
	port, ov := s.newPort(1), new(win32.OVERLAPPED)
	s.associate(win32.HANDLE(near), port, connKey)
	s.says(far, "hello")
	s.skipped(port, recv(near, make([]byte, 5), ov), ov, 5, "a receive of what is there")
}

func timeoutsAreForWaitingCalls(s *scene) {
	port, near, far := s.pair()
	s.setOption(near, win32.SO_RCVTIMEO, 20)
	s.check(s.option(near, win32.SO_RCVTIMEO) == 20, "SO_RCVTIMEO is %d", s.option(near, win32.SO_RCVTIMEO))
	ov := new(win32.OVERLAPPED)
	s.isPending(recv(near, make([]byte, 5), ov), "a receive")
	start := time.Now()
	for time.Since(start) < 50*time.Millisecond {
		s.empty(port)
	}
	s.says(far, "abc")
	s.expect(port, ov, 3, connKey, 0)
	s.code(recv(near, make([]byte, 5), nil), win32.WSAETIMEDOUT, "a receive that waits")
}

func socketThatIsNotOverlapped(s *scene) {
	l, addr := s.listening()
	sock := s.newSocketWith(win32.SOCK_STREAM, 0)
	_, err := win32.CreateIoCompletionPort(win32.HANDLE(sock), s.newPort(1), 1, 0)
	s.code(err, win32.ERROR_INVALID_PARAMETER, "associating it") // A17
	s.must(win32.Connect(sock, addr), "connecting")
	far, err := win32.Accept(l, nil, nil)
	s.must(err, "accepting")
	s.closingSocket(far)
	s.nonblocking(sock)
	s.code(recv(sock, make([]byte, 5), nil), win32.WSAEWOULDBLOCK, "a receive without OVERLAPPED")
	ov := new(win32.OVERLAPPED)
	th := s.newThread()
	done := th.start(func() { err = recv(sock, make([]byte, 5), ov) })
	s.says(far, "hello")
	s.await(done, "a receive with OVERLAPPED")
	s.must(err, "a receive with OVERLAPPED")
	s.check(ov.InternalHigh == 5, "%d bytes", ov.InternalHigh)
}

func closingAnIdleSocket(s *scene) {
	port, near, _ := s.pair()
	s.closeSocket(near)
	s.empty(port)
}
