// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build freebsd || dragonfly || illumos

package portable

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// accept is accept4(2) on a non-blocking socket.
func accept(fd int32, flags uint32) (int, syscall.Errno) {
	n, _, err := unix.Accept4(int(fd), int(flags))
	return n, errnoOf(err)
}
