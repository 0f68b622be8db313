// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"syscall"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// CancelIo asks the operations that the calling thread started on the file behind h, with
// whatever handle, to end (J01, J02); the goroutine must have called runtime.LockOSThread before
// it started them. It does not wait (J08); each of them still ends in its way, usually with
// ERROR_OPERATION_ABORTED (J07). Nothing pending is no error.
//
// Error: ERROR_INVALID_HANDLE for what is no file (J09).
func CancelIo(h HANDLE) error { return codeOf(windows.CancelIo(windows.Handle(h))) }

// CancelIoEx asks the operations that were started on the file behind h with ov to end, or all if
// ov is nil, whoever started them (J03, J04). It does not wait (J08); each of them still ends in its
// way, with ERROR_OPERATION_ABORTED, or with success or another error if it was over first (J07).
//
// Errors: ERROR_NOT_FOUND if there is none, also because it is over although its packet has not
// been taken (J05, J06); ERROR_INVALID_HANDLE for what is no file (J09).
func CancelIoEx(h HANDLE, ov *OVERLAPPED) error {
	return codeOf(windows.CancelIoEx(windows.Handle(h), native(ov)))
}

// CancelSynchronousIo asks the operation that the thread behind threadHandle waits for, in a call
// without an OVERLAPPED or on a handle that was not opened for overlapped I/O, to end with
// ERROR_OPERATION_ABORTED. It does not wait.
//
// Errors: ERROR_NOT_FOUND if the thread waits for none that can be cancelled;
// ERROR_INVALID_HANDLE; ERROR_ACCESS_DENIED for a handle without THREAD_TERMINATE.
func CancelSynchronousIo(threadHandle HANDLE) error {
	r, _, e := syscall.SyscallN(nt.CancelSynchronousIo.Addr(), uintptr(threadHandle))
	return boolean(r, e)
}

// SetFileCompletionNotificationModes adds modes to those of the file behind h, for all its handles;
// they cannot be taken away, and 0 changes nothing (K05). It may come before the association (K08).
//
//   - FILE_SKIP_COMPLETION_PORT_ON_SUCCESS: an operation that succeeds at once sends no
//     packet: nil, and then none follows, or ERROR_IO_PENDING, and one will (K01, K03).
//   - FILE_SKIP_SET_EVENT_ON_HANDLE: the end of an operation without an event does not set the
//     file itself (K04).
//
// Errors: ERROR_INVALID_HANDLE; ERROR_INVALID_PARAMETER for a handle that was not opened for
// overlapped I/O (K07).
func SetFileCompletionNotificationModes(h HANDLE, flags uint8) error {
	err := codeOf(windows.SetFileCompletionNotificationModes(windows.Handle(h), flags))
	if o := objectOf(h); err == nil && o != foreign {
		o.modes.Or(uint32(flags))
	}
	return err
}
