// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"math"
	"sync"
	"syscall"
	"time"

	"iocp/internal/sys/nt"
)

// BindIoCompletionCallback makes the ends of all operations on the file behind h calls of callback,
// by threads of the system. The file counts as associated then: it can be neither associated
// with a port nor bound again (K11). The status has to be turned into a code: [NTSTATUS.Errno].
//
// Errors: ERROR_INVALID_PARAMETER for no file (0), no callback, or a file that is associated or not
// opened for overlapped I/O; ERROR_INVALID_HANDLE.
func BindIoCompletionCallback(h HANDLE, callback IoCompletionCallback, flags uint32) error {
	if h == 0 || callback == nil {
		return ERROR_INVALID_PARAMETER
	}
	o, undo := associating(h, systemPort)
	if o.callback.CompareAndSwap(nil, &callback) {
		associated := undo
		undo = func() { associated(); o.callback.Store(nil) }
	}
	r, _, e := syscall.SyscallN(nt.BindIoCompletionCallback.Addr(), uintptr(h), ioCallbackAddress(), uintptr(flags))
	if int32(r) == 0 {
		undo()
	}
	return boolean(r, e)
}

// systemPort stands for the one of the system's pool.
var systemPort = newPortObject()

var ioCallbackAddress = sync.OnceValue(func() uintptr {
	expectForeignCalls()
	return syscall.NewCallback(runIoCallback)
})

// expectForeignCalls keeps Go's runtime from taking a program for dead in which all goroutines
// wait for something that a thread of the system will do: it does not while there is a timer.
var expectForeignCalls = sync.OnceFunc(func() { time.AfterFunc(math.MaxInt64, func() {}) })

// runIoCallback is called by a thread of the system. Which callback is meant is known by the
// file of the operation.
func runIoCallback(status, n uint32, ov *OVERLAPPED) uintptr {
	if _, o := taken(ov); o != nil {
		if callback := o.callback.Load(); callback != nil {
			(*callback)(NTSTATUS(status), n, ov)
		}
	}
	return 0
}
