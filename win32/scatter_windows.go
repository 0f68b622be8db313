// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"os"
	"syscall"
	"unsafe"

	"iocp/internal/sys/nt"
)

// ReadFileScatter reads bytes bytes, from the offset in ov on, into memory pages: segments has one for
// each page of them, each of the system's page size (os.Getpagesize) and on a page
// boundary. The file must have been opened with FILE_FLAG_OVERLAPPED and FILE_FLAG_NO_BUFFERING, and bytes
// be a multiple of its block size. reserved must be nil. segments itself is the caller's again
// afterwards; the pages and *ov belong to the system until the operation is over, which ends
// as [ReadFile] says, with one packet for the total (G14).
//
// Errors at once: ERROR_INVALID_PARAMETER for what is not as described; those of the system.
func ReadFileScatter(h HANDLE, segments [][]byte, bytes uint32, reserved *uint32, ov *OVERLAPPED) error {
	return scatter(nt.ReadFileScatter.Addr(), h, segments, bytes, reserved, ov)
}

// WriteFileGather writes bytes bytes from memory pages, under the rules of [ReadFileScatter]. It
// cannot append.
func WriteFileGather(h HANDLE, segments [][]byte, bytes uint32, reserved *uint32, ov *OVERLAPPED) error {
	return scatter(nt.WriteFileGather.Addr(), h, segments, bytes, reserved, ov)
}

func scatter(address uintptr, h HANDLE, segments [][]byte, bytes uint32, reserved *uint32, ov *OVERLAPPED) error {
	page := os.Getpagesize()
	if ov == nil || reserved != nil || uint64(len(segments))*uint64(page) < uint64(bytes) {
		return ERROR_INVALID_PARAMETER
	}
	elements := make([]uint64, len(segments)+1) // FILE_SEGMENT_ELEMENT, and a zero one at the end
	pages := make([]unsafe.Pointer, len(segments))
	for i, s := range segments {
		if len(s) < page {
			return ERROR_INVALID_PARAMETER
		}
		pages[i] = unsafe.Pointer(unsafe.SliceData(s))
		elements[i] = uint64(uintptr(pages[i]))
	}
	o := start(h, ov, nil, pages...)
	r, _, e := syscall.SyscallN(address, uintptr(h), uintptr(unsafe.Pointer(&elements[0])), uintptr(bytes), 0,
		uintptr(unsafe.Pointer(ov)))
	return o.started(ov, boolean(r, e))
}
