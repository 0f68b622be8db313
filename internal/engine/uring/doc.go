// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package uring is the io_uring engine: it drives the operations of one port through one
// ring of the Linux kernel. It is empty on other systems.
//
// What lives here: the ring's memory, the table of operations in flight, the translation
// of an engine.Op into a submission queue entry, parking in Go's network poller, and the
// probe that says whether the kernel lets us in at all. What must never be here:
// completion keys, workers, the order of operations on one descriptor, or any decision
// about when to submit and who waits; those belong to the packages above
// (see internal/engine).
//
// # Deferred work
//
// The ring is made with IORING_SETUP_COOP_TASKRUN and IORING_SETUP_TASKRUN_FLAG: a
// completion that becomes ready while the thread that submitted the operation runs Go code
// waits until that thread enters the kernel for any reason, instead of interrupting it.
// Work says that something waits and Nudge makes it appear.
//
// # Operations and threads
//
// The kernel ties an operation to the thread that submitted it, which is whoever was in
// Enter. Go ends a thread when a goroutine that locked it returns without unlocking. An
// operation submitted by such a thread stays armed. It ends with -ECANCELED at the moment
// it would have become ready, without having transferred anything, so that its owner can
// queue it again.
package uring
