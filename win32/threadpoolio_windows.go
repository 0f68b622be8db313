// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"iocp/internal/sys/nt"
)

// TP_IO is what [CreateThreadpoolIo] makes.
type TP_IO struct {
	system   uintptr // the PTP_IO
	id       uintptr
	callback ThreadpoolIoCallback
	context  unsafe.Pointer
}

var threadpoolIoAddress = sync.OnceValue(func() uintptr {
	expectForeignCalls()
	return syscall.NewCallback(runThreadpoolIo)
})

// threadpoolIos finds a TP_IO by the number that the system gives to the callback.
var threadpoolIos struct {
	last atomic.Uintptr
	sync.Map
}

// runThreadpoolIo is called by a thread of the system. A call for what was closed is dropped.
func runThreadpoolIo(_, id uintptr, ov *OVERLAPPED, code uint32, n, _ uintptr) uintptr {
	taken(ov)
	if io, ok := threadpoolIos.Load(id); ok {
		io := io.(*TP_IO)
		io.callback(io.context, ov, Errno(code), n, io)
	}
	return 0
}

// CreateThreadpoolIo makes the ends of all operations on the file behind h calls of callback, with
// context, by threads of the system. The file counts as associated then, as with
// [BindIoCompletionCallback]; but the call has the Win32 code of the end (K12). Every operation has to
// be announced with [StartThreadpoolIo]. There are no callback environments.
//
// Errors: ERROR_INVALID_PARAMETER for no callback, or a file that is associated or not opened for
// overlapped I/O; ERROR_INVALID_HANDLE.
func CreateThreadpoolIo(h HANDLE, callback ThreadpoolIoCallback, context unsafe.Pointer) (*TP_IO, error) {
	if callback == nil {
		return nil, ERROR_INVALID_PARAMETER
	}
	io := &TP_IO{id: threadpoolIos.last.Add(1), callback: callback, context: context}
	threadpoolIos.Store(io.id, io)
	_, undo := associating(h, systemPort)
	r, _, e := syscall.SyscallN(nt.CreateThreadpoolIo.Addr(), uintptr(h), threadpoolIoAddress(), io.id, 0)
	if r == 0 {
		undo()
		threadpoolIos.Delete(io.id)
		return nil, failure(e)
	}
	io.system = r
	return io, nil
}

// StartThreadpoolIo announces one operation on the file; it must come before each.
func StartThreadpoolIo(io *TP_IO) {
	if io != nil {
		syscall.SyscallN(nt.StartThreadpoolIo.Addr(), io.system)
	}
}

// CancelThreadpoolIo takes back an announcement: of an operation that failed at once, or succeeded at
// once on a file in skip mode, so that there will be no call.
func CancelThreadpoolIo(io *TP_IO) {
	if io != nil {
		syscall.SyscallN(nt.CancelThreadpoolIo.Addr(), io.system)
	}
}

// WaitForThreadpoolIoCallbacks waits until all operations that were announced have ended and been
// called. With cancelPending it drops the calls that have not begun.
func WaitForThreadpoolIoCallbacks(io *TP_IO, cancelPending bool) {
	if io != nil {
		syscall.SyscallN(nt.WaitForThreadpoolIoCallbacks.Addr(), io.system, truth(cancelPending))
	}
}

// CloseThreadpoolIo ends the use of io. Close the file and wait for its operations before: calls
// that come later are not made.
func CloseThreadpoolIo(io *TP_IO) {
	if io != nil {
		syscall.SyscallN(nt.CloseThreadpoolIo.Addr(), io.system)
		threadpoolIos.Delete(io.id)
	}
}
