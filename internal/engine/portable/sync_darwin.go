// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package portable

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// syncFile has the drive write its cache, which fsync(2) leaves to it here: fcntl(2), F_FULLFSYNC.
// File systems of other machines do not know that.
func syncFile(fd int32, _ bool) syscall.Errno {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_FULLFSYNC, 0)
	if err == syscall.ENOTSUP {
		err = unix.Fsync(int(fd))
	}
	return errnoOf(err)
}
