// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package sys is the wall between package iocp and the operating system. Above it is no system
// call, no constant of a kernel and no build tag.
//
// What lives here: the [System] contract, everything that an endpoint asks of a kernel beside
// its asynchronous operations (those are internal/engine's); [Host], the machine that the program
// runs on; and the memory that both kinds of request share with a kernel, whose layout differs
// from system to system: [Sockaddr], [Vector], [Message], the error numbers and the flags.
//
// What must never be here: completion keys, workers, the state of an endpoint, or the order of
// operations on one of them.
//
// # Names
//
// Descriptors are int32, as in engine.Op: what a Unix kernel numbers, or a handle of Windows, of
// which 32 bits count. Errors are [Errno], a number of the system that the program was built for,
// and 0 for success; package iocp gives them the names of an operation and of a file. A few numbers
// have names here ([EAGAIN], [ECONNRESET], ...), since they differ where syscall's do not say what
// the kernel says: on Windows they are the WSAE and ERROR numbers.
//
// Addresses go in and out as netip.AddrPort. An engine finds them in a [Sockaddr].
//
// # Which file is whose
//
// system.go and option.go are the contract. host_*.go carries it out: for Linux, for Windows, and for
// all other Unix systems together; errno, flags, sockaddr and vector are what shares its memory or its
// numbers with a kernel. A system that lacks something answers as the contract says, never with a
// silent success. The build tag iocp_libc makes Linux one of the other Unix systems, so that what is
// theirs is tested where the tests run.
package sys
