// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package hook is the door between package iocp and the packages that give its operations
// other names and other results (win32), or that bring a machine of their own (iocptest). What is
// here is not safe enough to be public: it runs under a port's lock, or under the endpoints.
//
// What must never be here: anything that a program could want to call.
package hook

import (
	"context"

	"iocp/internal/worker"
)

// Finisher is told the end of the operations of one Overlapped at the moment they are over,
// where a program learns it only when it takes the packet.
type Finisher interface {
	// Finished is called once for each operation that is over, with what its packet would
	// say. It reports whether there shall be a packet. The lock of the port is held: Finished
	// must neither block nor call the port or any endpoint. It is not called for an operation
	// that fails at its start: who started it has the error.
	Finished(n int64, err error) (packet bool)

	// Dropped is called after a Finished that wanted no packet, when the Overlapped can be
	// used again. The lock may be held.
	Dropped()
}

// Acceptor is a Finisher that wants to know an accepted socket before Finished is called.
type Acceptor interface {
	// Accepted is called once for each accept that succeeds, with the descriptor, which must
	// be left as it is. The lock of the port is held, as for Finished.
	Accepted(fd int)
}

// SetFinisher gives f the ends of all operations that are started with the *iocp.Overlapped
// from now on. It is set by package iocp. Nothing may be in flight.
var SetFinisher func(overlapped any, f Finisher)

// Look brings what is over on the *iocp.Port to its end, where otherwise the next Get would, and
// takes no packet. It submits what waits to be submitted.
var Look func(port any)

// Serves reports whether the calling goroutine is a worker of the *iocp.Port.
var Serves func(port any) bool

// Alert ends the wait of the goroutine id in a Get on the *iocp.Port with ctx, whose Done is nil
// and which is over, as queue.Port.Alert says.
var Alert func(port any, id worker.ID, ctx context.Context)
