// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32test

import "golang.org/x/sys/unix"

// memory returns n bytes on a page boundary, which take no room until they are written to.
func (s *scene) memory(n uintptr) []byte {
	s.Helper()
	b, err := unix.Mmap(-1, 0, int(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		s.skip("no %d bytes of memory: %v", n, err)
	}
	s.Cleanup(func() { unix.Munmap(b) })
	return b
}
