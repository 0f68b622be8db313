// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// CreateMailslot makes a mailslot and returns the handle that reads it. The name begins with
// \\.\mailslot\. Messages may be at most maxMessage bytes, 0 for any size; a read waits up to
// readTimeout milliseconds for one, not at all if that is 0, and without end if it is
// MAILSLOT_WAIT_FOREVER. Writers open it with [CreateFile]; each write is a message. The handle is
// an overlapped one and can be associated with a port (A21).
//
// It does not block. Errors, with INVALID_HANDLE_VALUE: ERROR_INVALID_NAME; ERROR_ALREADY_EXISTS; those
// of the system.
func CreateMailslot(name string, maxMessage, readTimeout uint32) (HANDLE, error) {
	path, err := name16(name)
	if err != nil {
		return INVALID_HANDLE_VALUE, err
	}
	r, _, e := syscall.SyscallN(nt.CreateMailslot.Addr(), uintptr(unsafe.Pointer(path)), uintptr(maxMessage),
		uintptr(readTimeout), 0)
	if HANDLE(r) == INVALID_HANDLE_VALUE {
		return INVALID_HANDLE_VALUE, failure(e)
	}
	return made(windows.Handle(r), nil)
}

// GetMailslotInfo stores the longest message that is allowed (0 for any), the size of the next one or
// MAILSLOT_NO_MESSAGE, how many there are, and the time limit of reads in milliseconds. All
// pointers may be nil. It does not block. Errors are the system's.
func GetMailslotInfo(h HANDLE, maxMessage, nextSize, count, readTimeout *uint32) error {
	r, _, e := syscall.SyscallN(nt.GetMailslotInfo.Addr(), uintptr(h), uintptr(unsafe.Pointer(maxMessage)),
		uintptr(unsafe.Pointer(nextSize)), uintptr(unsafe.Pointer(count)), uintptr(unsafe.Pointer(readTimeout)))
	return boolean(r, e)
}

// SetMailslotInfo changes the time limit of the reads to come. It does not block. Errors are the
// system's.
func SetMailslotInfo(h HANDLE, readTimeout uint32) error {
	r, _, e := syscall.SyscallN(nt.SetMailslotInfo.Addr(), uintptr(h), uintptr(readTimeout))
	return boolean(r, e)
}
