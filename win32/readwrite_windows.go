// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"syscall"
	"unsafe"

	"iocp/internal/sys/nt"
)

// ReadFile reads into buf from a file, pipe, mailslot or socket. With an overlapped handle ov is
// needed (F14), but for a socket, where nil means to wait (F15); the read begins at the offset in
// ov. buf and *ov belong to the system until the operation is over, and are kept reachable until
// then.
//
// nil: done at once, *done bytes (done may be nil). On an associated handle a packet is queued all
// the same (F02), unless it is in skip mode (K01). ERROR_IO_PENDING: exactly one packet will come, or
// whatever else was asked for (F01). Any other error: it failed, and no packet will come (F03), except
// ERROR_MORE_DATA, a warning, which sends one (F04). The errors are the system's.
func ReadFile(h HANDLE, buf []byte, done *uint32, ov *OVERLAPPED) error {
	return transfer(nt.ReadFile.Addr(), h, buf, done, ov)
}

// WriteFile writes buf, all of it (H17), under the rules of [ReadFile]. Offset and OffsetHigh of
// 0xFFFFFFFF append to a file (G09).
func WriteFile(h HANDLE, buf []byte, done *uint32, ov *OVERLAPPED) error {
	return transfer(nt.WriteFile.Addr(), h, buf, done, ov)
}

// transfer calls ReadFile or WriteFile.
func transfer(address uintptr, h HANDLE, buf []byte, done *uint32, ov *OVERLAPPED) error {
	if uint64(len(buf)) > maxTransfer {
		return ERROR_INVALID_PARAMETER
	}
	var n uint32
	if done == nil {
		done = &n // the system needs it where ov is nil
	}
	o := start(h, ov, nil, unsafe.Pointer(unsafe.SliceData(buf)))
	r, _, e := syscall.SyscallN(address, uintptr(h), uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)),
		uintptr(unsafe.Pointer(done)), uintptr(unsafe.Pointer(ov)))
	return o.started(ov, boolean(r, e))
}

// maxTransfer is what a DWORD can count (M05).
const maxTransfer = 1<<32 - 1

// ReadFileEx is [ReadFile] for a file that is associated with no port: the end is a call of
// routine by the goroutine that started it, when it waits alertably; it must have called
// runtime.LockOSThread. ov is needed; the system leaves its HEvent alone.
//
// nil: routine will be called. Errors: those of ReadFile; ERROR_INVALID_PARAMETER for an
// associated file (F17).
func ReadFileEx(h HANDLE, buf []byte, ov *OVERLAPPED, routine CompletionRoutine) error {
	return transferEx(nt.ReadFileEx.Addr(), h, buf, ov, routine)
}

// WriteFileEx writes buf under the rules of [ReadFileEx].
func WriteFileEx(h HANDLE, buf []byte, ov *OVERLAPPED, routine CompletionRoutine) error {
	return transferEx(nt.WriteFileEx.Addr(), h, buf, ov, routine)
}

func transferEx(address uintptr, h HANDLE, buf []byte, ov *OVERLAPPED, routine CompletionRoutine) error {
	if ov == nil || routine == nil || uint64(len(buf)) > maxTransfer {
		return ERROR_INVALID_PARAMETER
	}
	o := start(h, ov, routine, unsafe.Pointer(unsafe.SliceData(buf)))
	r, _, e := syscall.SyscallN(address, uintptr(h), uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)),
		uintptr(unsafe.Pointer(ov)), fileRoutineAddress())
	return o.started(ov, boolean(r, e))
}
