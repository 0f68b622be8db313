// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build freebsd || netbsd || dragonfly

package portable

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// receiveCut is recvmsg(2), whose result is greater than the room there is if the datagram is.
func receiveCut(fd int32, m *unix.Msghdr, flags int) (int, syscall.Errno) {
	n, errno := moveMsg(false, fd, m, flags)
	if errno == 0 && m.Flags&unix.MSG_TRUNC != 0 {
		n = lengthOf(messageVectors(m)) + 1
	}
	return n, errno
}
