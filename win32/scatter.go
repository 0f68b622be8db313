// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"math"
	"os"
	"unsafe"
)

// ReadFileScatter reads bytes bytes, from the offset in ov on, into memory pages: segments has one for
// each page of them, each of the system's page size (os.Getpagesize) and on a page
// boundary. The file must have been opened with FILE_FLAG_OVERLAPPED and FILE_FLAG_NO_BUFFERING, and bytes
// be a multiple of its block size. reserved must be nil. segments itself is the caller's again
// afterwards; the pages and *ov belong to the system until the operation is over, which ends
// as [ReadFile] says, with one packet for the total (G14).
//
// Errors at once: ERROR_INVALID_HANDLE; ERROR_ACCESS_DENIED; ERROR_INVALID_PARAMETER for a file, an
// offset, a number of bytes or segments that are not as described.
func ReadFileScatter(h HANDLE, segments [][]byte, bytes uint32, reserved *uint32, ov *OVERLAPPED) error {
	return scatter(h, segments, bytes, reserved, ov, FILE_READ_DATA)
}

// WriteFileGather writes bytes bytes from memory pages, under the rules of [ReadFileScatter]. It
// cannot append.
func WriteFileGather(h HANDLE, segments [][]byte, bytes uint32, reserved *uint32, ov *OVERLAPPED) error {
	return scatter(h, segments, bytes, reserved, ov, FILE_WRITE_DATA)
}

func scatter(h HANDLE, segments [][]byte, bytes uint32, reserved *uint32, ov *OVERLAPPED, right uint32) error {
	f, access, err := fileOf(h)
	if err != nil {
		return err
	}
	d, ok := f.dev.(*disk)
	switch {
	case access&right == 0:
		return ERROR_ACCESS_DENIED
	case !ok, ov == nil, reserved != nil, d.align.offset == 0:
		return ERROR_INVALID_PARAMETER
	}
	op, err := f.begin(ov)
	if err != nil {
		return err
	}
	if err = op.setPages(segments, bytes); err == nil {
		err = d.transferPages(op, right)
	}
	return op.started(false, err, nil)
}

// setPages makes op.bufs the first n bytes of segments.
func (op *operation) setPages(segments [][]byte, n uint32) error {
	page := uint64(os.Getpagesize())
	left := uint64(n)
	for _, s := range segments {
		if left == 0 {
			break
		}
		if uint64(len(s)) < page || uintptr(unsafe.Pointer(unsafe.SliceData(s)))%uintptr(page) != 0 {
			return ERROR_INVALID_PARAMETER
		}
		m := min(page, left)
		op.bufs = append(op.bufs, s[:m])
		left -= m
	}
	if left > 0 {
		return ERROR_INVALID_PARAMETER
	}
	return nil
}

func (d *disk) transferPages(op *operation, right uint32) error {
	var total int
	for _, b := range op.bufs {
		total += len(b)
	}
	off := op.offset()
	a := d.align.offset
	if off < 0 || off > math.MaxInt64-int64(total) || (uint64(off)|uint64(total))%a != 0 {
		return ERROR_INVALID_PARAMETER
	}
	if d.open.node.locks.forbid(d.open, off, total, right != FILE_READ_DATA) {
		return ERROR_LOCK_VIOLATION
	}
	if right == FILE_READ_DATA {
		return d.f.Readv(op, op.bufs, off)
	}
	return d.f.Writev(op, op.bufs, off)
}
