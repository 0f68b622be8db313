// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs

import "fmt"

// Status is an NTSTATUS: the severity is in its upper two bits.
type Status uint32

// The statuses this package returns; each comment has the Win32 code it is known by.
const (
	Success          Status = 0x00000000
	BufferOverflow   Status = 0x80000005 // 234 ERROR_MORE_DATA: bytes were read, the message has more
	InvalidHandle    Status = 0xC0000008 // 6: the end is closed
	InvalidParameter Status = 0xC000000D // 87
	IllegalFunction  Status = 0xC00000AF // 1 ERROR_INVALID_FUNCTION: the server's business, asked of a client
	AccessDenied     Status = 0xC0000022 // 5
	BufferTooSmall   Status = 0xC0000023 // 122 ERROR_INSUFFICIENT_BUFFER: mailslot message larger than the buffer
	NameInvalid      Status = 0xC0000033 // 123 ERROR_INVALID_NAME
	NameNotFound     Status = 0xC0000034 // 2 ERROR_FILE_NOT_FOUND
	NameCollision    Status = 0xC0000035 // 183 ERROR_ALREADY_EXISTS
	InstanceLimit    Status = 0xC00000AB // 231 ERROR_PIPE_BUSY: all instances exist
	NotAvailable     Status = 0xC00000AC // 231 ERROR_PIPE_BUSY: no instance listens
	InvalidPipeState Status = 0xC00000AD // 230 ERROR_BAD_PIPE
	PipeBusy         Status = 0xC00000AE // 231 ERROR_PIPE_BUSY
	PipeDisconnected Status = 0xC00000B0 // 233 ERROR_PIPE_NOT_CONNECTED
	PipeClosing      Status = 0xC00000B1 // 232 ERROR_NO_DATA
	PipeConnected    Status = 0xC00000B2 // 535 ERROR_PIPE_CONNECTED
	PipeListening    Status = 0xC00000B3 // 536 ERROR_PIPE_LISTENING
	InvalidReadMode  Status = 0xC00000B4 // 230 ERROR_BAD_PIPE
	IOTimeout        Status = 0xC00000B5 // 121 ERROR_SEM_TIMEOUT
	FileForcedClosed Status = 0xC00000B6 // 38 ERROR_HANDLE_EOF: the mailslot is gone
	PipeEmpty        Status = 0xC00000D9 // 232 ERROR_NO_DATA: nothing there, and the end does not wait
	Cancelled        Status = 0xC0000120 // 995 ERROR_OPERATION_ABORTED
	PipeBroken       Status = 0xC000014B // 109 ERROR_BROKEN_PIPE
)

const severityError Status = 0xC0000000

// Failed says whether s is an error; a warning such as [BufferOverflow] is none.
func (s Status) Failed() bool { return s&severityError == severityError }

var statusNames = map[Status]string{
	Success: "success", BufferOverflow: "buffer overflow", InvalidHandle: "invalid handle",
	InvalidParameter: "invalid parameter", IllegalFunction: "illegal function",
	AccessDenied: "access denied", BufferTooSmall: "buffer too small", NameInvalid: "name invalid",
	NameNotFound: "name not found", NameCollision: "name collision", InstanceLimit: "instance limit",
	NotAvailable: "not available", InvalidPipeState: "invalid pipe state", PipeBusy: "pipe busy",
	PipeDisconnected: "pipe disconnected", PipeClosing: "pipe closing", PipeConnected: "pipe connected",
	PipeListening: "pipe listening", InvalidReadMode: "invalid read mode", IOTimeout: "timeout",
	FileForcedClosed: "file forced closed", PipeEmpty: "pipe empty", Cancelled: "cancelled",
	PipeBroken: "pipe broken",
}

// String names s in words, or gives its number.
func (s Status) String() string {
	if name, ok := statusNames[s]; ok {
		return name
	}
	return fmt.Sprintf("status 0x%08X", uint32(s))
}
