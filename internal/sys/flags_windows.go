// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// The numbers that go to a kernel in engine.Op and Socket, with the meaning that engines give them
// where a kernel has none. A flag that is 0 on a system is one it does not need.
const (
	AFInet     = windows.AF_INET
	AFInet6    = windows.AF_INET6
	AFUnix     = windows.AF_UNIX
	SockStream = windows.SOCK_STREAM
	SockDgram  = windows.SOCK_DGRAM

	AcceptFlags = 0 // sockets are never inherited

	MsgPeek     = windows.MSG_PEEK
	MsgWaitAll  = windows.MSG_WAITALL
	MsgTrunc    = nt.MsgTrunc
	MsgMore     = 0
	MsgNoSignal = 0

	PollIn    = nt.PollIn
	PollOut   = nt.PollOut
	PollErr   = nt.PollErr
	PollRDHup = 0

	ShutRead  = windows.SHUT_RD
	ShutWrite = windows.SHUT_WR
	ShutBoth  = windows.SHUT_RDWR

	ToEnd = nt.ToEnd

	ODirect = windows.FILE_FLAG_NO_BUFFERING // os.OpenFile takes it, too
)
