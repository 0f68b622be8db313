// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix && !darwin && (!linux || iocp_libc)

package portable

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// syncFile is fsync(2), which does all that fdatasync(2) does.
func syncFile(fd int32, _ bool) syscall.Errno { return errnoOf(unix.Fsync(int(fd))) }
