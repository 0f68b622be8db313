// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package osyield

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Thread gives way to other threads that could run on this processor, as sched_yield(2) does; if there are none it returns
// at once. The goroutine keeps its place in the runtime and runs on: it is not in a system call for others who look at
// it. It is safe for concurrent use, and where a filter refuses the call it does nothing.
func Thread() { syscall.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0) }
