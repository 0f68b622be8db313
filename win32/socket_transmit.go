// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"io"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp"
)

// TransmitFile starts to send what buffers has before the file, then toWrite bytes of the file, or all
// there is for 0, then what buffers has behind it, as one operation (I43). The offset in the file is that
// of ov; without ov, when it waits, the file's own position, which is not moved. The file need not be
// overlapped, and may be closed meanwhile. Without a file (0) only the buffers are sent. buffers may
// be nil; it is the caller's again when the call returns, but not the bytes that it points to.
//
// perSend and the flags TF_WRITE_BEHIND and TF_USE_... change nothing. For the rest the rules are those
// of [WSASend].
//
// Errors: WSAENOTSOCK; ERROR_INVALID_HANDLE for a file that is none; WSAENOTCONN, also for datagrams;
// WSAESHUTDOWN; WSAEACCES for a file that may not be read; WSAEINVAL for an offset that is negative;
// WSAEOPNOTSUPP for TF_DISCONNECT and TF_REUSE_SOCKET: call DisconnectEx afterwards. In the packet:
// ERROR_HANDLE_EOF, if the file ended before toWrite bytes.
func TransmitFile(s SOCKET, fileHandle HANDLE, toWrite, perSend uint32, ov *OVERLAPPED, buffers *TRANSMIT_FILE_BUFFERS, flags uint32) error {
	f, d, err := socketOf(s)
	if err != nil {
		return err
	}
	if flags&^(TF_WRITE_BEHIND|TF_USE_SYSTEM_THREAD|TF_USE_KERNEL_APC) != 0 {
		return WSAEOPNOTSUPP
	}
	if d.s.Type() != unix.SOCK_STREAM {
		return WSAENOTCONN
	}
	var head, tail []byte
	if buffers != nil {
		if buffers.Head == nil && buffers.HeadLength > 0 || buffers.Tail == nil && buffers.TailLength > 0 {
			return WSAEFAULT
		}
		head = unsafe.Slice(buffers.Head, int(buffers.HeadLength))
		tail = unsafe.Slice(buffers.Tail, int(buffers.TailLength))
	}
	if fileHandle == 0 {
		return WSASend(s, []WSABUF{bufferOf(head), bufferOf(tail)}, nil, 0, ov, nil)
	}
	file, off, temporary, err := readerOf(fileHandle)
	if err != nil {
		return err
	}
	if temporary {
		defer file.Close()
	}
	op, err := f.begin(ov)
	if err != nil {
		return err
	}
	if ov != nil {
		off = op.offset()
	}
	n := int64(toWrite)
	if n == 0 {
		n = -1
	}
	op.judge, op.closed = judgeTransmit, STATUS_CANCELLED
	blocking := op.blocking
	return op.started(blocking, op.startError(d.s.SendFile(op, file, off, n, head, tail)), nil)
}

func bufferOf(b []byte) (buf WSABUF) {
	buf.SetBytes(b)
	return buf
}

func judgeTransmit(op *operation, err error) NTSTATUS {
	if err == io.ErrUnexpectedEOF {
		return STATUS_END_OF_FILE
	}
	return judgeTransfer(op, err)
}

// readerOf returns what package iocp reads the file behind h with, and the file's own position.
// One that is temporary is closed when the operation has been started.
func readerOf(h HANDLE) (file *iocp.File, off int64, temporary bool, err error) {
	f, access, err := fileOf(h)
	if err != nil {
		return nil, 0, false, err
	}
	if access&FILE_READ_DATA == 0 {
		return nil, 0, false, WSAEACCES
	}
	switch d := f.dev.(type) {
	case *disk:
		return d.f, d.filePointer(), false, nil
	case *streamFile:
		return d.f, 0, false, nil
	case *waitingDisk:
		fd := -1
		if err := d.withFD(func(of int) (err error) {
			fd, err = unix.FcntlInt(uintptr(of), unix.F_DUPFD_CLOEXEC, 0)
			return err
		}); err != nil {
			return nil, 0, false, wsaErrnoOf(err).err()
		}
		file, err = endpointOf(fd, "")
		return file, d.filePointer(), true, err
	}
	return nil, 0, false, ERROR_INVALID_HANDLE
}

// filePointer is the file's own position.
func (d *diskState) filePointer() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pos
}
