// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"syscall"
	"unsafe"

	"iocp/internal/sys/nt"
)

// NtSetIoCompletion is PostQueuedCompletionStatus as the kernel has it: the packet carries a
// status, which need not be a success (D12), and a count of full width. A failing status with a
// nil value is the one packet that GetQueuedCompletionStatus cannot tell from none (B05). It does
// not block.
//
// It returns STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH or
// STATUS_ACCESS_DENIED.
func NtSetIoCompletion(completionPort HANDLE, key uintptr, value *OVERLAPPED, status NTSTATUS, information uintptr) NTSTATUS {
	if value != nil {
		tableOf(value).add(value, request{obj: objectOf(completionPort)}, nil, nil)
	}
	r, _, _ := syscall.SyscallN(nt.NtSetIoCompletion.Addr(), uintptr(completionPort), key,
		uintptr(unsafe.Pointer(value)), uintptr(status), information)
	if NTSTATUS(r) != STATUS_SUCCESS && value != nil {
		tableOf(value).failed(value)
	}
	return NTSTATUS(r)
}

// NtQueryIoCompletion returns the number of packets that are queued (D11). It does not block. The
// status is that of [NtSetIoCompletion]; the right is IO_COMPLETION_QUERY_STATE (A26).
func NtQueryIoCompletion(completionPort HANDLE) (depth int32, status NTSTATUS) {
	const basicInformation = 0
	r, _, _ := syscall.SyscallN(nt.NtQueryIoCompletion.Addr(), uintptr(completionPort), basicInformation,
		uintptr(unsafe.Pointer(&depth)), unsafe.Sizeof(depth), 0)
	return depth, NTSTATUS(r)
}
