// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import "iocp/win32"

var _ = group(
	rule{id: "A23", run: everyKindOfSocket},
	rule{id: "A24", run: closedSocket},
)

func everyKindOfSocket(s *scene) {
	port := s.newPort(1)
	near, far := s.connection()
	listener, _ := s.listening()
	bound := s.newSocket(win32.SOCK_DGRAM)
	s.bound(bound)
	for key, sock := range []win32.SOCKET{s.newSocket(win32.SOCK_STREAM), s.newSocket(win32.SOCK_DGRAM), near, far, listener, bound} {
		s.associate(win32.HANDLE(sock), port, uintptr(key))
		_, err := win32.CreateIoCompletionPort(win32.HANDLE(sock), port, uintptr(key), 0)
		s.code(err, win32.ERROR_INVALID_PARAMETER, "associating again")
	}
	s.empty(port)
}

func closedSocket(s *scene) {
	port, sock := s.newPort(1), s.newSocket(win32.SOCK_STREAM)
	s.closeSocket(sock)
	for _, existing := range []win32.HANDLE{port, 0} {
		_, err := win32.CreateIoCompletionPort(win32.HANDLE(sock), existing, 1, 0)
		s.code(err, win32.ERROR_INVALID_HANDLE, "associating a closed socket")
	}
	_, err := win32.CreateIoCompletionPort(win32.HANDLE(win32.INVALID_SOCKET), port, 1, 0)
	s.code(err, win32.ERROR_INVALID_PARAMETER, "associating INVALID_SOCKET")
}
