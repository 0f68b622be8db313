// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32test

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// memory returns n bytes on a page boundary.
func (s *scene) memory(n uintptr) []byte {
	s.Helper()
	p, err := windows.VirtualAlloc(0, n, windows.MEM_RESERVE|windows.MEM_COMMIT, windows.PAGE_READWRITE)
	if err != nil {
		s.skip("no %d bytes of memory: %v", n, err)
	}
	s.Cleanup(func() { windows.VirtualFree(p, 0, windows.MEM_RELEASE) })
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&p)), n)
}
