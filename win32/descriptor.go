// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// descriptor is a file descriptor that is closed when nobody uses it any more. Closed earlier,
// its number could be another file's by the time a system call is made.
type descriptor struct {
	fd    int
	users atomic.Int32 // calls in progress, and one until close
}

func (d *descriptor) own(fd int) {
	d.fd = fd
	d.users.Store(1)
}

// use reports whether the descriptor is open, and keeps it so until done.
func (d *descriptor) use() bool {
	for {
		n := d.users.Load()
		if n == 0 {
			return false
		}
		if d.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// done ends use, or ownership.
func (d *descriptor) done() {
	if d.users.Add(-1) == 0 {
		unix.Close(d.fd)
	}
}

// withFD calls use with the descriptor, which stays open meanwhile.
func (d *descriptor) withFD(use func(fd int) error) error {
	if !d.use() {
		return ERROR_INVALID_HANDLE
	}
	defer d.done()
	return use(d.fd)
}
