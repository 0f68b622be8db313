// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !iocp_libc

package portable

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/sys"
)

const flagNoWait = unix.RWF_NOWAIT

var noTime unix.Timespec

// pollNow is ppoll(2) without waiting; unix.Poll would allocate the time.
func pollNow(p *[1]unix.PollFd) syscall.Errno {
	_, _, errno := syscall.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(p)), 1, uintptr(unsafe.Pointer(&noTime)), 0, 0, 0)
	return errno
}

// accept is accept4(2) on a non-blocking socket.
func accept(fd int32, flags uint32) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), 0, 0, uintptr(flags), 0, 0)
	return int(n), errno
}

// cut is what a request needs to tell that a datagram was cut short: nothing, as MSG_TRUNC does.
type cut struct{}

// receive is recv(2).
func (*cut) receive(fd int32, v *unix.Iovec, flags int) (int, syscall.Errno) {
	return move(false, fd, v, flags)
}

// receiveMsg is recvmsg(2).
func receiveMsg(fd int32, m *unix.Msghdr, flags int) (int, syscall.Errno) {
	return moveMsg(false, fd, m, flags)
}

// vectored reads or writes without an offset on a non-blocking descriptor. Only preadv2(2) takes
// flags.
func vectored(write bool, fd int32, v []unix.Iovec, flags int) (int, syscall.Errno) {
	if flags == 0 {
		return plain(write, fd, v)
	}
	return extended(write, fd, v, -1, uint32(flags))
}

func vectoredBlocking(write bool, fd int32, v []unix.Iovec, flags uint32) (int, syscall.Errno) {
	if flags == 0 {
		return plainBlocking(write, fd, v)
	}
	return extended(write, fd, v, -1, flags)
}

// files is what all writers of an engine share: nothing.
type files struct{}

// positioned reads or writes at an offset. It may wait.
func (*files) positioned(write bool, fd int32, v []unix.Iovec, off int64, flags uint32) (int, syscall.Errno) {
	if flags != 0 {
		n, errno := extended(write, fd, v, off, flags)
		if errno == syscall.ENOSYS && write && flags == unix.RWF_APPEND {
			return appendAnew(fd, v)
		}
		return n, errno
	}
	nr := uintptr(unix.SYS_PREADV)
	if write {
		nr = unix.SYS_PWRITEV
	}
	lo, hi := halves(off)
	n, _, errno := syscall.Syscall6(nr, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v)), lo, hi, 0)
	return int(n), errno
}

// extended is preadv2(2) or pwritev2(2), with the file's own position for an offset of -1.
func extended(write bool, fd int32, v []unix.Iovec, off int64, flags uint32) (int, syscall.Errno) {
	nr := uintptr(unix.SYS_PREADV2)
	if write {
		nr = unix.SYS_PWRITEV2
	}
	lo, hi := halves(off)
	n, _, errno := syscall.Syscall6(nr, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v)), lo, hi, uintptr(flags))
	return int(n), errno
}

// appendAnew is RWF_APPEND for sandboxes and kernels without pwritev2(2).
func appendAnew(fd int32, v []unix.Iovec) (int, syscall.Errno) {
	again, errno := sys.OpenToAppend(fd)
	if errno != 0 {
		return 0, errno
	}
	defer unix.Close(int(again))
	n, _, errno := syscall.Syscall(unix.SYS_WRITEV, uintptr(again), uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v)))
	return int(n), errno
}

// halves are an offset as the vectored calls take it: preadv(2).
func halves(off int64) (lo, hi uintptr) {
	lo, hi = uintptr(off), uintptr(uint64(off)>>32)
	if unsafe.Sizeof(lo) == 8 {
		hi = 0
	}
	return lo, hi
}

func syncFile(fd int32, data bool) syscall.Errno {
	if data {
		return errnoOf(unix.Fdatasync(int(fd)))
	}
	return errnoOf(unix.Fsync(int(fd)))
}
