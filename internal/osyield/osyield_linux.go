// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package osyield

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	patience = 64     // calls in vain before a thread sleeps: some 30 us, and with the looks between them at most 200
	step     = 50_000 // nanoseconds, the slack of a thread's timers (prctl(2), PR_SET_TIMERSLACK); a wake-up may cost half of it in a virtual machine
	steps    = 8
)

// thread gives way to other threads. Where a filter refuses the calls it does nothing.
//
// At first it is sched_yield(2). On some kernels (6.12 was seen to, 6.18 not) that gives the processor back to the
// caller as soon as the other has had its fair share, and the one that has the lock gets half of it; there, and where
// threads have priorities of their own, it helps only to be gone. So then it sleeps: 50 us longer every time, and 400 us at
// most.
func thread(vain uint32) {
	if vain < patience {
		syscall.RawSyscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
		return
	}
	pause := unix.NsecToTimespec(step * int64(min(vain-patience+1, steps)))
	syscall.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&pause)), 0, 0)
}
