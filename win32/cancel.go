// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import "iocp"

// CancelIo asks the operations that the calling goroutine started on the file behind h, with
// whatever handle, to end (J01, J02). It does not wait (J08); each of them still ends in its way,
// usually with ERROR_OPERATION_ABORTED (J07). Nothing pending is no error.
//
// Error: ERROR_INVALID_HANDLE for what is no file (J09).
func CancelIo(h HANDLE) error {
	f, _, err := fileOf(h)
	if err != nil {
		return err
	}
	self := currentThread()
	f.dev.cancel(func(op *operation) bool { return op.thread == self })
	return nil
}

// CancelIoEx asks the operations that were started on the file behind h with ov to end, or all if
// ov is nil, whoever started them (J03, J04). It does not wait (J08); each of them still ends in its
// way, with ERROR_OPERATION_ABORTED, or with success or another error if it was over first (J07).
//
// Errors: ERROR_NOT_FOUND if there is none, also because it is over although its packet has not
// been taken (J05, J06); ERROR_INVALID_HANDLE for what is no file (J09).
func CancelIoEx(h HANDLE, ov *OVERLAPPED) error {
	f, _, err := fileOf(h)
	if err != nil {
		return err
	}
	n := 0
	if ov == nil {
		n = f.dev.cancel(func(*operation) bool { return true })
	} else {
		n = f.dev.cancel(func(op *operation) bool { return op.ov == ov })
	}
	if n == 0 {
		return ERROR_NOT_FOUND
	}
	return nil
}

// CancelSynchronousIo asks the operation that the goroutine behind threadHandle waits for, in a call
// without an OVERLAPPED or on a handle that was not opened for overlapped I/O, to end with
// ERROR_OPERATION_ABORTED. It does not wait. It looks at every open file, and so is
// nothing for every day.
//
// Errors: ERROR_NOT_FOUND if the goroutine waits for none that can be cancelled;
// ERROR_INVALID_HANDLE; ERROR_ACCESS_DENIED for a handle without THREAD_TERMINATE.
func CancelSynchronousIo(threadHandle HANDLE) error {
	t, err := threadOf(threadHandle, THREAD_TERMINATE)
	if err != nil {
		return err
	}
	defer t.unhold()
	n := 0
	for obj := range handles.objects {
		if f, ok := obj.(*file); ok {
			n += f.dev.cancel(func(op *operation) bool { return op.blocking && op.thread == t.id })
		}
	}
	if n == 0 {
		return ERROR_NOT_FOUND
	}
	return nil
}

// cancelOperations asks the operations of an endpoint that match is true of to end.
func cancelOperations(e endpoint, match func(*operation) bool) (n int) {
	e.CancelFunc(func(o iocp.Op) bool {
		op, ok := o.(*operation)
		if ok = ok && match(op); ok {
			n++
		}
		return ok
	})
	return n
}

// SetFileCompletionNotificationModes adds modes to those of the file behind h, for all its handles;
// they cannot be taken away, and 0 changes nothing (K05). It may come before the association (K08).
//
//   - FILE_SKIP_COMPLETION_PORT_ON_SUCCESS: an operation that succeeds at once sends no
//     packet: nil, and then none follows, or ERROR_IO_PENDING, and one will (K01, K03).
//   - FILE_SKIP_SET_EVENT_ON_HANDLE: the end of an operation without an event does not set the
//     file itself (K04).
//
// Other bits are ignored (K06). Errors: ERROR_INVALID_HANDLE; ERROR_INVALID_PARAMETER for a handle
// that was not opened for overlapped I/O (K07).
func SetFileCompletionNotificationModes(h HANDLE, flags uint8) error {
	f, _, err := fileOf(h)
	if err != nil {
		return err
	}
	if !f.overlapped {
		return ERROR_INVALID_PARAMETER
	}
	f.setModes(uint32(flags))
	return nil
}
