// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package npfs is the state machines of Windows named pipes and mailslots, within one
// process and in memory: no system calls, no handles, no completion ports. Package win32
// puts those around it.
//
// # Requests
//
// What may take time is a [Request]: a read, a write, a connect, a flush, a transaction. The
// caller owns it, usually inside a larger pooled structure, so that nothing is allocated per
// operation. A start function either ends at once and returns the result, or returns pending;
// then the request, and the buffer that came with it, belong to this package until
// [Completer.Complete] is called, exactly once. That may happen on another goroutine and
// before the start function has returned. Complete is called without any lock of this
// package, so it may start and cancel requests; it must not block.
//
// # A pipe
//
// A pipe name has instances ([Space.Create]); each is one [End], the server's, and while a
// client has opened it ([Space.Open]) a second one. Between them are two queues, one for each
// direction. A queue holds either data, as entries (one for each write), or reads that wait
// for data, in order of issue (H04).
//
// A write gives its bytes first to the reads that wait. What is left becomes an entry. The
// write ends when all unread bytes up to and including its own fit the quota of the queue, so
// writes end in order of issue; one of zero bytes never waits (O06, H14, H17). Until then the
// entry refers to the writer's buffer, and bytes go from there straight to the reader's.
//
// On a pipe of message type, entries are messages, empty ones included (H11). A read in
// message mode takes from one message only; what does not fit stays for the next read, and
// the status says so (F04, H10). A read in byte mode, on either type, takes what there is. A
// write of zero bytes to a pipe of byte type does nothing (H12). A read of zero bytes waits
// for data and leaves it (H13).
//
// # The states
//
// An instance listens from its creation; a client's open connects it. If one end is closed,
// the other is closing: what was written to it can still be read, then reads fail as broken,
// and writes fail at once (H06, H08). Disconnecting discards everything and detaches the
// client for good (H15, O09); connecting again makes the instance listen.
//
// Closing an end ends its waiting reads and the peer's waiting reads and writes as broken
// (H07, H09, H16). Writes of the closed end that wait stay: they end when the peer has read
// them, or when it closes as well.
//
// Rule ids are those of docs/rules.md. Where the rules are silent, the behaviour is the one
// that tests which run on Windows demand, and else that of the NT kernel as far as known.
package npfs
