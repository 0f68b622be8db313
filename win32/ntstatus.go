// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32

import (
	"cmp"
	"slices"
	"strconv"
)

// NTSTATUS is how an operation ended, in the form that OVERLAPPED.Internal and
// OVERLAPPED_ENTRY.Internal carry. The two highest bits are the severity: success,
// information, warning, error.
type NTSTATUS uint32

// Errno returns the code of s for file functions and GetQueuedCompletionStatus, as
// RtlNtStatusToDosError has it: 0 for STATUS_SUCCESS, ERROR_MR_MID_NOT_FOUND for a status
// that has none (B20).
func (s NTSTATUS) Errno() Errno {
	if s == STATUS_SUCCESS {
		return ERROR_SUCCESS
	}
	if i, ok := s.row(); ok {
		return statusRows[i].code
	}
	return ERROR_MR_MID_NOT_FOUND
}

// WSAErrno returns the code of s for socket functions and WSAGetOverlappedResult, where it
// often has another name: STATUS_CONNECTION_RESET is WSAECONNRESET here and
// ERROR_NETNAME_DELETED there (F26). It is 0 for every success; WSAEINVAL stands for an error
// that sockets do not have.
func (s NTSTATUS) WSAErrno() Errno {
	if i, ok := s.row(); ok {
		return statusRows[i].wsa
	}
	if s.succeeded() {
		return ERROR_SUCCESS
	}
	return WSAEINVAL
}

// String returns the documented name of s, or its number.
func (s NTSTATUS) String() string {
	if i, ok := s.row(); ok {
		return statusRows[i].name
	}
	return "NTSTATUS 0x" + strconv.FormatUint(uint64(s), 16)
}

// succeeded tells whether a function that ended with s returns TRUE: success and information
// do, warnings do not (B21).
func (s NTSTATUS) succeeded() bool { return int32(s) >= 0 }

// failed tells whether s is an error. A warning is none: its packet is queued even if the
// call reports it at once (F04).
func (s NTSTATUS) failed() bool { return s>>30 == 3 }

func (s NTSTATUS) row() (int, bool) {
	return slices.BinarySearchFunc(statusRows[:], s, func(r statusRow, s NTSTATUS) int {
		return cmp.Compare(r.status, s)
	})
}
