// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// The numbers that package iocp makes or looks for, as Windows has them. EPIPE and EPROTO are of pipes and
// of nothing: a socket whose peer is gone ends with ECONNRESET or ECONNABORTED here.
const (
	EACCES       = windows.ERROR_ACCESS_DENIED
	EAFNOSUPPORT = windows.WSAEAFNOSUPPORT
	EAGAIN       = windows.WSAEWOULDBLOCK
	EALREADY     = windows.WSAEALREADY
	EBADF        = windows.ERROR_INVALID_HANDLE
	ECANCELED    = windows.ERROR_OPERATION_ABORTED
	ECONNABORTED = windows.WSAECONNABORTED
	ECONNREFUSED = windows.WSAECONNREFUSED
	ECONNRESET   = windows.WSAECONNRESET
	EHOSTUNREACH = windows.WSAEHOSTUNREACH
	EINTR        = windows.WSAEINTR
	EINVAL       = windows.WSAEINVAL
	EISCONN      = windows.WSAEISCONN
	EMFILE       = windows.WSAEMFILE
	EMSGSIZE     = windows.WSAEMSGSIZE
	ENETUNREACH  = windows.WSAENETUNREACH
	ENFILE       = windows.WSAENOBUFS
	ENOPROTOOPT  = windows.WSAENOPROTOOPT
	ENOTCONN     = windows.WSAENOTCONN
	EOPNOTSUPP   = windows.WSAEOPNOTSUPP
	EPIPE        = windows.ERROR_NO_DATA
	EPROTO       = syscall.EPROTO
	ESHUTDOWN    = windows.WSAESHUTDOWN
	ETIMEDOUT    = windows.WSAETIMEDOUT
)

// numbers are syscall's for what Windows has others for.
var numbers = map[Errno]Errno{
	EACCES: syscall.EACCES, EAFNOSUPPORT: syscall.EAFNOSUPPORT, EAGAIN: syscall.EAGAIN, EALREADY: syscall.EALREADY,
	EBADF: syscall.EBADF, windows.WSAENOTSOCK: syscall.ENOTSOCK, ECANCELED: syscall.ECANCELED,
	ECONNABORTED: syscall.ECONNABORTED, ECONNREFUSED: syscall.ECONNREFUSED, ECONNRESET: syscall.ECONNRESET,
	EHOSTUNREACH: syscall.EHOSTUNREACH, EINTR: syscall.EINTR, EINVAL: syscall.EINVAL,
	windows.ERROR_INVALID_PARAMETER: syscall.EINVAL, EISCONN: syscall.EISCONN, EMFILE: syscall.EMFILE,
	windows.ERROR_TOO_MANY_OPEN_FILES: syscall.EMFILE, EMSGSIZE: syscall.EMSGSIZE, ENETUNREACH: syscall.ENETUNREACH,
	ENFILE: syscall.ENFILE, ENOPROTOOPT: syscall.ENOPROTOOPT, ENOTCONN: syscall.ENOTCONN, EOPNOTSUPP: syscall.EOPNOTSUPP,
	EPIPE: syscall.EPIPE, windows.ERROR_BROKEN_PIPE: syscall.EPIPE, ESHUTDOWN: syscall.ESHUTDOWN,
	ETIMEDOUT: syscall.ETIMEDOUT, windows.WSAEADDRINUSE: syscall.EADDRINUSE, windows.WSAEADDRNOTAVAIL: syscall.EADDRNOTAVAIL,
	windows.WSAEACCES: syscall.EACCES, windows.ERROR_DISK_FULL: syscall.ENOSPC,
}

// Error is what a program is shown for errno: an error in which errors.Is and errors.As find the number of
// Windows, and errors.Is the one of package syscall for the same thing as well, so that a program need not
// know where it runs.
func Error(errno Errno) error {
	if n, ok := numbers[errno]; ok {
		return &systemError{errno, n}
	}
	return errno
}

type systemError struct{ is, like Errno }

func (e *systemError) Error() string { return e.is.Error() }
func (e *systemError) Unwrap() error { return e.is }

func (e *systemError) Is(target error) bool {
	other, ok := target.(*systemError)
	return target == error(e.like) || ok && other.like == e.like || target == os.ErrPermission && e.like == syscall.EACCES
}

func (e *systemError) Timeout() bool   { return e.is == ETIMEDOUT || e.is == EAGAIN }
func (e *systemError) Temporary() bool { return e.Timeout() || e.is == EINTR || e.is == EMFILE }

// ShutdownLeavesReceives: a receive that waits goes on waiting after a shutdown of its direction, and one
// that is started then ends.
const ShutdownLeavesReceives = true
