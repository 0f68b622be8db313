// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package nt is the engine for Windows 10 and later: it drives the operations of one port with overlapped
// I/O and a completion port of the kernel. It is empty on other systems.
//
// What lives here: the start of each kind of operation, the memory that the kernel writes to meanwhile, the
// association of handles, the threads for what has no overlapped form, and the probe. What must never be
// here: completion keys, workers, or any decision about when to submit and who waits; those belong to
// the packages above (see internal/engine).
//
// # Two ports
//
// The port of the program is the one of internal/queue, since its workers are goroutines and the kernel
// counts threads. The kernel's port below it has a concurrency value that never holds anybody back, and
// is only a list of what is over. Handles are associated with it when the first operation needs that,
// for good: it is the kernel that remembers it, for all handles of the same file, so a file whose
// association is another port's cannot be used here (A13).
//
// # Who does the work
//
// Enter starts operations and cancels, and takes packets without waiting; Watch waits for packets in the
// kernel. Whoever takes a packet makes a completion of it: asks what a failure was, finishes an accepted
// or connected socket, starts the next buffer of a list. Queue, Cancel and Reap, which are called with the
// port's lock held, touch lists only. Watch holds a thread of the system while it waits, as any call that
// waits does on Windows; Wake is a packet.
//
// # Memory
//
// An OVERLAPPED and what else the kernel writes to is on the heap, is never that of a stack, and stays
// reachable by way of a list of all engines that are open: also if a program drops its port with
// operations in flight. A packet is matched by address to an operation that waits for one. Others are
// dropped, such as those of operations that a program started itself on a handle that is associated
// here.
//
// Operations end without a packet where that saves a call and is safe: streams of TCP whose providers all
// give out handles of the file system (FILE_SKIP_COMPLETION_PORT_ON_SUCCESS).
//
// # Kinds that other engines do not have
//
// Disconnect is DisconnectEx, and never with TF_REUSE_SOCKET: that waits for the other side and for
// TIME_WAIT (see disconnect). SendFile is TransmitFile, on server editions of Windows; on workstations, where
// two such transfers at a time are all there is, and under Wine, which loses cancels of them, it is not
// offered, and package iocp reads and sends (see whyNotTransmit).
//
// # What has no overlapped form
//
// Flushing a file, closing a socket that lingers, connecting a socket of a family without ConnectEx, and
// all I/O on handles that were opened without FILE_FLAG_OVERLAPPED, such as anonymous pipes and consoles,
// are done by a few threads in blocking calls. On such a handle the system does one thing at a time: a
// write waits for a read that waits.
package nt
