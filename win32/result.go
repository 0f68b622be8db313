// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import "sync/atomic"

// HasOverlappedIoCompleted reports whether the operation of ov is over. It does not block. It may
// be called by any goroutine while the operation goes on. After a call that failed at once it
// is false (F08).
func HasOverlappedIoCompleted(ov *OVERLAPPED) bool {
	if status, _ := ov.load(); status != STATUS_PENDING {
		return true
	}
	lookAtPorts()
	status, _ := ov.load()
	return status != STATUS_PENDING
}

// load returns the status and the count. While the status is STATUS_PENDING there is none: it may
// be written at this moment.
func (ov *OVERLAPPED) load() (NTSTATUS, uint32) {
	status := NTSTATUS(atomic.LoadUintptr(&ov.Internal))
	if status == STATUS_PENDING {
		return status, 0
	}
	return status, uint32(ov.InternalHigh)
}

// GetOverlappedResult returns the outcome of the operation that was started with ov on h: nil for
// success, or why it failed; in both cases it stores the number of bytes in *done, which may be
// nil. A packet that the operation sends is not taken by that (F24).
//
// While the operation goes on it returns ERROR_IO_INCOMPLETE and stores nothing, or, with wait,
// waits for the event of ov, or for the file itself if ov has none: the next end of any operation on the
// file without an event then. It takes that for the end (F25).
//
// Errors besides those of the operation: ERROR_INVALID_PARAMETER for no OVERLAPPED; those of
// [WaitForSingleObject].
func GetOverlappedResult(h HANDLE, ov *OVERLAPPED, done *uint32, wait bool) error {
	ms := uint32(0)
	if wait {
		ms = INFINITE
	}
	return GetOverlappedResultEx(h, ov, done, ms, false)
}

// GetOverlappedResultEx is [GetOverlappedResult] with a wait of up to ms milliseconds: with 0 it
// does not wait, and returns ERROR_IO_INCOMPLETE; otherwise WAIT_TIMEOUT tells that the time was
// over first. With alertable it also makes the calls that are queued to the calling
// goroutine, and returns WAIT_IO_COMPLETION then.
func GetOverlappedResultEx(h HANDLE, ov *OVERLAPPED, done *uint32, ms uint32, alertable bool) error {
	if ov == nil {
		return ERROR_INVALID_PARAMETER
	}
	status, n, err := ov.await(h, ms, alertable)
	if err != nil {
		return err
	}
	if done != nil {
		*done = n
	}
	if status.succeeded() {
		return nil
	}
	return status.Errno().err()
}

// WSAGetOverlappedResult is [GetOverlappedResult] for sockets, with their error codes (F26). *flags
// are those that the operation ended with; flags may be nil here.
//
// Errors besides those of the operation: WSAENOTSOCK; WSA_IO_INCOMPLETE; WSAEFAULT for no
// OVERLAPPED.
func WSAGetOverlappedResult(s SOCKET, ov *OVERLAPPED, done *uint32, wait bool, flags *uint32) error {
	f, _, err := fileOf(HANDLE(s))
	if err != nil || !f.socket {
		return WSAENOTSOCK
	}
	if ov == nil {
		return WSAEFAULT
	}
	ms := uint32(0)
	if wait {
		ms = INFINITE
	}
	status, n, err := ov.await(HANDLE(s), ms, false)
	if err != nil {
		return err
	}
	if done != nil {
		*done = n
	}
	if flags != nil {
		*flags = 0
	}
	if status.succeeded() {
		return nil
	}
	return status.WSAErrno().err()
}

// await returns the outcome, after a wait if there is none yet. One that the wait was satisfied
// without is STATUS_PENDING, which is a success (F25).
func (ov *OVERLAPPED) await(h HANDLE, ms uint32, alertable bool) (NTSTATUS, uint32, error) {
	status, n := ov.load()
	if status != STATUS_PENDING {
		return status, n, nil
	}
	if ms == 0 {
		if !HasOverlappedIoCompleted(ov) {
			return status, n, ERROR_IO_INCOMPLETE
		}
	} else if err := ov.waitFor(h, ms, alertable); err != nil {
		return status, n, err
	}
	status, n = ov.load()
	return status, n, nil
}

func (ov *OVERLAPPED) waitFor(h HANDLE, ms uint32, alertable bool) error {
	if ov.HEvent != 0 {
		h = ov.HEvent
	}
	switch reason, err := WaitForSingleObjectEx(h, ms, alertable); reason {
	case WAIT_FAILED:
		return err
	case WAIT_OBJECT_0:
		return nil
	default:
		return Errno(reason).err()
	}
}
