// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// memory reads this process's memory as a debugger reads that of another: the system does the
// copying, so that a pointer to nowhere gives an error (ReadProcessMemory) where a load would end
// the process.
type memory struct{}

func openMemory() (memory, error) { return memory{}, nil }

func (memory) close() {}

// read copies len(b) bytes at addr into b. Every function of Windows is called as a system call,
// during which the caller's status is not "running", and a snapshot contains the goroutine that
// takes it. So its g is copied once more, now that it is known to be readable: no g is ever freed.
func (memory) read(addr uintptr, b []byte) error {
	var n uintptr
	if err := windows.ReadProcessMemory(windows.CurrentProcess(), addr, &b[0], uintptr(len(b)), &n); err != nil {
		return err
	}
	if n != uintptr(len(b)) {
		return windows.ERROR_PARTIAL_COPY
	}
	if g := getg(); addr == uintptr(g) {
		copyFrom(g, b)
	}
	return nil
}

// copyFrom copies len(b) bytes at p, which the runtime may write meanwhile.
func copyFrom(p unsafe.Pointer, b []byte) {
	for i := range b {
		b[i] = load8(p, uintptr(i))
	}
}
