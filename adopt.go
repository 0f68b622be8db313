// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"syscall"

	"iocp/internal/sys"
)

// adopt makes a descriptor of our own of the TCP socket of a net.Conn or net.Listener.
func adopt(from any) (int32, error) {
	sc, ok := from.(syscall.Conn)
	if !ok {
		return -1, parameterError("the value to adopt has no descriptor of its own")
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := int32(-1)
	cerr := rc.Control(func(s uintptr) {
		if !isTCP(int32(s)) {
			err = parameterError("the descriptor to adopt is not a TCP socket")
			return
		}
		fd, err = sys.Adopt(s)
	})
	if cerr != nil {
		err = cerr
	}
	if err != nil {
		return -1, err
	}
	return fd, nil
}

func isTCP(fd int32) bool {
	typ, errno := sys.Host.Option(fd, sys.Type)
	if errno != 0 || typ != sys.SockStream {
		return false
	}
	domain, errno := sys.Host.Option(fd, sys.Domain)
	return errno == 0 && (domain == sys.AFInet || domain == sys.AFInet6)
}

// errorOf is errno as a program sees it, or nil.
func errorOf(errno sys.Errno) error {
	if errno == 0 {
		return nil
	}
	return sys.Error(errno)
}
