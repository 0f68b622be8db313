// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// HasOverlappedIoCompleted reports whether the operation of ov is over. It does not block. It may
// be called by any goroutine while the operation goes on. After a call that failed at once it
// is false (F08).
func HasOverlappedIoCompleted(ov *OVERLAPPED) bool {
	return NTSTATUS(atomic.LoadUintptr(&ov.Internal)) != STATUS_PENDING
}

// native is ov as golang.org/x/sys/windows calls it.
func native(ov *OVERLAPPED) *windows.Overlapped { return (*windows.Overlapped)(unsafe.Pointer(ov)) }

// GetOverlappedResult returns the outcome of the operation that was started with ov on h: nil for
// success, or why it failed; in both cases it stores the number of bytes in *done, which may be
// nil. A packet that the operation sends is not taken by that (F24).
//
// While the operation goes on it returns ERROR_IO_INCOMPLETE and stores nothing, or, with wait,
// waits for the event of ov, or for the file itself if ov has none. It takes that for the end (F25).
//
// Errors besides those of the operation: ERROR_INVALID_PARAMETER for no OVERLAPPED; those of
// [WaitForSingleObject].
func GetOverlappedResult(h HANDLE, ov *OVERLAPPED, done *uint32, wait bool) error {
	if ov == nil {
		return ERROR_INVALID_PARAMETER
	}
	var n uint32
	if done == nil {
		done = &n
	}
	err := codeOf(windows.GetOverlappedResult(windows.Handle(h), native(ov), done, wait))
	seen(ov)
	return err
}

// GetOverlappedResultEx is [GetOverlappedResult] with a wait of up to ms milliseconds: with 0 it
// does not wait, and returns ERROR_IO_INCOMPLETE; otherwise WAIT_TIMEOUT tells that the time was
// over first. With alertable it also makes the calls that are queued to the thread, and returns
// WAIT_IO_COMPLETION then; the goroutine must have called runtime.LockOSThread.
func GetOverlappedResultEx(h HANDLE, ov *OVERLAPPED, done *uint32, ms uint32, alertable bool) error {
	if ov == nil {
		return ERROR_INVALID_PARAMETER
	}
	n := counts.Get().(*uint32)
	defer counts.Put(n)
	if done != nil {
		*n = *done
	}
	r, e := callback(nt.GetOverlappedResultEx.Addr(), uintptr(h), uintptr(unsafe.Pointer(ov)),
		uintptr(unsafe.Pointer(n)), uintptr(ms), truth(alertable), 0)
	if done != nil {
		*done = *n
	}
	seen(ov)
	return boolean(r, e)
}

// WSAGetOverlappedResult is [GetOverlappedResult] for sockets, with their error codes (F26). *flags
// are those that the operation ended with; flags may be nil here.
//
// Errors besides those of the operation: WSAENOTSOCK; WSA_IO_INCOMPLETE; WSAEFAULT for no
// OVERLAPPED.
func WSAGetOverlappedResult(s SOCKET, ov *OVERLAPPED, done *uint32, wait bool, flags *uint32) error {
	var n, f uint32
	if done == nil {
		done = &n
	}
	if flags == nil {
		flags = &f
	}
	err := codeOf(windows.WSAGetOverlappedResult(windows.Handle(s), native(ov), done, wait, flags))
	if ov != nil {
		seen(ov)
	}
	return err
}
