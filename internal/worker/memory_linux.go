// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// memory reads this process's memory through a pipe. The kernel does the copying, so that a
// pointer to nowhere gives EFAULT (write(2)) where a load would end the process.
type memory struct{ in, out int }

func openMemory() (*memory, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, fmt.Errorf("pipe2: %w", err)
	}
	return &memory{in: fds[1], out: fds[0]}, nil
}

func (m *memory) close() {
	unix.Close(m.in)
	unix.Close(m.out)
}

// read copies len(b) bytes at addr into b: at most PIPE_BUF (4096) bytes, fewer than a pipe
// holds, so it never waits. The calls are raw because a snapshot contains the goroutine that
// takes it, whose status must read "running"; unix.Write would make it "in a system call".
func (m *memory) read(addr uintptr, b []byte) error {
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(m.in), addr, uintptr(len(b)))
	if errno != 0 {
		return errno
	}
	// What was written must be read, even if it is too little, or the next call would get it.
	n, _, errno = unix.RawSyscall(unix.SYS_READ, uintptr(m.out), uintptr(unsafe.Pointer(&b[0])), n)
	if errno != 0 {
		return errno
	}
	if int(n) != len(b) {
		return unix.EFAULT
	}
	return nil
}
