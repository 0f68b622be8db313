// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import "iocp/win32"

var _ = group(
	rule{id: "F15", run: socketWithoutOverlapped},
	rule{id: "F17", part: "socket", run: routineOnASocketOfAPort},
	rule{id: "F18", part: "socket", run: routineOfASocket},
	rule{id: "F26", run: twoNamesOfAnError},
	rule{id: "F27", part: "socket", run: countOfThePendingReceive},
)

// F15: it waits, and sends no packet.
func socketWithoutOverlapped(s *scene) {
	port, near, far := s.pair()
	var n, flags uint32
	buf := make([]byte, 8)
	done := make(chan error, 1)
	go func() { done <- win32.WSARecv(near, wsabufs(buf), &n, &flags, nil, nil) }()
	s.says(far, "abc")
	s.must(<-done, "a receive")
	s.check(n == 3, "%d bytes", n)
	s.equal(buf[:3], "abc")
	s.must(win32.WSASend(near, wsabufs([]byte("de")), &n, 0, nil, nil), "a send")
	s.check(n == 2, "%d bytes", n)
	s.hears(far, "de")
	s.empty(port)
}

func routineOnASocketOfAPort(s *scene) {
	port, near, _ := s.pair()
	var flags uint32
	var ends []ending
	s.newThread().do(func() {
		ov := new(win32.OVERLAPPED)
		s.code(win32.WSARecv(near, wsabufs(make([]byte, 1)), nil, &flags, ov, routine(&ends)), win32.WSAEINVAL, "WSARecv")
		s.code(win32.WSASend(near, wsabufs(make([]byte, 1)), nil, 0, ov, routine(&ends)), win32.WSAEINVAL, "WSASend")
		s.check(win32.SleepEx(0, true) == 0 && len(ends) == 0, "a routine was called: %v", ends)
	})
	s.empty(port)
}

func routineOfASocket(s *scene) {
	near, far := s.connection()
	recvd, sent := new(win32.OVERLAPPED), new(win32.OVERLAPPED)
	s.newThread().do(func() {
		var ends []ending
		var flags uint32
		s.isPending(win32.WSARecv(near, wsabufs(make([]byte, 8)), nil, &flags, recvd, routine(&ends)), "WSARecv")
		s.pending(win32.WSASend(near, wsabufs([]byte("ab")), nil, 0, sent, routine(&ends)), "WSASend")
		s.hears(far, "ab")
		s.says(far, "cde")
		for len(ends) < 2 {
			s.check(win32.SleepEx(stepMS, true) == uint32(win32.WAIT_IO_COMPLETION), "the wait was not ended by a routine")
		}
		me := win32.GetCurrentThreadId()
		s.check(ends[0] == ending{0, 2, sent, me} && ends[1] == ending{0, 3, recvd, me}, "called with %+v", ends)
		s.isPending(win32.WSARecv(near, wsabufs(make([]byte, 8)), nil, &flags, recvd, routine(&ends)), "WSARecv")
		s.must(win32.CancelIoEx(win32.HANDLE(near), recvd), "CancelIoEx")
		s.check(win32.SleepEx(stepMS, true) == uint32(win32.WAIT_IO_COMPLETION), "the routine is not called")
		s.check(ends[2] == ending{win32.WSA_OPERATION_ABORTED, 0, recvd, me}, "called with %+v", ends[2])
	})
}

// F26: the functions of files and those of sockets name the same failure differently.
func twoNamesOfAnError(s *scene) {
	near, _ := s.connection()
	for status, names := range map[win32.NTSTATUS][2]win32.Errno{
		win32.STATUS_CONNECTION_RESET:    {win32.ERROR_NETNAME_DELETED, win32.WSAECONNRESET},
		win32.STATUS_CONNECTION_REFUSED:  {win32.ERROR_CONNECTION_REFUSED, win32.WSAECONNREFUSED},
		win32.STATUS_BUFFER_OVERFLOW:     {win32.ERROR_MORE_DATA, win32.WSAEMSGSIZE},
		win32.STATUS_CANCELLED:           {win32.ERROR_OPERATION_ABORTED, win32.WSA_OPERATION_ABORTED},
		win32.STATUS_CONNECTION_ABORTED:  {win32.ERROR_CONNECTION_ABORTED, win32.WSAECONNABORTED},
		win32.STATUS_NETWORK_UNREACHABLE: {win32.ERROR_NETWORK_UNREACHABLE, win32.WSAENETUNREACH},
	} {
		ov := &win32.OVERLAPPED{Internal: uintptr(status), InternalHigh: 4}
		var n, m, flags uint32
		s.code(win32.GetOverlappedResult(win32.HANDLE(near), ov, &n, false), names[0], "GetOverlappedResult")
		s.code(win32.WSAGetOverlappedResult(near, ov, &m, false, &flags), names[1], "WSAGetOverlappedResult")
		s.check(n == 4 && m == 4, "%d and %d bytes", n, m)
	}
}

func countOfThePendingReceive(s *scene) {
	port, near, far := s.pair()
	ov := new(win32.OVERLAPPED)
	n, flags := uint32(0xAAAA), uint32(0)
	s.isPending(win32.WSARecv(near, wsabufs(make([]byte, 8)), &n, &flags, ov, nil), "a receive")
	s.says(far, "abc")
	s.expect(port, ov, 3, connKey, 0)
	s.check(n == 0xAAAA, "the count was written: %d", n)
}
