// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"io"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/engine"
	"iocp/internal/sys/nt"
)

// carryOut does what a request asks for in calls that may wait. It is a goroutine of the pool's.
func (r *request) carryOut() int32 {
	op, h := r.op, r.handle
	switch op.Kind {
	case engine.Sync:
		return r.flush()
	case engine.Close:
		return h.close()
	case engine.Connect:
		return r.outcome(connectAtOnce(h, op))
	case engine.Read:
		return r.one(nt.ReadFile.Addr(), op.Addr, op.Len, op.Off)
	case engine.Write:
		off := op.Off
		if op.Flags&nt.ToEnd != 0 {
			off = endOfFile
		}
		return r.one(nt.WriteFile.Addr(), op.Addr, op.Len, off)
	case engine.Readv:
		return r.list(nt.ReadFile.Addr())
	case engine.Writev:
		return r.list(nt.WriteFile.Addr())
	}
	return negative(windows.ERROR_INVALID_PARAMETER)
}

// flush is FlushFileBuffers, which needs a handle that may write: one for the same file, if r's may not.
func (r *request) flush() int32 {
	err := windows.FlushFileBuffers(r.handle.h)
	if err == windows.ERROR_ACCESS_DENIED {
		const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
		other, _, _ := syscall.SyscallN(nt.ReOpenFile.Addr(), uintptr(r.handle.h), windows.GENERIC_WRITE, share, 0)
		if h := windows.Handle(other); h != windows.InvalidHandle {
			defer windows.CloseHandle(h)
			err = windows.FlushFileBuffers(h)
		}
	}
	if err == nil {
		return 0
	}
	return negative(err.(syscall.Errno))
}

// one is a read or write of one buffer.
func (r *request) one(address uintptr, data unsafe.Pointer, n uint32, off int64) int32 {
	moved, errno := r.transfer(address, data, n, off)
	if errno != 0 && moved == 0 {
		return r.outcome(errno)
	}
	return int32(moved)
}

// list is a read or write of several.
func (r *request) list(address uintptr) int32 {
	for r.nextVector() {
		v := r.vectors()[r.vector]
		moved, errno := r.transfer(address, unsafe.Pointer(v.Buf), v.Len, r.offset())
		if errno != 0 && moved == 0 {
			return r.outcome(errno)
		}
		if !r.forward(int(moved)) {
			break
		}
	}
	return int32(r.done)
}

// transfer is ReadFile or WriteFile, which waits because the handle is not an overlapped one. What has no
// offsets gets no OVERLAPPED: on a handle that is not overlapped that is only where the offset is, and the
// file pointer moves there, from where it is brought back: it may be somebody else's.
func (r *request) transfer(address uintptr, data unsafe.Pointer, n uint32, off int64) (moved uint32, errno syscall.Errno) {
	if r.handle.foreign {
		return r.transferAndWait(address, data, n, off)
	}
	var ov *windows.Overlapped
	if off >= 0 || off == endOfFile {
		ov = &windows.Overlapped{Offset: uint32(off), OffsetHigh: uint32(off >> 32)}
		if at, err := windows.Seek(r.handle.h, 0, io.SeekCurrent); err == nil {
			defer windows.Seek(r.handle.h, at, io.SeekStart)
		}
		if off == endOfFile {
			ov.Offset, ov.OffsetHigh = 0xffffffff, 0xffffffff
		}
	}
	ok, _, e := syscall.SyscallN(address, uintptr(r.handle.h), uintptr(data), uintptr(n), uintptr(unsafe.Pointer(&moved)), uintptr(unsafe.Pointer(ov)))
	return moved, boolean(ok, e)
}

// transferAndWait is transfer on a file that has another port. An event with its low bit set keeps the packet
// from that (F09).
func (r *request) transferAndWait(address uintptr, data unsafe.Pointer, n uint32, off int64) (moved uint32, errno syscall.Errno) {
	event, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return 0, err.(syscall.Errno)
	}
	defer windows.CloseHandle(event)
	b := new(block)
	b.ov.HEvent = event | 1
	if errno = transferFile(address, r.handle.h, data, n, b, off); errno == windows.ERROR_IO_PENDING {
		errno = 0
		if err := windows.GetOverlappedResult(r.handle.h, &b.ov, &b.bytes, true); err != nil {
			errno = err.(syscall.Errno)
		}
	}
	return b.bytes, errno
}
