// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"unsafe"

	"iocp/win32"
)

// entryLayout checks that C programs and this one mean the same bytes.
func entryLayout(s *scene) {
	const word = unsafe.Sizeof(uintptr(0))
	var o win32.OVERLAPPED
	var e win32.OVERLAPPED_ENTRY
	var b win32.WSABUF
	for _, c := range []struct {
		what      string
		got, want uintptr
	}{
		{"OVERLAPPED", unsafe.Sizeof(o), 3*word + 8},
		{"OVERLAPPED.InternalHigh", unsafe.Offsetof(o.InternalHigh), word},
		{"OVERLAPPED.Offset", unsafe.Offsetof(o.Offset), 2 * word},
		{"OVERLAPPED.OffsetHigh", unsafe.Offsetof(o.OffsetHigh), 2*word + 4},
		{"OVERLAPPED.HEvent", unsafe.Offsetof(o.HEvent), 2*word + 8},
		{"OVERLAPPED_ENTRY", unsafe.Sizeof(e), 4 * word},
		{"OVERLAPPED_ENTRY.LpOverlapped", unsafe.Offsetof(e.LpOverlapped), word},
		{"OVERLAPPED_ENTRY.Internal", unsafe.Offsetof(e.Internal), 2 * word},
		{"OVERLAPPED_ENTRY.DwNumberOfBytesTransferred", unsafe.Offsetof(e.DwNumberOfBytesTransferred), 3 * word},
		{"WSABUF", unsafe.Sizeof(b), 2 * word},
		{"WSABUF.Buf", unsafe.Offsetof(b.Buf), word},
	} {
		s.check(c.got == c.want, "%s is at, or has, %d; want %d", c.what, c.got, c.want)
	}
}
