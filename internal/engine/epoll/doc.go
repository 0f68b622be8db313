// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package epoll is the engine for Linux machines that refuse io_uring: containers with the
// usual seccomp profile, sandboxes, old kernels. It drives the operations of one port with
// readiness from epoll(7) and a few threads for regular files. It is empty on other systems.
//
// What lives here: the requests that wait for a descriptor to become ready, the system calls
// that carry them out, the threads for files, parking in Go's network poller, and the probe.
// What must never be here: completion keys, workers, or any decision about when to submit and
// who waits; those belong to the packages above (see internal/engine).
//
// # Who does the work
//
// Enter starts requests and, with events, asks epoll_wait(2) for events without waiting; Watch
// does the second alone. Whoever gets an event carries out the requests it is for. Everything
// that they touch is guarded by one mutex, drive; Queue, Cancel and Reap, which are called with
// the port's lock held, never take it.
//
// # Pollable descriptors
//
// A descriptor is registered when the first request needs it, edge-triggered for everything, and
// stays so until it is closed by a request of kind Close or given up with Forget. Each direction
// is a line of requests with a hint that says whether the next one is worth a try: it is set by
// an event and cleared when a try finds nothing, or less than a TCP socket was asked for.
//
// No descriptor can block a worker, whatever its mode. Sockets are asked with MSG_DONTWAIT,
// pipes with RWF_NOWAIT. accept(2) and connect(2) have no such flag, so a socket that is used for
// them is made non-blocking, at every use, because the mode belongs to all copies of the
// descriptor and someone else may change it. What knows neither (a terminal) is read and written
// by a thread once poll(2) has said that it is ready; a competitor can keep that thread, not a
// worker.
//
// # Files
//
// epoll_ctl(2) refuses regular files. Requests with an offset are tried at once with RWF_NOWAIT,
// and go to a bounded pool of goroutines in blocking system calls if that does not do. A request
// that such a goroutine has begun cannot be cancelled and ends with its own result.
//
// Sandboxes and old kernels lack preadv2(2) and pwritev2(2). Then the pool does all of this, pipes are
// treated as terminals are, and an append opens the file once more with O_APPEND (Probe says so).
package epoll
