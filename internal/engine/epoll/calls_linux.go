// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// The system calls below are made with RawSyscall where they cannot wait: that does not tell Go's
// scheduler, which costs a third of a short call. They take the memory of requests, never of the
// stack of a goroutine.

func result(n int, errno syscall.Errno) int32 {
	if errno != 0 {
		return -int32(errno)
	}
	return int32(n)
}

func (e *Engine) control(op int, d *desc) syscall.Errno {
	ev := unix.EpollEvent{Events: interest, Fd: d.fd, Pad: d.gen}
	if err := unix.EpollCtl(e.epfd, op, int(d.fd), &ev); err != nil {
		return err.(syscall.Errno)
	}
	return 0
}

// wait is epoll_pwait(2) without waiting; newer architectures have no epoll_wait.
func (e *Engine) wait() (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(e.epfd), uintptr(unsafe.Pointer(&e.events)), maxEvents, 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// pollOnce is ppoll(2) without waiting, on one descriptor.
func pollOnce(p *pollFD, fd int32, events uint16) (uint16, syscall.Errno) {
	*p = pollFD{fd: fd, events: int16(events)}
	_, _, errno := syscall.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(p)), 1, uintptr(unsafe.Pointer(&noTime)), 0, 0, 0)
	if errno == syscall.EINTR {
		return 0, 0
	}
	return uint16(p.revents), errno
}

var noTime unix.Timespec

func getFlags(fd int32) (int, syscall.Errno) {
	n, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return 0, err.(syscall.Errno)
	}
	return n, 0
}

// setNonblock makes the descriptor, and all copies of it, non-blocking.
func setNonblock(fd int32) syscall.Errno {
	flags, errno := getFlags(fd)
	if errno != 0 || flags&unix.O_NONBLOCK != 0 {
		return errno
	}
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFL, flags|unix.O_NONBLOCK); err != nil {
		return err.(syscall.Errno)
	}
	return 0
}

// moveCall is the system call of a Recv or a Send.
var moveCall = [...]uint32{engine.Recv: unix.SYS_RECVFROM, engine.Send: unix.SYS_SENDTO}

// move is send(2) or recv(2).
func move(k engine.Kind, fd int32, addr unsafe.Pointer, length, flags uint32) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(uintptr(moveCall[k]), uintptr(fd), uintptr(addr), uintptr(length), uintptr(flags), 0, 0)
	return int(n), errno
}

func moveMsg(send bool, fd int32, m *unix.Msghdr, flags uint32) (int, syscall.Errno) {
	nr := uintptr(unix.SYS_RECVMSG)
	if send {
		nr = unix.SYS_SENDMSG
	}
	n, _, errno := syscall.RawSyscall(nr, uintptr(fd), uintptr(unsafe.Pointer(m)), uintptr(flags))
	return int(n), errno
}

func accept4(fd int32, flags uint32) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), 0, 0, uintptr(flags), 0, 0)
	return int(n), errno
}

func connect(fd int32, addr unsafe.Pointer, length int64) syscall.Errno {
	_, _, errno := syscall.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(addr), uintptr(length))
	return errno
}

func connectBlocking(fd int32, addr unsafe.Pointer, length int64) syscall.Errno {
	_, _, errno := syscall.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(addr), uintptr(length))
	return errno
}

func shutdown(fd int32, how uint32) (int, syscall.Errno) {
	_, _, errno := syscall.RawSyscall(unix.SYS_SHUTDOWN, uintptr(fd), uintptr(how), 0)
	return 0, errno
}

func closeFD(fd int32) syscall.Errno {
	_, _, errno := syscall.Syscall(unix.SYS_CLOSE, uintptr(fd), 0, 0)
	return errno
}

func syncFile(fd int32, data bool) syscall.Errno {
	nr := uintptr(unix.SYS_FSYNC)
	if data {
		nr = unix.SYS_FDATASYNC
	}
	_, _, errno := syscall.Syscall(nr, uintptr(fd), 0, 0)
	return errno
}

// halves are an offset as the vectored calls take it: preadv(2).
func halves(off int64) (lo, hi uintptr) {
	lo, hi = uintptr(off), uintptr(uint64(off)>>32)
	if unsafe.Sizeof(lo) == 8 {
		hi = 0
	}
	return lo, hi
}

// vectored is preadv2(2) or pwritev2(2), with the file's own position for an offset of -1.
func vectored(write bool, fd int32, v *unix.Iovec, n int, off int64, flags uint32) (int, syscall.Errno) {
	nr := uintptr(unix.SYS_PREADV2)
	if write {
		nr = unix.SYS_PWRITEV2
	}
	lo, hi := halves(off)
	m, _, errno := syscall.RawSyscall6(nr, uintptr(fd), uintptr(unsafe.Pointer(v)), uintptr(n), lo, hi, uintptr(flags))
	return int(m), errno
}

func vectoredBlocking(write bool, fd int32, v *unix.Iovec, n int, off int64, flags uint32) (int, syscall.Errno) {
	nr := uintptr(unix.SYS_PREADV2)
	if write {
		nr = unix.SYS_PWRITEV2
	}
	lo, hi := halves(off)
	m, _, errno := syscall.Syscall6(nr, uintptr(fd), uintptr(unsafe.Pointer(v)), uintptr(n), lo, hi, uintptr(flags))
	return int(m), errno
}

// plain is readv(2) or writev(2) on a non-blocking descriptor.
func plain(write bool, fd int32, v *unix.Iovec, n int) (int, syscall.Errno) {
	nr := uintptr(unix.SYS_READV)
	if write {
		nr = unix.SYS_WRITEV
	}
	m, _, errno := syscall.RawSyscall(nr, uintptr(fd), uintptr(unsafe.Pointer(v)), uintptr(n))
	return int(m), errno
}

// plainBlocking is the vectored calls without flags, which every kernel has.
func plainBlocking(write bool, fd int32, v *unix.Iovec, n int, off int64) (int, syscall.Errno) {
	nr := [2][2]uintptr{{unix.SYS_READV, unix.SYS_WRITEV}, {unix.SYS_PREADV, unix.SYS_PWRITEV}}
	at, dir := 0, reading
	if off >= 0 {
		at = 1
	}
	if write {
		dir = writing
	}
	lo, hi := halves(off)
	m, _, errno := syscall.Syscall6(nr[at][dir], uintptr(fd), uintptr(unsafe.Pointer(v)), uintptr(n), lo, hi, 0)
	return int(m), errno
}

func rawRead(fd int, b *[8]byte) {
	syscall.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(b)), uintptr(len(b)))
}

func rawWrite(fd int, b *[8]byte) {
	syscall.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(b)), uintptr(len(b)))
}
