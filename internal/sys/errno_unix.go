// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sys

import "syscall"

// The numbers that package iocp makes or looks for. On Unix they are the kernel's.
const (
	EACCES       = syscall.EACCES
	EAFNOSUPPORT = syscall.EAFNOSUPPORT
	EAGAIN       = syscall.EAGAIN
	EALREADY     = syscall.EALREADY
	EBADF        = syscall.EBADF
	ECANCELED    = syscall.ECANCELED
	ECONNABORTED = syscall.ECONNABORTED
	ECONNREFUSED = syscall.ECONNREFUSED
	ECONNRESET   = syscall.ECONNRESET
	EHOSTUNREACH = syscall.EHOSTUNREACH
	EINTR        = syscall.EINTR
	EINVAL       = syscall.EINVAL
	EISCONN      = syscall.EISCONN
	EMFILE       = syscall.EMFILE
	EMSGSIZE     = syscall.EMSGSIZE
	ENETUNREACH  = syscall.ENETUNREACH
	ENFILE       = syscall.ENFILE
	ENOPROTOOPT  = syscall.ENOPROTOOPT
	ENOTCONN     = syscall.ENOTCONN
	EOPNOTSUPP   = syscall.EOPNOTSUPP
	EPIPE        = syscall.EPIPE
	EPROTO       = syscall.EPROTO
	ESHUTDOWN    = syscall.ESHUTDOWN
	ETIMEDOUT    = syscall.ETIMEDOUT
)

// Error is what a program is shown for errno: on Unix the number itself. On other systems it is an
// error in which errors.Is finds both the system's number and syscall's for the same thing.
func Error(errno Errno) error { return errno }

// ShutdownLeavesReceives: a receive that waits ends with a shutdown of its direction here.
const ShutdownLeavesReceives = false
