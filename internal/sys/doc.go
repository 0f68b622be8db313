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
// # Which system offers what
//
// Every system has: sys.go's contract as Host; errno, flags, sockaddr and vector for its name or for
// "unix". A system that lacks something answers as the method says, never with a silent success.
package sys
