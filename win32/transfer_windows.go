// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"syscall"
	"unsafe"

	"iocp/internal/sys/nt"
)

// WSARecv receives into bufs, filled one after the other, from a connection or, as one datagram
// each, from whoever sends to a bound socket. The bytes belong to the system until the operation is
// over, and are kept reachable until then; bufs itself is the caller's again when the call returns.
// *flags is 0 or made of MSG_PEEK (I18) and, on a stream, MSG_WAITALL (I19).
//
// With ov nil, or a socket that is not overlapped, it waits (F15, O11); on a non-blocking socket a
// call without ov does not (I22). With a routine, which needs a socket without a port, the end is
// a call of it, by the goroutine that started it, which must have called runtime.LockOSThread (F17).
//
// nil: done at once, *recvd bytes. ERROR_IO_PENDING: exactly one packet will come, or whatever else was
// asked for. WSAEMSGSIZE: a datagram was too long; a packet comes all the same (F04, I13). Any other
// error: no packet (F03). *recvd, which may be nil, is written only with nil. Errors are the system's.
func WSARecv(s SOCKET, bufs []WSABUF, recvd *uint32, flags *uint32, ov *OVERLAPPED, routine CompletionRoutine) error {
	var n uint32
	if recvd == nil && ov == nil {
		recvd = &n
	}
	o := startSocket(s, ov, routine, bufs)
	r, _, e := syscall.SyscallN(nt.WSARecv.Addr(), uintptr(s), uintptr(unsafe.Pointer(unsafe.SliceData(bufs))),
		uintptr(len(bufs)), uintptr(unsafe.Pointer(recvd)), uintptr(unsafe.Pointer(flags)), uintptr(unsafe.Pointer(ov)),
		routineAddress(routine))
	return o.started(ov, winsock(r, e))
}

// WSARecvFrom is [WSARecv] that also tells who sent a datagram: from, and fromlen with its size before
// and the length of the address afterwards, belong to the system until the operation is over. Both
// may be nil.
func WSARecvFrom(s SOCKET, bufs []WSABUF, recvd *uint32, flags *uint32, from *RawSockaddrAny, fromlen *int32, ov *OVERLAPPED, routine CompletionRoutine) error {
	var n uint32
	if recvd == nil && ov == nil {
		recvd = &n
	}
	o := startSocket(s, ov, routine, bufs, unsafe.Pointer(from), unsafe.Pointer(fromlen))
	r, _, e := syscall.SyscallN(nt.WSARecvFrom.Addr(), uintptr(s), uintptr(unsafe.Pointer(unsafe.SliceData(bufs))),
		uintptr(len(bufs)), uintptr(unsafe.Pointer(recvd)), uintptr(unsafe.Pointer(flags)), uintptr(unsafe.Pointer(from)),
		uintptr(unsafe.Pointer(fromlen)), uintptr(unsafe.Pointer(ov)), routineAddress(routine))
	return o.started(ov, winsock(r, e))
}

// WSASend sends bufs, one after the other, under the rules of [WSARecv]; the bytes must not be
// changed until the operation is over. On a stream it ends when the system has taken all (I03).
// Errors are the system's.
func WSASend(s SOCKET, bufs []WSABUF, sent *uint32, flags uint32, ov *OVERLAPPED, routine CompletionRoutine) error {
	var n uint32
	if sent == nil && ov == nil {
		sent = &n
	}
	o := startSocket(s, ov, routine, bufs)
	r, _, e := syscall.SyscallN(nt.WSASend.Addr(), uintptr(s), uintptr(unsafe.Pointer(unsafe.SliceData(bufs))),
		uintptr(len(bufs)), uintptr(unsafe.Pointer(sent)), uintptr(flags), uintptr(unsafe.Pointer(ov)),
		routineAddress(routine))
	return o.started(ov, winsock(r, e))
}

// WSASendTo is [WSASend] that sends a datagram to the address to; nil means where the socket is
// connected to. A socket that is not bound gets an address of the system's choice.
func WSASendTo(s SOCKET, bufs []WSABUF, sent *uint32, flags uint32, to Sockaddr, ov *OVERLAPPED, routine CompletionRoutine) error {
	if to == nil {
		return WSASend(s, bufs, sent, flags, ov, routine)
	}
	var n uint32
	if sent == nil && ov == nil {
		sent = &n
	}
	var raw RawSockaddrAny
	length := raw.Put(to)
	o := startSocket(s, ov, routine, bufs)
	r, _, e := syscall.SyscallN(nt.WSASendTo.Addr(), uintptr(s), uintptr(unsafe.Pointer(unsafe.SliceData(bufs))),
		uintptr(len(bufs)), uintptr(unsafe.Pointer(sent)), uintptr(flags), uintptr(unsafe.Pointer(&raw)), uintptr(length),
		uintptr(unsafe.Pointer(ov)), routineAddress(routine))
	return o.started(ov, winsock(r, e))
}

// routineAddress is what the system calls at the end of an operation of a socket.
func routineAddress(routine CompletionRoutine) uintptr {
	if routine == nil {
		return 0
	}
	return socketRoutineAddress()
}
