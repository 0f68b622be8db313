// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package iocp provides I/O completion ports: the queue that servers on Windows and AIX are
// built on, with the same rules, on Linux over io_uring, or epoll where that is refused.
//
// # The model
//
// A [Port] is a queue of packets and a group of workers that take them. Start an operation,
// a receive, say, or a write to a file, on an endpoint that is associated with the port, and
// go on; when the operation is over its packet appears on the port, and some worker takes it.
// Ten thousand connections need no ten thousand goroutines and no buffers but those of the
// operations in flight.
//
//	port, err := iocp.NewPort(iocp.Config{})
//	...
//	err = port.Associate(conn, session)   // packets of conn come to port, with this key
//	...
//	err = conn.Recv(&session.recv, buf)   // nil: exactly one packet will come
//	...
//	for c := range port.All() {           // in every worker
//		switch op := c.Op.(type) {
//		case *recv:
//			...
//
// Packets come out first in, first out. Workers are released last in, first out: the one that
// waited least has the warmest caches.
//
// # The concurrency value
//
// A port lets no more than [Config.Concurrency] of its workers run at a time, by default as
// many as there are processors, however many there are. A worker runs from the moment it is
// given a packet until it asks for the next one, except while it is blocked: when a worker
// waits for a channel, a lock, a timer, or in a system call, the port notices and releases
// another one. So the processors are busy, and not oversubscribed, without anybody counting.
// [Port.Blocking] says it exactly where that matters.
//
// Goroutines stand where other systems have threads. A goroutine becomes a worker of the port
// it calls [Port.Get] on, and stays one until it calls Get on another port, calls
// [Port.Leave], or ends. Posting does not make a worker.
//
// # Operations
//
// An operation is a struct of yours that embeds [Overlapped]. The packet carries that very
// value back, so nothing is looked up and nothing allocated:
//
//	type recv struct {
//		iocp.Overlapped
//		session *session
//	}
//
// Starting an operation returns an error, and then it has failed and no packet will come; or
// nil, and then exactly one packet will, also when the operation was over at once. (A handle
// in [Handle.SkipOnSuccess] mode says [ErrCompleted] for those instead.) How it ended is in
// [Completion.Bytes] and [Completion.Err].
//
// From the start until its packet is taken, the operation's struct and its buffers belong to
// the port. Starting it again in that time panics. The race detector reports whoever touches
// a buffer in flight, and go vet whoever copies an Overlapped.
//
// Cancelling, by [Overlapped.Cancel], [Handle.CancelAll], a timeout or by closing the handle,
// is a request: the packet comes in any case, and says how the operation really ended.
//
// # Rules
//
// The documentation of each name cites rules by ids such as C09. docs/rules.md lists all of
// them in plain words with their sources; the conformance suite in package iocptest shows
// them, one test each.
package iocp
