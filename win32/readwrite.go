// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import "sync/atomic"

// ReadFile reads into buf from a file, pipe, mailslot or socket. With an overlapped handle ov is
// needed (F14), but for a socket, where nil means to wait (F15); the read begins at the offset in
// ov, and buf and *ov belong to the system until the operation is over. A handle that was not
// opened for overlapped I/O waits for the end in any case and reads from the offset in ov, or from
// the file's own position without one.
//
// nil: done at once, *done bytes (done may be nil). On an associated handle a packet is queued all
// the same (F02), unless it is in skip mode (K01). ERROR_IO_PENDING: exactly one packet will come, or
// whatever else was asked for (F01). Any other error: it failed, and no packet will come (F03), except
// ERROR_MORE_DATA, a warning, which sends one (F04).
//
// Errors: ERROR_INVALID_HANDLE; ERROR_ACCESS_DENIED for a handle without the right (G13);
// ERROR_INVALID_PARAMETER for a negative offset or one too large (G11, G12);
// ERROR_HANDLE_EOF at the end of a file (G04), ERROR_BROKEN_PIPE at the end of a pipe (H06); success
// with 0 bytes at the end of a stream of a socket (I23); those of the system.
func ReadFile(h HANDLE, buf []byte, done *uint32, ov *OVERLAPPED) error {
	return transfer(h, buf, done, ov, nil, FILE_READ_DATA)
}

// WriteFile writes buf, all of it (H17), under the rules of [ReadFile]. Offset and OffsetHigh of
// 0xFFFFFFFF append to a file (G09).
//
// Errors: those of ReadFile; ERROR_NO_DATA if the other end of a pipe is closed (H08).
func WriteFile(h HANDLE, buf []byte, done *uint32, ov *OVERLAPPED) error {
	return transfer(h, buf, done, ov, nil, FILE_WRITE_DATA|FILE_APPEND_DATA)
}

// transfer is a read or write, whichever the right is for. Whatever becomes of it, the
// OVERLAPPED says at first that it is pending (F08) and the count that nothing was transferred (F27).
func transfer(h HANDLE, buf []byte, done *uint32, ov *OVERLAPPED, routine CompletionRoutine, right uint32) error {
	if done != nil {
		*done = 0
	}
	if ov != nil {
		atomic.StoreUintptr(&ov.Internal, uintptr(STATUS_PENDING))
	}
	f, access, err := fileOf(h)
	switch {
	case err != nil:
		return err
	case access&right == 0:
		return ERROR_ACCESS_DENIED
	case uint64(len(buf)) > maxTransfer:
		return ERROR_INVALID_PARAMETER
	}
	var op *operation
	if routine != nil {
		op, err = f.beginRoutine(ov, routine)
	} else {
		op, err = f.begin(ov)
	}
	if err != nil {
		return err
	}
	op.appends = access&FILE_WRITE_DATA == 0
	blocking := op.blocking
	if right == FILE_READ_DATA {
		err = f.dev.read(op, buf)
	} else {
		err = f.dev.write(op, buf)
	}
	return op.started(blocking, err, done)
}

// maxTransfer is what a DWORD can count (M05).
const maxTransfer = 1<<32 - 1
