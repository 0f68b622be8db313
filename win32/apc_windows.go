// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// The system calls back through one function for each kind, since there is room for few. What it
// is to call is found by the OVERLAPPED, or by a number.
var (
	apcAddress = sync.OnceValue(func() uintptr { return syscall.NewCallback(runAPC) })

	fileRoutineAddress   = sync.OnceValue(func() uintptr { return syscall.NewCallback(runFileRoutine) })
	socketRoutineAddress = sync.OnceValue(func() uintptr { return syscall.NewCallback(runSocketRoutine) })
)

func runFileRoutine(code, n uint32, ov *OVERLAPPED) uintptr {
	if routine, _ := taken(ov); routine != nil {
		routine(Errno(code), n, ov)
	}
	return 0
}

func runSocketRoutine(code, n uint32, ov *OVERLAPPED, flags uint32) uintptr {
	return runFileRoutine(code, n, ov)
}

// queuedAPC is a procedure with its argument, in the table from its queueing to its call.
type queuedAPC struct {
	procedure APCProc
	data      uintptr
}

var apcs struct {
	last atomic.Uintptr
	sync.Map
}

func runAPC(id uintptr) uintptr {
	if a, ok := apcs.LoadAndDelete(id); ok {
		a := a.(queuedAPC)
		a.procedure(a.data)
	}
	return 0
}

// GetCurrentThread returns the pseudo handle of the calling thread, which means another one in
// each. [DuplicateHandle] makes one of it that others can use.
func GetCurrentThread() HANDLE { return HANDLE(windows.CurrentThread()) }

// GetCurrentThreadId returns the number of the calling thread. A goroutine that is not locked to
// its thread may be on another one afterwards.
func GetCurrentThreadId() uint32 { return windows.GetCurrentThreadId() }

// QueueUserAPC queues a call of procedure with data to a thread: the calling one with
// [GetCurrentThread], another with a handle made with [DuplicateHandle]. The call is made by the
// goroutine that waits alertably on that thread, which must have called runtime.LockOSThread. It
// does not block.
//
// Errors: ERROR_INVALID_HANDLE; ERROR_ACCESS_DENIED for a handle without THREAD_SET_CONTEXT;
// ERROR_INVALID_PARAMETER for a nil procedure; ERROR_GEN_FAILURE if the thread has ended. What is
// queued to a thread that ends is not called, and stays in memory.
func QueueUserAPC(procedure APCProc, threadHandle HANDLE, data uintptr) error {
	if procedure == nil {
		return ERROR_INVALID_PARAMETER
	}
	id := apcs.last.Add(1)
	apcs.Store(id, queuedAPC{procedure, data})
	r, _, e := syscall.SyscallN(nt.QueueUserAPC.Addr(), apcAddress(), uintptr(threadHandle), id)
	if r == 0 {
		apcs.Delete(id)
	}
	return boolean(r, e)
}

// SleepEx waits for ms milliseconds, or without end for INFINITE, and returns 0. With alertable
// it ends at once when a call is queued to the thread, or was before, makes all that are, and
// returns WAIT_IO_COMPLETION. The goroutine must have called runtime.LockOSThread then.
func SleepEx(ms uint32, alertable bool) uint32 {
	r, _ := callback(nt.SleepEx.Addr(), uintptr(ms), truth(alertable), 0, 0, 0, 0)
	return uint32(r)
}
