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

// arrived takes the packet of r, and reports whether r waited for one.
func (e *Engine) arrived(r *request, over *chain) bool {
	p := r.place.Load()
	if p&at(stopped, 0) != inKernel || !r.place.CompareAndSwap(p, nowhere) {
		return false
	}
	e.waiting.Add(-1)
	e.completed(r, r.kernel.Load(), over)
	return true
}

// completed goes on with an operation, or its buffer, whose outcome is in b.
func (e *Engine) completed(r *request, b *block, over *chain) {
	status, n := windows.NTStatus(b.ov.Internal), int(b.ov.InternalHigh)
	switch {
	case status == windows.STATUS_BUFFER_OVERFLOW:
		if r.op.Flags&nt.MsgTrunc != 0 && (r.op.Kind == engine.Recv || r.op.Kind == engine.RecvMsg) {
			n = r.room() + 1
		}
		finish(r, int32(r.done+n), over)
	case int32(status) >= 0:
		e.succeeded(r, b, n, over)
	case (status == windows.STATUS_CANCELLED || r.op.Kind == engine.SendFile) && n > 0:
		finish(r, int32(r.done+n), over)
	default:
		e.refused(r, errnoOf(r.handle, b, status), over)
	}
}

// room is how much a receive has room for.
func (r *request) room() (n int) {
	if r.op.Kind == engine.Recv {
		return int(r.op.Len)
	}
	m := (*windows.WSAMsg)(r.op.Addr)
	for _, v := range unsafe.Slice(m.Buffers, m.BufferCount) {
		n += int(v.Len)
	}
	return n
}

// succeeded goes on after n bytes.
func (e *Engine) succeeded(r *request, b *block, n int, over *chain) {
	switch r.op.Kind {
	case engine.Accept:
		finish(r, r.accepted(), over)
	case engine.Connect:
		finish(r, r.connected(), over)
	case engine.Poll:
		finish(r, int32(ready(b.poll.Events, r.op.Flags)), over)
	case engine.Readv, engine.Writev:
		if r.forward(n) {
			e.issue(r, over)
		} else {
			finish(r, int32(r.done), over)
		}
	default:
		finish(r, int32(n), over)
	}
}

// refused ends an operation that failed.
func (e *Engine) refused(r *request, errno syscall.Errno, over *chain) {
	if r.accept != windows.InvalidHandle {
		windows.Closesocket(r.accept)
	}
	finish(r, r.outcome(errno), over)
}

// partial is the result of an operation that ends with errno: what was transferred counts, and the
// end of a file is none.
func (r *request) partial(errno syscall.Errno) int32 {
	if r.done > 0 {
		return int32(r.done)
	}
	if errno == 0 {
		return 0
	}
	return -int32(errno)
}

// outcome is the result of an operation that ends with errno, or without one.
func (r *request) outcome(errno syscall.Errno) int32 { return r.partial(r.meaning(errno)) }

// meaning is what the engine calls an error; 0 is the end of a file (G04) or of a pipe whose writers are
// gone.
func (r *request) meaning(errno syscall.Errno) syscall.Errno {
	h := r.handle
	if h.socket {
		errno = winsockError(errno)
	}
	switch kind := r.op.Kind; {
	case kind == engine.Read || kind == engine.Readv:
		if errno == windows.ERROR_HANDLE_EOF || errno == windows.ERROR_BROKEN_PIPE {
			return 0
		}
	case (kind == engine.Recv || kind == engine.RecvMsg) && errno == windows.WSAESHUTDOWN:
		return 0 // the end, as far as this side is concerned
	case kind == engine.Accept && (errno == windows.WSAECONNRESET || errno == windows.WSAENOTCONN):
		return windows.WSAECONNABORTED // the connection is gone, and the next accept is about another (I30)
	case errno == windows.ERROR_OPERATION_ABORTED && r.isImpatient():
		return windows.WSAEWOULDBLOCK
	case h.typ == windows.SOCK_DGRAM && errno == windows.WSAECONNRESET:
		return windows.WSAECONNREFUSED // what a datagram was answered with (I15)
	}
	return errno
}

// winsockError is the number that Winsock has for an error of a socket.
func winsockError(errno syscall.Errno) syscall.Errno {
	switch errno {
	case windows.ERROR_NETNAME_DELETED, windows.ERROR_PORT_UNREACHABLE:
		return windows.WSAECONNRESET
	case windows.ERROR_CONNECTION_ABORTED:
		return windows.WSAECONNABORTED
	case windows.ERROR_CONNECTION_REFUSED:
		return windows.WSAECONNREFUSED
	case windows.ERROR_NETWORK_UNREACHABLE:
		return windows.WSAENETUNREACH
	case windows.ERROR_HOST_UNREACHABLE:
		return windows.WSAEHOSTUNREACH
	case windows.ERROR_SEM_TIMEOUT:
		return windows.WSAETIMEDOUT
	}
	return errno
}

// errnoOf translates the status of a packet. That of a cancelled receive is an everyday one.
func errnoOf(h *handle, b *block, status windows.NTStatus) syscall.Errno {
	if h.socket {
		const wait = 0
		ok, _, errno := syscall.SyscallN(nt.WSAGetOverlappedResult.Addr(), uintptr(h.h), uintptr(unsafe.Pointer(&b.ov)),
			uintptr(unsafe.Pointer(&b.bytes)), wait, uintptr(unsafe.Pointer(&b.flags)))
		if int32(ok) == 0 && errno != 0 && errno != windows.WSAENOTSOCK {
			return errno
		}
	}
	return status.Errno()
}

// vectors are the buffers of a list.
func (r *request) vectors() []windows.WSABuf {
	return unsafe.Slice((*windows.WSABuf)(r.op.Addr), r.op.Len)
}

// nextVector passes over empty buffers, and reports whether there is one left.
func (r *request) nextVector() bool {
	all := r.vectors()
	for r.vector < len(all) && all[r.vector].Len == 0 {
		r.vector++
	}
	return r.vector < len(all)
}

// offset is where the current buffer begins in the file.
func (r *request) offset() int64 {
	switch op := r.op; {
	case op.Kind == engine.Writev && op.Flags&nt.ToEnd != 0:
		return endOfFile
	case op.Off < 0:
		return op.Off
	default:
		return op.Off + int64(r.done)
	}
}

// forward takes note of n bytes of the current buffer, and reports whether the next one is to follow:
// not after less than the buffer.
func (r *request) forward(n int) bool {
	full := n == int(r.vectors()[r.vector].Len)
	r.done += n
	r.vector++
	if !full || !r.nextVector() {
		return false
	}
	return int64(r.done)+int64(r.vectors()[r.vector].Len) <= math.MaxInt32
}
