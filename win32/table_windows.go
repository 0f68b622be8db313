// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import "golang.org/x/sys/windows"

// CloseHandle closes a handle of any kind but a socket's, for which there is [Closesocket]. With
// the last handle of a file its pending operations end, each with its one packet (J10); with the
// last of a port its waiters end with ERROR_ABANDONED_WAIT_0 and its queued packets are dropped
// (B04, J14). It does not block. Closing a handle that others are using is allowed, but its number may
// at once be another object's.
//
// Error: ERROR_INVALID_HANDLE, also for a handle closed before (A38).
func CloseHandle(h HANDLE) error {
	forget(h)
	return codeOf(windows.CloseHandle(windows.Handle(h)))
}

// GetCurrentProcess returns the pseudo handle of this process, for [DuplicateHandle]. It has the
// value of INVALID_HANDLE_VALUE (A12).
func GetCurrentProcess() HANDLE { return HANDLE(windows.CurrentProcess()) }

// DuplicateHandle makes another handle on the object of source and stores it in *target. The
// duplicate shares everything: queue, association, key, pending operations (A14, B23, F19). It
// does not block.
//
// Errors: ERROR_INVALID_HANDLE; ERROR_ACCESS_DENIED.
func DuplicateHandle(sourceProcess, source, targetProcess HANDLE, target *HANDLE, access uint32, inherit bool, options uint32) error {
	o := objectOf(source)
	if options&DUPLICATE_CLOSE_SOURCE != 0 && sourceProcess == GetCurrentProcess() {
		o.handles.Add(1) // meanwhile it may have no other
		defer o.handles.Add(-1)
		forget(source)
	}
	var d windows.Handle
	err := windows.DuplicateHandle(windows.Handle(sourceProcess), windows.Handle(source), windows.Handle(targetProcess),
		&d, access, inherit, options)
	if target != nil {
		*target = HANDLE(d)
	}
	if err != nil {
		return codeOf(err)
	}
	if target == nil {
		return codeOf(windows.CloseHandle(d))
	}
	if o != foreign && targetProcess == GetCurrentProcess() {
		opened(HANDLE(d), o)
	}
	return nil
}
