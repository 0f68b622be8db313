// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"unsafe"

	"iocp/internal/sys/nt"
)

// WaitForSingleObject is [WaitForSingleObjectEx] without alerts.
func WaitForSingleObject(h HANDLE, ms uint32) (uint32, error) {
	return WaitForSingleObjectEx(h, ms, false)
}

// WaitForSingleObjectEx waits up to ms milliseconds, or without end for INFINITE, until an object
// is set, and returns WAIT_OBJECT_0, which resets an event that is not manual. Other results:
// WAIT_TIMEOUT; WAIT_IO_COMPLETION, with alertable, after calls queued to the thread have been made,
// for which the goroutine must have called runtime.LockOSThread; WAIT_FAILED with an error.
//
// Errors: ERROR_INVALID_HANDLE; ERROR_ACCESS_DENIED.
func WaitForSingleObjectEx(h HANDLE, ms uint32, alertable bool) (uint32, error) {
	r, e := callback(nt.WaitForSingleObjectEx.Addr(), uintptr(h), uintptr(ms), truth(alertable), 0, 0, 0)
	if uint32(r) == WAIT_FAILED {
		return WAIT_FAILED, failure(e)
	}
	return uint32(r), nil
}

// WaitForMultipleObjects is [WaitForMultipleObjectsEx] without alerts.
func WaitForMultipleObjects(hs []HANDLE, all bool, ms uint32) (uint32, error) {
	return WaitForMultipleObjectsEx(hs, all, ms, false)
}

// WaitForMultipleObjectsEx is [WaitForSingleObjectEx] for up to MAXIMUM_WAIT_OBJECTS objects. It
// returns WAIT_OBJECT_0 plus the index of the first that is set, and resets no other; or, with all,
// WAIT_OBJECT_0 when all are set at one time, and none is reset before.
//
// Errors: those of WaitForSingleObjectEx; ERROR_INVALID_PARAMETER for no handles or too many, and,
// with all, for one object twice.
func WaitForMultipleObjectsEx(hs []HANDLE, all bool, ms uint32, alertable bool) (uint32, error) {
	if len(hs) == 0 || len(hs) > MAXIMUM_WAIT_OBJECTS {
		return WAIT_FAILED, ERROR_INVALID_PARAMETER
	}
	r, e := callback(nt.WaitForMultipleObjectsEx.Addr(), uintptr(len(hs)), uintptr(unsafe.Pointer(&hs[0])),
		truth(all), uintptr(ms), truth(alertable), 0)
	if uint32(r) == WAIT_FAILED {
		return WAIT_FAILED, failure(e)
	}
	return uint32(r), nil
}
