// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32

// The rights of a handle on a port (A26).
const (
	IO_COMPLETION_QUERY_STATE  = 0x1      // its depth
	IO_COMPLETION_MODIFY_STATE = 0x2      // associate, post, get
	IO_COMPLETION_ALL_ACCESS   = 0x1F0003 // what CreateIoCompletionPort gives
)

// Rights of a handle on a file.
const (
	FILE_READ_DATA        = 0x1
	FILE_LIST_DIRECTORY   = 0x1 // the same, of a directory
	FILE_WRITE_DATA       = 0x2
	FILE_APPEND_DATA      = 0x4 // without FILE_WRITE_DATA every write is at the end (G10)
	FILE_READ_EA          = 0x8
	FILE_WRITE_EA         = 0x10
	FILE_EXECUTE          = 0x20
	FILE_READ_ATTRIBUTES  = 0x80
	FILE_WRITE_ATTRIBUTES = 0x100

	DELETE       = 0x10000
	READ_CONTROL = 0x20000

	FILE_GENERIC_READ    = 0x120089
	FILE_GENERIC_WRITE   = 0x120116
	FILE_GENERIC_EXECUTE = 0x1200A0
	FILE_ALL_ACCESS      = 0x1F01FF
)

// Rights that stand for those of the kind of the object.
const (
	GENERIC_READ    = 0x80000000
	GENERIC_WRITE   = 0x40000000
	GENERIC_EXECUTE = 0x20000000
	GENERIC_ALL     = 0x10000000
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
