// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

// NtSetIoCompletion is PostQueuedCompletionStatus as the kernel has it: the packet carries a
// status, which need not be a success (D12), and a count of full width. A failing status with a
// nil value is the one packet that GetQueuedCompletionStatus cannot tell from none (B05). It does
// not block.
//
// It returns STATUS_SUCCESS, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH or
// STATUS_ACCESS_DENIED.
func NtSetIoCompletion(completionPort HANDLE, key uintptr, value *OVERLAPPED, status NTSTATUS, information uintptr) NTSTATUS {
	if _, failure := ntPort(completionPort, IO_COMPLETION_MODIFY_STATE); failure != STATUS_SUCCESS {
		return failure
	}
	if post(completionPort, key, value, status, information) != nil {
		return STATUS_INVALID_HANDLE
	}
	return STATUS_SUCCESS
}

// NtQueryIoCompletion returns the number of packets that are queued (D11). It does not block. The
// status is that of [NtSetIoCompletion]; the right is IO_COMPLETION_QUERY_STATE (A26).
func NtQueryIoCompletion(completionPort HANDLE) (depth int32, status NTSTATUS) {
	p, status := ntPort(completionPort, IO_COMPLETION_QUERY_STATE)
	if status == STATUS_SUCCESS {
		depth = int32(p.p.Len())
	}
	return depth, status
}

func ntPort(h HANDLE, right uint32) (*port, NTSTATUS) {
	p, err := portOf(h, right)
	switch {
	case err == nil:
		return p, STATUS_SUCCESS
	case err == ERROR_ACCESS_DENIED:
		return nil, STATUS_ACCESS_DENIED
	case handles.lookup(h) != nil:
		return nil, STATUS_OBJECT_TYPE_MISMATCH
	}
	return nil, STATUS_INVALID_HANDLE
}
