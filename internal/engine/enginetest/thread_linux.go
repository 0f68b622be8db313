// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import "golang.org/x/sys/unix"

// watchThread returns what reports whether the calling thread has ended, or nil if it is the first of the
// process.
func (p *Port) watchThread() (gone func() bool) {
	pid, tid := unix.Getpid(), unix.Gettid()
	if tid == pid {
		return nil
	}
	return func() bool { return unix.Tgkill(pid, tid, 0) == unix.ESRCH }
}
