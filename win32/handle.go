// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32

import "unsafe"

// HANDLE refers to an object: a port, a file, a pipe, an event, a thread. A handle is made by
// the function that creates or opens the object, or by [DuplicateHandle], and ends with
// [CloseHandle]; the object lives until its last handle is closed. Values are multiples of
// four, and the two low bits of an argument are ignored (A37). Zero is no handle.
//
// Elsewhere than on Windows a value is not used again for a long time after it was closed, so
// that a stale handle is found out: ERROR_INVALID_HANDLE. Windows may use it again at once.
type HANDLE uintptr

// SOCKET is the handle of a socket. It is a HANDLE, with a type of its own, and is closed
// with [Closesocket].
type SOCKET HANDLE

const (
	// INVALID_HANDLE_VALUE stands for "no file" in CreateIoCompletionPort, and is what
	// CreateFile and CreateNamedPipe return when they fail.
	INVALID_HANDLE_VALUE = ^HANDLE(0)

	// INVALID_SOCKET is what WSASocket returns when it fails.
	INVALID_SOCKET = ^SOCKET(0)
)

// INFINITE is the timeout, in milliseconds, that never ends (B09). Every other value is finite,
// 0x80000000 and 0xFFFFFFFE included (B10).
const INFINITE = 0xFFFFFFFF

// Options of DuplicateHandle.
const (
	DUPLICATE_CLOSE_SOURCE = 0x1 // closes the source, also if duplicating fails
	DUPLICATE_SAME_ACCESS  = 0x2 // the access argument is ignored
)

// Modes of SetFileCompletionNotificationModes.
const (
	FILE_SKIP_COMPLETION_PORT_ON_SUCCESS = 0x1 // no packet for what is done at once
	FILE_SKIP_SET_EVENT_ON_HANDLE        = 0x2 // the handle itself is not signalled
)

// OVERLAPPED is one request and its outcome, in the documented layout. Programs put it first in
// a struct of their own and convert the pointer that a packet brings back (CONTAINING_RECORD),
// or compare pointers.
//
// From the call that starts an operation until its end the OVERLAPPED belongs to the system: it
// must be neither changed nor used again. The package keeps it and the buffers reachable meanwhile,
// so that a program may drop them and get them back with the packet.
type OVERLAPPED struct {
	// Internal is the NTSTATUS: STATUS_PENDING while the operation goes on (F05), and how
	// it ended afterwards (F06). Read it with [HasOverlappedIoCompleted].
	Internal uintptr

	// InternalHigh is the number of bytes transferred. It is written at the end, before
	// Internal, and not before (F05).
	InternalHigh uintptr

	// Offset and OffsetHigh are the position in a file where the operation begins. They are
	// not changed (G02), and ignored by what has no positions.
	Offset     uint32
	OffsetHigh uint32

	// HEvent is an event that is reset when the operation starts and set when it ends (F10,
	// F11), or 0. With its lowest bit set the operation sends no packet (F09).
	HEvent HANDLE
}

// OVERLAPPED_ENTRY is a packet as GetQueuedCompletionStatusEx returns it (E07).
type OVERLAPPED_ENTRY struct {
	LpCompletionKey            uintptr
	LpOverlapped               *OVERLAPPED
	Internal                   uintptr // the NTSTATUS of the packet (E06)
	DwNumberOfBytesTransferred uint32
}

// WSABUF is one buffer of a socket operation. The bytes belong to the system until the operation
// is over; the array of WSABUFs itself only during the call.
type WSABUF struct {
	Len uint32
	Buf *byte
}

// CompletionRoutine is called by an alertable wait of the goroutine that started the operation,
// with the Win32 code of its end, the bytes transferred, and its OVERLAPPED.
type CompletionRoutine func(code Errno, bytes uint32, ov *OVERLAPPED)

// APCProc is an asynchronous procedure call, with the data that was given to [QueueUserAPC].
type APCProc func(data uintptr)

// IoCompletionCallback takes the end of an operation on a file that was bound with
// [BindIoCompletionCallback]: its status, the bytes transferred, and its OVERLAPPED. It may block.
// Which goroutine calls it is not said; several may at one time.
type IoCompletionCallback func(status NTSTATUS, bytes uint32, ov *OVERLAPPED)

// ThreadpoolIoCallback takes the end of an operation on a file for which there is a [TP_IO]: the context
// that was given to [CreateThreadpoolIo], the OVERLAPPED of the operation, its Win32 code and
// the bytes transferred. It may block. Several may be called at one time.
type ThreadpoolIoCallback func(context unsafe.Pointer, ov *OVERLAPPED, code Errno, bytes uintptr, io *TP_IO)

// Results of waits. WAIT_TIMEOUT and WAIT_IO_COMPLETION are further ones.
const (
	WAIT_OBJECT_0  = 0x00000000 // the object with index 0; the others follow
	WAIT_ABANDONED = 0x00000080 // of mutexes, which are not made here
	WAIT_FAILED    = 0xFFFFFFFF // there is an error

	// MAXIMUM_WAIT_OBJECTS is how many objects one wait may be for.
	MAXIMUM_WAIT_OBJECTS = 64
)

// Bytes returns the memory of the buffer.
func (b WSABUF) Bytes() []byte { return unsafe.Slice(b.Buf, int(b.Len)) }

// SetBytes makes p the memory of the buffer. p must be shorter than 4 GiB.
func (b *WSABUF) SetBytes(p []byte) { b.Len, b.Buf = uint32(len(p)), unsafe.SliceData(p) }
