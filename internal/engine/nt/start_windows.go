// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/engine"
	"iocp/internal/sys/nt"
)

// start begins an operation.
func (e *Engine) start(r *request, over *chain) {
	op := r.op
	r.vector, r.done, r.file, r.accept = 0, 0, 0, windows.InvalidHandle
	switch {
	case r.Dead():
		finish(r, aborted, over)
		return
	case op.Kind == engine.Nop:
		finish(r, 0, over)
		return
	case !e.knows(op):
		finish(r, negative(windows.ERROR_INVALID_PARAMETER), over)
		return
	case op.FD == -1: // which means this process, or every file, to some functions
		finish(r, negative(windows.ERROR_INVALID_HANDLE), over)
		return
	case op.Kind == engine.Shutdown:
		finish(r, shutdown(op.FD, op.Len), over)
		return
	case op.Kind == engine.Close:
		if res, slow := e.closing(r); slow {
			e.lend(r)
		} else {
			finish(r, res, over)
		}
		return
	}
	h, errno := e.handle(op.FD)
	if errno != 0 {
		finish(r, negative(errno), over)
		return
	}
	r.handle = h
	switch {
	case op.Kind == engine.Connect && h.typ == windows.SOCK_DGRAM:
		finish(r, r.outcome(connectAtOnce(h, op)), over) // only writes something down
	case op.Kind == engine.Disconnect && !h.isTCP():
		disconnectRefused(r, over)
	case op.Kind == engine.SendFile:
		e.sendFile(r, over)
	case h.blocking, op.Kind == engine.Sync, op.Kind == engine.Connect && !h.connectsOverlapped():
		e.lend(r)
	default:
		e.issue(r, over)
	}
}

// knows reports whether kind and flags are among those that the engine knows.
func (e *Engine) knows(op *engine.Op) bool {
	switch op.Kind {
	case engine.Read, engine.Readv:
		return op.Flags == 0
	case engine.Write, engine.Writev:
		return op.Flags&^nt.ToEnd == 0
	case engine.Sync:
		return op.Flags <= 1
	}
	return op.Kind <= engine.Close || e.Offers(op.Kind)
}

// Offers reports whether an optional kind is known: Disconnect always is, SendFile where TransmitFile
// is of use.
func (e *Engine) Offers(k engine.Kind) bool {
	return k == engine.Disconnect || k == engine.SendFile && e.transmits
}

// issue makes the system call of an operation, or of its next buffer. Nobody else has the request.
// Once the call says that a packet will come, the request is the kernel's, and may be another operation's
// already.
func (e *Engine) issue(r *request, over *chain) {
	if r.op.Kind == engine.Readv || r.op.Kind == engine.Writev {
		if !r.nextVector() {
			finish(r, int32(r.done), over)
			return
		}
	}
	gen, h, kind, impatient := r.Generation(), r.handle, r.op.Kind, r.isImpatient()
	if r.stop.Load() == at(stopped, gen) {
		finish(r, r.partial(windows.ERROR_OPERATION_ABORTED), over)
		return
	}
	b := e.known.block(r)
	b.ov = windows.Overlapped{}
	e.waiting.Add(1)
	r.place.Store(at(inKernel, gen))
	errno := call(r, b)
	switch {
	case errno == windows.ERROR_IO_PENDING && endsSilently(kind, h, b):
		if e.wrest(r, gen) {
			e.known.retire(r) // should a packet come all the same
			e.completed(r, b, over)
		}
	case errno == windows.ERROR_IO_PENDING, (errno == 0 || warning(kind, errno)) && !h.skip:
		if impatient || r.stop.Load() == at(stopped, gen) { // the cancel came between two buffers
			e.cancelIO(h.h, b)
		}
	case errno == 0 || warning(kind, errno):
		if e.wrest(r, gen) {
			e.completed(r, b, over)
		}
	case e.wrest(r, gen):
		e.known.retire(r) // Wine sends a packet for some all the same
		if kind == engine.Disconnect {
			disconnectRefused(r, over)
			return
		}
		e.refused(r, errno, over)
	}
}

// isImpatient reports whether what is started now is not to wait: it is started all the same, and
// cancelled. A list of buffers that has got something from a pipe only takes what there is.
func (r *request) isImpatient() bool {
	switch op := r.op; op.Kind {
	case engine.Recv, engine.RecvMsg, engine.Send, engine.SendMsg:
		return op.Flags&nt.MsgDontWait != 0
	case engine.Readv:
		return op.Off < 0 && r.done > 0
	}
	return false
}

// warning reports whether errno says that an operation is done and something of the data did not fit
// (F04, I13).
func warning(kind engine.Kind, errno syscall.Errno) bool {
	switch kind {
	case engine.Recv, engine.RecvMsg:
		return errno == windows.WSAEMSGSIZE
	case engine.Read, engine.Readv:
		return errno == windows.ERROR_MORE_DATA
	}
	return false
}

// call makes the system call of r, with the memory b. 0: done.
func call(r *request, b *block) syscall.Errno {
	op, h := r.op, r.handle.h
	switch op.Kind {
	case engine.Read:
		return transferFile(nt.ReadFile.Addr(), h, op.Addr, op.Len, b, op.Off)
	case engine.Write:
		off := op.Off
		if op.Flags&nt.ToEnd != 0 {
			off = endOfFile
		}
		return transferFile(nt.WriteFile.Addr(), h, op.Addr, op.Len, b, off)
	case engine.Readv, engine.Writev:
		address := nt.ReadFile.Addr()
		if op.Kind == engine.Writev {
			address = nt.WriteFile.Addr()
		}
		v := r.vectors()[r.vector]
		return transferFile(address, h, unsafe.Pointer(v.Buf), v.Len, b, r.offset())
	case engine.Recv:
		b.buf = windows.WSABuf{Len: op.Len, Buf: (*byte)(op.Addr)}
		return receive(h, &b.buf, 1, nil, nil, op.Flags, b)
	case engine.Send:
		b.buf = windows.WSABuf{Len: op.Len, Buf: (*byte)(op.Addr)}
		return send(h, &b.buf, 1, nil, 0, op.Flags, b)
	case engine.RecvMsg:
		m := (*windows.WSAMsg)(op.Addr)
		bufs, n := buffers(m, b)
		return receive(h, bufs, n, m.Name, &m.Namelen, op.Flags, b)
	case engine.SendMsg:
		m := (*windows.WSAMsg)(op.Addr)
		bufs, n := buffers(m, b)
		return send(h, bufs, n, m.Name, m.Namelen, op.Flags, b)
	case engine.Accept:
		return accept(r, b)
	case engine.Connect:
		return connect(r, b)
	case engine.Disconnect:
		return disconnect(r, b)
	case engine.SendFile:
		return transmit(r, b)
	}
	return poll(r.handle, op.Flags, b)
}

// endOfFile is the offset of an append (G09).
const endOfFile = -1 << 62

// transferFile is ReadFile or WriteFile. What has no offsets does not look at off.
func transferFile(address uintptr, h windows.Handle, data unsafe.Pointer, n uint32, b *block, off int64) syscall.Errno {
	switch {
	case off == endOfFile:
		b.ov.Offset, b.ov.OffsetHigh = 0xffffffff, 0xffffffff
	case off > 0:
		b.ov.Offset, b.ov.OffsetHigh = uint32(off), uint32(off>>32)
	}
	r, _, errno := syscall.SyscallN(address, uintptr(h), uintptr(data), uintptr(n), uintptr(unsafe.Pointer(&b.bytes)), uintptr(unsafe.Pointer(&b.ov)))
	return boolean(r, errno)
}

func receive(h windows.Handle, bufs *windows.WSABuf, n uint32, from *syscall.RawSockaddrAny, fromLen *int32, flags uint32, b *block) syscall.Errno {
	b.flags = flags &^ (nt.MsgTrunc | nt.MsgDontWait)
	if from != nil {
		r, _, errno := syscall.SyscallN(nt.WSARecvFrom.Addr(), uintptr(h), uintptr(unsafe.Pointer(bufs)), uintptr(n),
			uintptr(unsafe.Pointer(&b.bytes)), uintptr(unsafe.Pointer(&b.flags)), uintptr(unsafe.Pointer(from)),
			uintptr(unsafe.Pointer(fromLen)), uintptr(unsafe.Pointer(&b.ov)), 0)
		return winsock(r, errno)
	}
	r, _, errno := syscall.SyscallN(nt.WSARecv.Addr(), uintptr(h), uintptr(unsafe.Pointer(bufs)), uintptr(n),
		uintptr(unsafe.Pointer(&b.bytes)), uintptr(unsafe.Pointer(&b.flags)), uintptr(unsafe.Pointer(&b.ov)), 0)
	return winsock(r, errno)
}

func send(h windows.Handle, bufs *windows.WSABuf, n uint32, to *syscall.RawSockaddrAny, toLen int32, flags uint32, b *block) syscall.Errno {
	flags &^= nt.MsgDontWait | windows.MSG_WAITALL // which every send does
	if to != nil {
		r, _, errno := syscall.SyscallN(nt.WSASendTo.Addr(), uintptr(h), uintptr(unsafe.Pointer(bufs)), uintptr(n),
			uintptr(unsafe.Pointer(&b.bytes)), uintptr(flags), uintptr(unsafe.Pointer(to)), uintptr(toLen),
			uintptr(unsafe.Pointer(&b.ov)), 0)
		return winsock(r, errno)
	}
	r, _, errno := syscall.SyscallN(nt.WSASend.Addr(), uintptr(h), uintptr(unsafe.Pointer(bufs)), uintptr(n),
		uintptr(unsafe.Pointer(&b.bytes)), uintptr(flags), uintptr(unsafe.Pointer(&b.ov)), 0)
	return winsock(r, errno)
}

// buffers are those of a message. There must be one.
func buffers(m *windows.WSAMsg, b *block) (*windows.WSABuf, uint32) {
	if m.BufferCount == 0 {
		b.buf = windows.WSABuf{}
		return &b.buf, 1
	}
	return m.Buffers, m.BufferCount
}

// boolean is the error of a function that returned the BOOL r and left e as the last error.
func boolean(r uintptr, e syscall.Errno) syscall.Errno {
	if int32(r) != 0 {
		return 0
	}
	return nt.Failed(e)
}

// winsock is the error of a function of Winsock that returned r and left e as the last error.
func winsock(r uintptr, e syscall.Errno) syscall.Errno {
	if int32(r) == 0 {
		return 0
	}
	return nt.Failed(e)
}
