// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package aix offers the subroutines of AIX's I/O completion ports by their documented names, on
// Linux: CreateIoCompletionPort, GetQueuedCompletionStatus, GetMultipleCompletionStatus,
// PostQueuedCompletionStatus, ReadFile and WriteFile on plain socket descriptors, and for
// regular files the asynchronous I/O whose requests name a port. It is built on package iocp. On
// other systems the package is empty.
//
//	port, err := aix.CreateIoCompletionPort(aix.INVALID_HANDLE_VALUE, aix.NULL, 0, 0)
//	...
//	fd, _, err := unix.Accept(listener)
//	_, err = aix.CreateIoCompletionPort(aix.HANDLE(fd), port, key, 0)
//	...
//	switch err := aix.ReadFile(aix.HANDLE(fd), buf, &n, &ov); err {
//	case nil:              // n bytes are there, and no packet will come
//	case unix.EINPROGRESS: // a packet will come
//	default:               // failed, and no packet will come
//	}
//
// # Form
//
// Names, order of parameters and meaning are those of the pages. Buffers are slices, which carry
// their length. A boolean result and errno become one error: nil for TRUE, otherwise a
// [syscall.Errno]. DWORD is uint32, HANDLE an int32.
//
// # Descriptors
//
// A port is a descriptor, as it is on AIX: its number is the lowest that is free in the
// process, never 0, 1 or 2, and no file or socket has the same number while the port is open. So
// NULL, which is 0, cannot be taken for a port. The number is held by an empty memory file that
// nobody should read or write; it counts against RLIMIT_NOFILE (M06). Ports are not inherited by
// programs that are executed (A31).
//
// A socket or file that is associated keeps its number and stays the caller's. The package works
// on a duplicate of its own, which costs a second descriptor and has a use: no request can ever
// reach whatever another part of the program has opened under the same number.
//
// [Close] closes ports, sockets and files, and everything else that close(2) closes. What has been
// associated must be closed with it: a close(2) behind the package's back leaves the association
// and its duplicate behind, pending requests stay pending, and the peer does not see the
// connection end. That is put right as soon as the number is used for another file and associated
// again, or given to Close: the package compares device and inode, ends what was pending with
// ENOTCONN, and forgets the old file.
//
// # Requests
//
// A request that can be done at once is done, and sends no packet (L03). From EINPROGRESS until
// its packet is taken the buffer and the [OVERLAPPED] belong to the port; one OVERLAPPED may serve
// several requests. The functions may be called by any goroutine at any time. Goroutines stand
// where AIX has threads, and there are no signals to interrupt them.
//
// Every request sends exactly one packet, also an AIO request that was cancelled. There AIX is
// different (L09): it leaves those out, and a call that counts on them waits in vain.
//
// Nothing here limits how many workers run at a time: the parameter ConcurrentThreads is accepted
// and not used (L11).
//
// docs/porting-from-aix.md compares function by function and has a worked port. The rules are
// cited by ids such as L03; docs/rules.md has all of them.
package aix
