// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build (unix && !aix && !linux && !freebsd && !dragonfly && !illumos) || (linux && iocp_libc)

package portable

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// accept is accept(2) on a non-blocking socket. The new one is close-on-exec in any case, and
// non-blocking only if that is asked for: some systems hand it down from the listener.
func accept(fd int32, flags uint32) (int, syscall.Errno) {
	syscall.ForkLock.RLock()
	n, _, err := unix.Accept(int(fd))
	if err == nil {
		unix.CloseOnExec(n)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, errnoOf(err)
	}
	if err := unix.SetNonblock(n, flags&sockNonblock != 0); err != nil {
		unix.Close(n)
		return -1, errnoOf(err)
	}
	return n, 0
}
