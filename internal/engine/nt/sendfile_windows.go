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

// whyNotTransmit says why TransmitFile is not used here; empty if it is. Where it is not the port's owner
// reads files and sends what it has read.
//
// A workstation edition of Windows carries out two at a time, of all processes together, and lets the others
// wait (page of TransmitFile): two peers that do not read would hold up every other file. Wine 8 sends a
// file piece by piece, and forgets what happens while it has a piece in hand: of 400 connections that were
// reset during the first 20 ms three were never reported, and of 40 cancels in the first 10 ms ten had no
// effect. WSASend lost none.
func whyNotTransmit() string {
	const workstation = 1 // VER_NT_WORKSTATION
	switch {
	case isWine():
		return "this is Wine, whose TransmitFile may miss a cancel or a reset: files are read and sent in pieces"
	case windows.RtlGetVersion().ProductType == workstation:
		return "a workstation edition of Windows runs two TransmitFile at a time: files are read and sent in pieces; " +
			"a server edition uses TransmitFile"
	}
	return ""
}

// unsuited says that an operation has to be done in another way, and that nothing was sent.
const unsuited = windows.WSAEOPNOTSUPP

// transmit starts TransmitFile of the r.file bytes that there are: it is never asked for what is behind
// the end of the file, for that is an error to some systems and not to others. Without TF_USE_KERNEL_APC the
// system's own threads go on with it; kernel APCs would run in the thread that is here now only when that
// waits, and a goroutine may compute on it.
func transmit(r *request, b *block) syscall.Errno {
	op, h := r.op, r.handle
	address, err := nt.TransmitFile.Of(h.h)
	if err != nil {
		return unsuited
	}
	part := (*engine.FilePart)(op.Addr)
	b.parts = windows.TransmitFileBuffers{}
	if n := len(part.Head); n > 0 {
		b.parts.Head, b.parts.HeadLength = uintptr(unsafe.Pointer(unsafe.SliceData(part.Head))), uint32(n)
	}
	file := full(part.File)
	if r.file == 0 {
		file = 0 // else it would be all of it
	}
	b.ov.Offset, b.ov.OffsetHigh = uint32(op.Off), uint32(op.Off>>32)
	ok, _, errno := syscall.SyscallN(address, uintptr(h.h), uintptr(file), uintptr(r.file), 0,
		uintptr(unsafe.Pointer(&b.ov)), uintptr(unsafe.Pointer(&b.parts)), 0)
	return refusedFile(boolean(ok, errno))
}

// refusedFile is the error of a call that has begun nothing: what it has against a file, or a kind of
// socket, says that the file has to be read; an error of the read is then the file's.
func refusedFile(errno syscall.Errno) syscall.Errno {
	switch errno {
	case windows.WSAEINVAL, windows.WSAENOTSOCK, windows.WSAEOPNOTSUPP, windows.ERROR_INVALID_PARAMETER,
		windows.ERROR_INVALID_HANDLE, windows.ERROR_INVALID_FUNCTION, windows.ERROR_NOT_SUPPORTED, windows.ERROR_HANDLE_EOF:
		return unsuited
	}
	return errno
}

// sendFile begins a SendFile on the connection h.
func (e *Engine) sendFile(r *request, over *chain) {
	op, part := r.op, (*engine.FilePart)(r.op.Addr)
	if uint64(op.Len)+uint64(len(part.Head)) > engine.MaxSendFile || op.Off < 0 {
		finish(r, negative(windows.ERROR_INVALID_PARAMETER), over)
		return
	}
	size, ok := sizeOfPlainFile(full(part.File))
	if !ok || !r.handle.isTCP() {
		finish(r, negative(unsuited), over)
		return
	}
	r.file = uint32(max(0, min(int64(op.Len), size-op.Off)))
	if r.file == 0 && len(part.Head) == 0 {
		finish(r, 0, over)
		return
	}
	e.issue(r, over)
}

// sizeOfPlainFile is the length of a file on a disk; false: TransmitFile is not for what h is. Of a handle
// that is not overlapped it would move the position, which may be somebody else's; and with
// FILE_FLAG_NO_BUFFERING there are no pages in a cache to send from, and only whole sectors can be read.
func sizeOfPlainFile(h windows.Handle) (size int64, ok bool) {
	if typ, err := windows.GetFileType(h); err != nil || typ != windows.FILE_TYPE_DISK {
		return 0, false
	}
	mode, ok := nt.FileInformation(h, nt.ModeClass)
	if !ok || nt.Synchronous(mode) || mode&windows.FILE_NO_INTERMEDIATE_BUFFERING != 0 {
		return 0, false
	}
	var info struct { // FILE_STANDARD_INFO
		allocated, size        int64
		links                  uint32
		isDeleted, isDirectory bool
	}
	err := windows.GetFileInformationByHandleEx(h, windows.FileStandardInfo, (*byte)(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	return info.size, err == nil && !info.isDirectory
}
