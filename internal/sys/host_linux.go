// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !iocp_libc

package sys

import (
	"net/netip"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// triesReads: preadv2(2) has RWF_NOWAIT.
const triesReads = true

func (host) Socket(family, typ, proto int) (int32, Errno) {
	fd, err := unix.Socket(family, typ|unix.SOCK_CLOEXEC, proto)
	return int32(fd), errnoOf(err)
}

// prepare makes a descriptor a blocking one: io_uring answers EAGAIN for others.
func prepare(fd int) error { return unix.SetNonblock(fd, false) }

func (host) LocalAddr(fd int32) (netip.AddrPort, Errno) { return name(unix.SYS_GETSOCKNAME, fd) }
func (host) PeerAddr(fd int32) (netip.AddrPort, Errno)  { return name(unix.SYS_GETPEERNAME, fd) }

func name(call uintptr, fd int32) (netip.AddrPort, Errno) {
	var sa Sockaddr
	n := uint32(SizeofSockaddr)
	_, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&n)))
	if errno != 0 {
		return netip.AddrPort{}, errno
	}
	return sa.AddrPort(), 0
}

// domain is what the socket was made with: socket(7), SO_DOMAIN.
func (host) domain(fd int32) (int, Errno) {
	v, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
	return v, errnoOf(err)
}

func systemOption(fd int32, o Option) optionName {
	switch o {
	case KeepIdle:
		return optionName{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE}
	case KeepInterval:
		return optionName{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL}
	case KeepCount:
		return optionName{unix.IPPROTO_TCP, unix.TCP_KEEPCNT}
	case Protocol:
		return optionName{unix.SOL_SOCKET, unix.SO_PROTOCOL}
	case ReportRefused:
		if domain, _ := (host{}).domain(fd); domain == AFInet6 {
			return optionName{unix.IPPROTO_IPV6, unix.IPV6_RECVERR}
		}
		return optionName{unix.IPPROTO_IP, unix.IP_RECVERR}
	}
	return optionName{}
}

// Dissolve: connect(2), AF_UNSPEC.
func (host) Dissolve(fd int32) Errno {
	var none Sockaddr
	n := none.Clear()
	_, _, errno := syscall.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&none)), uintptr(n))
	return errno
}

func (host) HungUp(fd int32) bool {
	p := unix.PollFd{Fd: fd}
	var now unix.Timespec
	n, _, errno := syscall.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
	return errno != 0 || n > 0 && p.Revents&unix.POLLHUP != 0
}

// DropErrors: as long as there are details of errors, the socket counts as readable: ip(7), IP_RECVERR.
// The room for a byte of data is for qemu-user, which without any answers 0 and asks nobody.
func (host) DropErrors(fd int32) {
	var b byte
	iov := unix.Iovec{Base: &b}
	iov.SetLen(1)
	for {
		msg := unix.Msghdr{Iov: &iov}
		msg.SetIovlen(1)
		_, _, errno := syscall.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)), unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if errno != 0 {
			return
		}
	}
}

func (host) Replace(fd, old int32) (int32, Errno) {
	err := unix.Dup3(int(fd), int(old), unix.O_CLOEXEC)
	unix.Close(int(fd))
	return old, errnoOf(err)
}

// Try makes the calls without a word to Go's scheduler, which would cost a third of a short one: none
// of them waits.
func (host) Try(op *engine.Op) int32 {
	var n uintptr
	var errno Errno
	switch op.Kind {
	case engine.Recv:
		n, _, errno = syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(op.FD), uintptr(op.Addr), uintptr(op.Len), uintptr(op.Flags|unix.MSG_DONTWAIT), 0, 0)
	case engine.Send:
		n, _, errno = syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(op.FD), uintptr(op.Addr), uintptr(op.Len), uintptr(op.Flags|unix.MSG_DONTWAIT), 0, 0)
	case engine.RecvMsg:
		n, _, errno = syscall.RawSyscall(unix.SYS_RECVMSG, uintptr(op.FD), uintptr(op.Addr), uintptr(op.Flags|unix.MSG_DONTWAIT))
	case engine.SendMsg:
		n, _, errno = syscall.RawSyscall(unix.SYS_SENDMSG, uintptr(op.FD), uintptr(op.Addr), uintptr(op.Flags|unix.MSG_DONTWAIT))
	case engine.Read:
		return tryRead(op)
	default:
		errno = EINVAL
	}
	if errno != 0 {
		return -int32(errno)
	}
	return int32(n)
}

// tryRead reads what the page cache has, without waiting for a device: preadv2(2), RWF_NOWAIT. Errors
// are the engine's to report: this may be the call's alone, which sandboxes and old kernels do not have.
func tryRead(op *engine.Op) int32 {
	iov := unix.Iovec{Base: (*byte)(op.Addr)}
	iov.SetLen(int(op.Len))
	off := uint64(op.Off)
	lo, hi := uintptr(off), uintptr(off>>32)
	if unsafe.Sizeof(lo) == 8 {
		hi = 0
	}
	n, _, errno := syscall.RawSyscall6(unix.SYS_PREADV2, uintptr(op.FD), uintptr(unsafe.Pointer(&iov)), 1, lo, hi, unix.RWF_NOWAIT)
	runtime.KeepAlive(op)
	switch {
	case errno == EAGAIN, errno == EINTR:
		return -int32(errno)
	case errno != 0:
		return -int32(EOPNOTSUPP)
	case uint32(n) < op.Len && op.Off >= 0: // of a pipe it is all there is, and gone from it
		return -int32(EAGAIN)
	}
	return int32(n)
}
