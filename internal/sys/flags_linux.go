// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// The numbers that go to a kernel in engine.Op and Socket, with the meaning that engines give them
// where a kernel has none. A flag that is 0 on a system is one it does not need.
const (
	AFInet     = syscall.AF_INET
	AFInet6    = syscall.AF_INET6
	AFUnix     = syscall.AF_UNIX
	SockStream = syscall.SOCK_STREAM
	SockDgram  = syscall.SOCK_DGRAM

	AcceptFlags = unix.SOCK_CLOEXEC // of engine.Accept: the new descriptor is not inherited

	MsgPeek     = unix.MSG_PEEK     // of a receive: take nothing (I18)
	MsgWaitAll  = unix.MSG_WAITALL  // of a transfer on a stream: the engine may wait for all of it (I19, I03)
	MsgTrunc    = unix.MSG_TRUNC    // of a receive of datagrams: the result is the length of the datagram, or anything longer than the room
	MsgMore     = unix.MSG_MORE     // of a send: another one follows at once
	MsgNoSignal = unix.MSG_NOSIGNAL // of a send: no signal when the peer is gone

	PollIn    = unix.POLLIN
	PollOut   = unix.POLLOUT
	PollErr   = unix.POLLERR
	PollRDHup = unix.POLLRDHUP // the peer has ended its sending

	ShutRead  = unix.SHUT_RD
	ShutWrite = unix.SHUT_WR
	ShutBoth  = unix.SHUT_RDWR

	ToEnd = unix.RWF_APPEND // of a Write: at the end of the file, whatever Off says (G09)

	ODirect = unix.O_DIRECT // of OpenFile: without the page cache
)
