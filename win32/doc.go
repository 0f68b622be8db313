// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package win32 has I/O completion ports, and what belongs to them, by the names, parameters
// and error codes that the documentation of Windows gives them. On Windows each function is
// the system's own; on Linux it is built on package iocp. The same source compiles on both. On other
// systems the package is empty.
//
//	port, err := win32.CreateIoCompletionPort(win32.INVALID_HANDLE_VALUE, 0, 0, 0)
//	...
//	_, err = win32.CreateIoCompletionPort(file, port, key, 0)
//	...
//	err = win32.ReadFile(file, buf, nil, ov)          // nil or ERROR_IO_PENDING: a packet will come
//	...
//	err = win32.GetQueuedCompletionStatus(port, &n, &key, &ov, win32.INFINITE)
//
// Who writes a new program for Linux alone finds the same rules with less ceremony in package
// iocp. This package is for people who have the documentation, or a program, for Windows.
//
// # Form
//
// Functions keep their documented names and the order of their parameters, in the way
// golang.org/x/sys/windows writes them: a buffer is a slice and brings its length; TRUE, or
// the 0 of a socket function, is a nil error; everything else is an [Errno], the code that
// GetLastError or WSAGetLastError would return. Output parameters are pointers, and nil where
// that is documented as allowed; without a result they are left as they were where Windows
// leaves them.
//
// A buffer, an OVERLAPPED and what they point to belong to the operation from the call that
// starts it until its completion is taken: by a packet, by an event and GetOverlappedResult,
// or by a completion routine. Until then they must be neither changed nor started again. The
// package keeps them from the garbage collector meanwhile.
//
// Threads are goroutines: each has its own queue of asynchronous procedure calls, counts for
// the concurrency value of the port it last asked, and is what CancelIo means by the calling
// thread. On Windows the system knows its own threads alone, so a goroutine that uses completion
// routines, QueueUserAPC, alertable waits or CancelIo calls [runtime.LockOSThread] first; that is
// right on both.
//
// # What is here
//
// Ports, and all that can send packets to them: files, directories, pipes, mailslots, sockets
// with their extension functions; handles with duplicates and last closes; events, waits and
// asynchronous procedure calls as far as overlapped operations need them; cancellation; and
// the codes, [Errno] and [NTSTATUS].
//
// # What never will be
//
// No processes, threads, registry, security descriptors, windows or services: this is not an
// emulation of Windows. Handles mean something in this process only. Names of files are those
// of the system that the program runs on. Nothing here is faster than package iocp, and
// nothing works here that Windows would refuse.
//
// Rules are cited by ids such as F14; docs/rules.md lists them with their sources.
package win32
