// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build (linux || freebsd || netbsd || dragonfly) && !iocp_libc

package portable

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The systems of this file are entered with the numbers of their calls. They take the memory of
// requests, never of the stack of a goroutine; and where a call cannot wait, RawSyscall does not
// tell Go's scheduler, which costs a third of a short call.

// move is send(2) or recv(2), with MSG_DONTWAIT among the flags.
func move(send bool, fd int32, v *unix.Iovec, flags int) (int, syscall.Errno) {
	nr := uintptr(unix.SYS_RECVFROM)
	if send {
		nr = unix.SYS_SENDTO
	}
	n, _, errno := syscall.RawSyscall6(nr, uintptr(fd), uintptr(unsafe.Pointer(v.Base)), uintptr(v.Len), uintptr(flags), 0, 0)
	return int(n), errno
}

// moveMsg is sendmsg(2) or recvmsg(2), with MSG_DONTWAIT among the flags.
func moveMsg(send bool, fd int32, m *unix.Msghdr, flags int) (int, syscall.Errno) {
	nr := uintptr(unix.SYS_RECVMSG)
	if send {
		nr = unix.SYS_SENDMSG
	}
	n, _, errno := syscall.RawSyscall(nr, uintptr(fd), uintptr(unsafe.Pointer(m)), uintptr(flags))
	return int(n), errno
}

// connect is connect(2) on a non-blocking socket.
func connect(fd int32, addr unsafe.Pointer, length int64) syscall.Errno {
	_, _, errno := syscall.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(addr), uintptr(length))
	return errno
}

func connectBlocking(fd int32, addr unsafe.Pointer, length int64) syscall.Errno {
	_, _, errno := syscall.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(addr), uintptr(length))
	return errno
}

var vectoredCall = [2]uintptr{reading: unix.SYS_READV, writing: unix.SYS_WRITEV}

func direction(write bool) int {
	if write {
		return writing
	}
	return reading
}

// plain is readv(2) or writev(2) on a non-blocking descriptor.
func plain(write bool, fd int32, v []unix.Iovec) (int, syscall.Errno) {
	nr := vectoredCall[direction(write)]
	n, _, errno := syscall.RawSyscall(nr, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v)))
	return int(n), errno
}

func plainBlocking(write bool, fd int32, v []unix.Iovec) (int, syscall.Errno) {
	nr := vectoredCall[direction(write)]
	n, _, errno := syscall.Syscall(nr, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v)))
	return int(n), errno
}
