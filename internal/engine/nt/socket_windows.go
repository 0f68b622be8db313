// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"math"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/engine"
	"iocp/internal/sys/nt"
)

// accept starts AcceptEx into a new socket like the one that listens.
func accept(r *request, b *block) syscall.Errno {
	h := r.handle
	address, err := nt.AcceptEx.Of(h.h)
	if err != nil {
		return err.(syscall.Errno)
	}
	s, err := windows.WSASocket(h.family, h.typ, h.protocol, nil, 0, windows.WSA_FLAG_OVERLAPPED|windows.WSA_FLAG_NO_HANDLE_INHERIT)
	if err != nil {
		return err.(syscall.Errno)
	}
	r.accept = s
	ok, _, errno := syscall.SyscallN(address, uintptr(h.h), uintptr(s), uintptr(unsafe.Pointer(&b.address)), 0,
		uintptr(acceptRoom), uintptr(acceptRoom), uintptr(unsafe.Pointer(&b.bytes)), uintptr(unsafe.Pointer(&b.ov)))
	return boolean(ok, errno)
}

// accepted makes the new socket one that all functions take (I31), and returns the result.
func (r *request) accepted() int32 {
	s, listener := r.accept, r.handle.h
	err := windows.Setsockopt(s, windows.SOL_SOCKET, windows.SO_UPDATE_ACCEPT_CONTEXT,
		(*byte)(unsafe.Pointer(&listener)), int32(unsafe.Sizeof(listener)))
	if err != nil {
		windows.Closesocket(s)
		return -int32(r.meaning(err.(syscall.Errno)))
	}
	return int32(s)
}

// connectsOverlapped reports whether a connect can be left to the kernel.
func (h *handle) connectsOverlapped() bool {
	return h.family == windows.AF_INET || h.family == windows.AF_INET6
}

// connect starts ConnectEx, for which the socket has to be bound (I35).
func connect(r *request, b *block) syscall.Errno {
	h, op := r.handle, r.op
	address, err := nt.ConnectEx.Of(h.h)
	if err != nil {
		return err.(syscall.Errno)
	}
	to := (*windows.RawSockaddrAny)(op.Addr)
	if errno := h.bindAnywhere(); errno != 0 {
		return errno
	}
	if isLoopback(to) {
		h.tryOnce()
	}
	ok, _, errno := syscall.SyscallN(address, uintptr(h.h), uintptr(unsafe.Pointer(to)), uintptr(op.Off), 0, 0,
		uintptr(unsafe.Pointer(&b.bytes)), uintptr(unsafe.Pointer(&b.ov)))
	return boolean(ok, errno)
}

// connected makes the socket one that all functions take (I39), and returns the result.
func (r *request) connected() int32 {
	if err := windows.Setsockopt(r.handle.h, windows.SOL_SOCKET, windows.SO_UPDATE_CONNECT_CONTEXT, nil, 0); err != nil {
		return -int32(r.meaning(err.(syscall.Errno)))
	}
	return 0
}

// connectAtOnce is connect. An address without a family dissolves the connection of a socket for
// datagrams: on Windows that is the address of zeros of the socket's family.
func connectAtOnce(h *handle, op *engine.Op) syscall.Errno {
	to, n := op.Addr, uintptr(op.Off)
	var none windows.RawSockaddrAny
	if (*windows.RawSockaddrAny)(to).Addr.Family == windows.AF_UNSPEC {
		none.Addr.Family = uint16(h.family)
		to, n = unsafe.Pointer(&none), addressLength(h.family)
	}
	r, _, errno := syscall.SyscallN(nt.Connect.Addr(), uintptr(h.h), uintptr(to), n)
	return winsock(r, errno)
}

func addressLength(family int32) uintptr {
	if family == windows.AF_INET {
		return unsafe.Sizeof(windows.RawSockaddrInet4{})
	}
	return unsafe.Sizeof(windows.RawSockaddrInet6{})
}

// bindAnywhere binds the socket to an address of the system's choice, unless it is bound.
func (h *handle) bindAnywhere() syscall.Errno {
	var is windows.RawSockaddrAny
	n := int32(unsafe.Sizeof(is))
	r, _, _ := syscall.SyscallN(nt.Getsockname.Addr(), uintptr(h.h), uintptr(unsafe.Pointer(&is)), uintptr(unsafe.Pointer(&n)))
	if port := (*windows.RawSockaddrInet4)(unsafe.Pointer(&is)).Port; int32(r) == 0 && port != 0 { // in the same place for IPv6
		return 0
	}
	is = windows.RawSockaddrAny{}
	is.Addr.Family = uint16(h.family)
	r, _, errno := syscall.SyscallN(nt.Bind.Addr(), uintptr(h.h), uintptr(unsafe.Pointer(&is)), addressLength(h.family))
	return winsock(r, errno)
}

func isLoopback(to *windows.RawSockaddrAny) bool {
	if to.Addr.Family == windows.AF_INET {
		return (*windows.RawSockaddrInet4)(unsafe.Pointer(to)).Addr[0] == 127
	}
	return (*windows.RawSockaddrInet6)(unsafe.Pointer(to)).Addr == [16]byte{15: 1}
}

// tryOnce lets a connect to this machine fail at once when nobody listens, instead of after the two
// seconds of repetitions that make sense on a network: SIO_TCP_INITIAL_RTO. Where it is not known nothing
// is lost but time.
func (h *handle) tryOnce() {
	const (
		sioTCPInitialRTO = 0x98000011
		unspecified      = 0xffff // TCP_INITIAL_RTO_UNSPECIFIED_RTT
		noRepetitions    = 0xfe   // TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS
	)
	parameters := struct {
		rtt         uint16
		repetitions uint8
	}{unspecified, noRepetitions}
	var n uint32
	windows.WSAIoctl(h.h, sioTCPInitialRTO, (*byte)(unsafe.Pointer(&parameters)), uint32(unsafe.Sizeof(parameters)), nil, 0, &n, nil, 0)
}

// poll asks the driver to say when the socket is ready. On files the driver of sockets has nothing to say:
// ERROR_INVALID_PARAMETER.
func poll(h *handle, events uint32, b *block) syscall.Errno {
	if h.base == 0 {
		h.base = base(h.h)
	}
	if !h.socket {
		return windows.ERROR_INVALID_PARAMETER
	}
	b.poll = nt.AFDPoll{Timeout: math.MaxInt64, Count: 1, Socket: h.base, Events: nt.AFDAbort | nt.AFDLocalClose | nt.AFDConnectFail}
	if events&nt.PollIn != 0 {
		b.poll.Events |= nt.AFDReceive | nt.AFDDisconnect | nt.AFDAccept
	}
	if events&nt.PollOut != 0 {
		b.poll.Events |= nt.AFDSend
	}
	memory := uintptr(unsafe.Pointer(&b.poll))
	r, _, errno := syscall.SyscallN(nt.DeviceIoControl.Addr(), uintptr(h.h), nt.IoctlAFDPoll, memory, nt.SizeofAFDPoll,
		memory, nt.SizeofAFDPoll, uintptr(unsafe.Pointer(&b.bytes)), uintptr(unsafe.Pointer(&b.ov)))
	return boolean(r, errno)
}

// base is the socket below those of layers in between: SIO_BASE_HANDLE.
func base(h windows.Handle) windows.Handle {
	const sioBaseHandle = 0x48000022
	var b windows.Handle
	var n uint32
	if windows.WSAIoctl(h, sioBaseHandle, nil, 0, (*byte)(unsafe.Pointer(&b)), uint32(unsafe.Sizeof(b)), &n, nil, 0) != nil {
		return h
	}
	return b
}

// ready translates the driver's events to those that were asked for.
func ready(events, asked uint32) (res uint32) {
	if events&(nt.AFDReceive|nt.AFDDisconnect|nt.AFDAccept|nt.AFDAbort) != 0 {
		res |= nt.PollIn & asked
	}
	if events&(nt.AFDSend|nt.AFDConnectFail) != 0 {
		res |= nt.PollOut & asked
	}
	if events&(nt.AFDAbort|nt.AFDConnectFail) != 0 {
		res |= nt.PollErr | nt.PollHup
	}
	return res
}
