// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"syscall"
	"time"
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

// EnterFor is Enter which waits for up to d until there are minComplete completions. It returns ETIME if
// there were not, and nothing was submitted. w is the caller's alone until it returns, and must not lie on
// a goroutine's stack, which moves.
func EnterFor(fd int, toSubmit, minComplete, flags uint32, d time.Duration, w *Wait) (int, syscall.Errno) {
	w.timeout = [2]int64{int64(d / time.Second), int64(d % time.Second)}
	w.args.Timeout = uint64(uintptr(unsafe.Pointer(&w.timeout)))
	n, _, errno := syscall.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(fd), uintptr(toSubmit),
		uintptr(minComplete), uintptr(flags|EnterExtArg), uintptr(unsafe.Pointer(&w.args)), unsafe.Sizeof(w.args))
	return int(n), errno
}

// Wait is the memory of an EnterFor.
type Wait struct {
	args    GetEventsArg
	timeout [2]int64 // struct __kernel_timespec
}

// Register is io_uring_register(2). What arg points to and what n counts depends on
// opcode. It may wait for a submission that another thread has under way.
func Register(fd int, opcode uint32, arg unsafe.Pointer, n uint32) syscall.Errno {
	_, _, errno := syscall.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(fd), uintptr(opcode),
		uintptr(arg), uintptr(n), 0, 0)
	return errno
}
