// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	sys "iocp/internal/sys/uring"
)

// A watcher waits for the eventfd that the kernel signals after it has posted completions.
// While nobody watches, IORING_CQ_EVENTFD_DISABLED keeps the eventfd silent, because every
// signal wakes a thread that is idle in epoll_wait.
//
// The watcher clears the flag and then looks at the queue; the kernel stores the queue's tail and
// then loads the flag. If both loads could run ahead of the stores, the kernel would see
// the flag set, the watcher an empty queue, and the completion would be slept through.
// Our side is ordered by a full barrier. What the kernel does in between depends on the
// version (io_uring/eventfd.c, io_cq_unlock_post and its predecessors):
//
//	6.1 to 6.5  taking completion_lock: a full barrier on x86, half a one elsewhere
//	from 6.6    wq_has_sleeper, which is a full barrier, before the flag is loaded
//
// None of this is promised. So the watcher does not rely on it and puts the kernel's
// missing barrier there itself: membarrier(2) interrupts every processor on which a thread of
// this process runs, in user mode or in the kernel. A thread that was posting a completion
// has then either stored the tail, and the watcher sees it after the call, or it loads
// the flag after the interrupt and sees it cleared. A thread that is not running has passed
// the scheduler's full barriers. io-wq workers are threads of this process and included.
//
// One poster is no thread of ours: when the submitting thread has ended, the kernel's own
// worker runs the deferred work (io_fallback_req_func), without our memory map, so
// membarrier passes it by. It posts through the same functions. So where the table
// says that these have no full barrier of their own, the eventfd is never silenced:
// more wake-ups, nothing to race with.

// canSilence reports whether the eventfd may be silent while nobody watches.
func (e *Engine) canSilence() bool {
	const x86 = runtime.GOARCH == "amd64" || runtime.GOARCH == "386"
	since66 := e.flags&sys.SetupNoSQArray != 0
	return e.barrier.available() && (since66 || x86)
}

func (e *Engine) silence() {
	if e.quiet {
		atomic.StoreUint32(e.cqFlags, sys.CQEventFDDisabled)
	}
}

// Watch parks the goroutine in Go's network poller until there is something to reap,
// overflowed completions included, or Wake was called. It may return for nothing.
//
// The eventfd is never read. The poller is edge-triggered, and every signal is an edge,
// whatever the counter was (eventfd_signal in fs/eventfd.c calls the wait queue
// unconditionally). A signal between our look at the queue and the parking is kept by
// the poller; one from before is dropped by it, but then the look finds the completion.
func (e *Engine) Watch() {
	e.watches.Add(1)
	if e.reapable() {
		return
	}
	if e.listen() {
		e.conn.Read(e.ready) // the only error is the deadline of Wake
	}
	e.silence()
}

// listen makes the kernel signal the eventfd for whatever a look at the queue does not show from
// now on. If it cannot say so, nothing may be slept on.
func (e *Engine) listen() bool {
	if e.full.Swap(false) && !e.settleOverflow() {
		e.full.Store(true)
		return false
	}
	if !e.quiet {
		return true
	}
	atomic.StoreUint32(e.cqFlags, 0)
	if !e.barrier.wait() {
		e.quiet = false // for good; the flag stays cleared
		return false
	}
	return true
}

// settleOverflow closes a second, narrower gap. The kernel signals only if the
// tail has moved, and a completion that found the queue full does not move it. The
// kernel may have seen a full queue, which has been reaped since, and not yet have set
// the overflow flag. Registering an eventfd takes the lock under which completions are
// posted, so afterwards either the flag is visible or the kernel sees the emptied queue.
func (e *Engine) settleOverflow() bool {
	errno := sys.Register(e.fd, sys.UnregisterEventFD, nil, 0)
	if errno != 0 && errno != syscall.ENXIO { // ENXIO: registering failed the last time
		return false
	}
	return e.registerEventFD() == 0
}

var past = time.Unix(1, 0)

// Wake ends the current or the next Watch. It is a deadline in the past and costs no
// system call.
//
// The runtime ignores a deadline that is taken back before the goroutine it woke has run.
// Therefore only the goroutine that called Watch calls Rearm, and nobody watches in
// between: an early Rearm would lose the wake-up.
func (e *Engine) Wake() { e.setDeadline(past) }

// Rearm takes the deadline of Wake back.
func (e *Engine) Rearm() { e.setDeadline(time.Time{}) }

// setDeadline cannot fail: New tried it, and only Close makes it fail later.
func (e *Engine) setDeadline(t time.Time) {
	if err := e.file.SetReadDeadline(t); err != nil {
		panic(fmt.Sprintf("uring: Wake or Rearm after Close: %v", err))
	}
}
