// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"math"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp"
)

// diskState is what open-file objects of disk files have, whether or not they are overlapped.
type diskState struct {
	open  *opened
	align alignment

	mu  sync.Mutex // of who moves the position, or reads and writes there
	pos int64      // the file pointer, which overlapped operations neither use nor move (G03)
}

// alignment is what transfers past the cache need; zero is any.
type alignment struct{ memory, offset uint64 }

// alignmentOf asks the file system, which may not know.
func alignmentOf(fd int) alignment {
	var st unix.Statx_t
	if unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_DIOALIGN, &st) == nil && st.Dio_offset_align != 0 {
		return alignment{uint64(max(st.Dio_mem_align, 1)), uint64(st.Dio_offset_align)}
	}
	return alignment{512, 512}
}

// fits reports whether a transfer of buf at off is aligned.
func (a alignment) fits(buf []byte, off int64) bool {
	if a.offset == 0 || len(buf) == 0 {
		return true
	}
	address := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(buf))))
	return (uint64(len(buf))|uint64(off))%a.offset == 0 && address%a.memory == 0
}

// Offsets that are no positions.
const (
	atEnd     = -1 // of a write: append (G09)
	atPointer = -2 // at the file pointer, without FILE_FLAG_OVERLAPPED
)

// offset is where the OVERLAPPED says that the operation begins.
func (op *operation) offset() int64 {
	return int64(uint64(op.ov.OffsetHigh)<<32 | uint64(op.ov.Offset))
}

// isWait reports whether the operation has no OVERLAPPED: its end of file is success (G04).
func (op *operation) isWait() bool { return op.ov == &op.own }

// checkRead says why a read of n bytes at off cannot be.
func (d *diskState) checkRead(buf []byte, off int64) error {
	switch {
	case off < 0, off > math.MaxInt64-int64(len(buf)), !d.align.fits(buf, off): // G11, G12
		return ERROR_INVALID_PARAMETER
	case d.open.node.locks.forbid(d.open, off, len(buf), false):
		return ERROR_LOCK_VIOLATION
	}
	return nil
}

// checkWrite says why a write at off, or at the end of the file, cannot be.
func (d *diskState) checkWrite(buf []byte, off int64) error {
	if off == atEnd {
		if !d.align.fits(buf, 0) {
			return ERROR_INVALID_PARAMETER
		}
		off = math.MaxInt64 - int64(len(buf))
	} else if off < 0 || off > math.MaxInt64-int64(len(buf)) || !d.align.fits(buf, off) {
		return ERROR_INVALID_PARAMETER
	}
	if d.open.node.locks.forbid(d.open, off, len(buf), true) {
		return ERROR_LOCK_VIOLATION
	}
	return nil
}

func (d *diskState) state() *diskState            { return d }
func (d *diskState) fileType() uint32             { return FILE_TYPE_DISK }
func (d *diskState) locks() (*lockTable, *opened) { return &d.open.node.locks, d.open }

// disk is a disk file that was opened for overlapped I/O.
type disk struct {
	diskState
	f *iocp.File
}

func (d *disk) read(op *operation, buf []byte) error {
	off := op.offset()
	if err := d.checkRead(buf, off); err != nil {
		return err
	}
	return d.f.Read(op, buf, off)
}

func (d *disk) write(op *operation, buf []byte) error {
	off := op.offset()
	if op.appends {
		off = atEnd // G10
	}
	if err := d.checkWrite(buf, off); err != nil {
		return err
	}
	if off == atEnd {
		return d.f.Append(op, buf)
	}
	return d.f.Write(op, buf, off)
}

func (d *disk) flush() error { return d.withFD(fsync) }

func fsync(fd int) error {
	return ignoreEINTR(func() error { return unix.Fsync(fd) })
}

func (d *disk) withFD(use func(fd int) error) error { return withFD(d.f, use) }

// withFD is descriptor.withFD for a file of package iocp.
func withFD(f *iocp.File, use func(fd int) error) error {
	c, err := f.SyscallConn()
	if err != nil {
		return ERROR_INVALID_HANDLE
	}
	var result error
	if c.Control(func(fd uintptr) { result = use(int(fd)) }) != nil {
		return ERROR_INVALID_HANDLE
	}
	return result
}

func (d *disk) cancel(match func(*operation) bool) int {
	return d.open.node.locks.cancel(d.open, match, STATUS_CANCELLED) + cancelOperations(d.f, match)
}

func (d *disk) endpoint() endpoint { return d.f }

func (d *disk) close() {
	d.open.node.locks.releaseAll(d.open)
	d.open.close()
	d.f.Close()
}

// streamFile is what was opened by name and has no positions, or none that matter: a FIFO, a
// character device. Every operation on it, also one that waits, can be cancelled.
type streamFile struct {
	f    *iocp.File
	kind uint32
}

// read tells the end of a pipe as broken (H06), and that of a terminal, to who waits for it, as
// nothing read (G04).
func (s *streamFile) read(op *operation, buf []byte) error {
	if s.kind == FILE_TYPE_PIPE {
		op.eof = STATUS_PIPE_BROKEN
	} else if op.isWait() {
		op.eof = STATUS_SUCCESS
	}
	return s.f.Read(op, buf, s.offset(op))
}

func (s *streamFile) write(op *operation, buf []byte) error { return s.f.Write(op, buf, s.offset(op)) }

func (s *streamFile) offset(op *operation) int64 {
	if s.kind == FILE_TYPE_DISK {
		return op.offset()
	}
	return 0
}

func (s *streamFile) flush() error {
	if s.kind == FILE_TYPE_DISK {
		return withFD(s.f, fsync)
	}
	return nil
}

func (s *streamFile) fileType() uint32                       { return s.kind }
func (s *streamFile) cancel(match func(*operation) bool) int { return cancelOperations(s.f, match) }
func (s *streamFile) endpoint() endpoint                     { return s.f }
func (s *streamFile) close()                                 { s.f.Close() }
