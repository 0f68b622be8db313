// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Setup is io_uring_setup(2): it creates a ring of at least entries requests, fills p and
// returns the ring's descriptor, which is close-on-exec. It does not block.
func Setup(entries uint32, p *Params) (int, syscall.Errno) {
	fd, _, errno := syscall.Syscall(unix.SYS_IO_URING_SETUP, uintptr(entries), uintptr(unsafe.Pointer(p)), 0)
	return int(fd), errno
}

// Enter is io_uring_enter(2) without a signal mask. It returns how many requests the
// kernel consumed. It is a raw system call: Go's scheduler does not know of it and the
// thread keeps its P, so minComplete must be 0 wherever the call could have to wait.
func Enter(fd int, toSubmit, minComplete, flags uint32) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(fd), uintptr(toSubmit),
		uintptr(minComplete), uintptr(flags), 0, 0)
	return int(n), errno
}

// Register is io_uring_register(2). What arg points to and what n counts depends on
// opcode. It may wait for a submission that another thread has under way.
func Register(fd int, opcode uint32, arg unsafe.Pointer, n uint32) syscall.Errno {
	_, _, errno := syscall.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(fd), uintptr(opcode),
		uintptr(arg), uintptr(n), 0, 0)
	return errno
}
