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

// EVENT_ALL_ACCESS is what CreateEvent gives.
const EVENT_ALL_ACCESS = 0x1F0003
