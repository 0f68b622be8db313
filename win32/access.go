// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

// The rights of a handle on a port (A26).
const (
	IO_COMPLETION_QUERY_STATE  = 0x1      // its depth
	IO_COMPLETION_MODIFY_STATE = 0x2      // associate, post, get
	IO_COMPLETION_ALL_ACCESS   = 0x1F0003 // what CreateIoCompletionPort gives
)

// Rights of a handle on a file.
const (
	FILE_READ_DATA   = 0x1
	FILE_WRITE_DATA  = 0x2
	FILE_APPEND_DATA = 0x4
)

// The rights of a handle on an event, or a thread.
const (
	EVENT_MODIFY_STATE = 0x2      // set and reset it
	EVENT_ALL_ACCESS   = 0x1F0003 // what CreateEvent gives
	THREAD_TERMINATE   = 0x1      // cancel what it waits for
	THREAD_SET_CONTEXT = 0x10     // queue a call
	THREAD_ALL_ACCESS  = 0x1FFFFF // what the duplicate of GetCurrentThread has
	SYNCHRONIZE        = 0x100000 // wait for an object
)
