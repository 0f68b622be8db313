// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package sys

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// The numbers of the systems that have no others; flags_linux.go says what they mean.
const (
	AFInet     = syscall.AF_INET
	AFInet6    = syscall.AF_INET6
	AFUnix     = syscall.AF_UNIX
	SockStream = syscall.SOCK_STREAM
	SockDgram  = syscall.SOCK_DGRAM

	MsgPeek    = unix.MSG_PEEK
	MsgWaitAll = unix.MSG_WAITALL
	MsgTrunc   = unix.MSG_TRUNC // no kernel's, of a receive: engines look at what recvmsg(2) says
	MsgMore    = 0

	PollIn    = unix.POLLIN
	PollOut   = unix.POLLOUT
	PollErr   = unix.POLLERR
	PollRDHup = 0 // POLLIN tells of it

	ShutRead  = unix.SHUT_RD
	ShutWrite = unix.SHUT_WR
	ShutBoth  = unix.SHUT_RDWR

	ToEnd = 0x10 // no kernel's: the number that Linux has for it
)
