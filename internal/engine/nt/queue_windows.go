// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/engine"
	"iocp/internal/sys/nt"
)

// Queue accepts op.
func (e *Engine) Queue(op *engine.Op) {
	r := e.table.Insert(op)
	r.op = op
	e.submissions.Queue(r)
}

// Cancel asks for the end of op. One that was not published ends without having touched its
// handle.
func (e *Engine) Cancel(op *engine.Op) { e.submissions.Cancel(e.table.Of(op)) }

// Pending is the number of operations and cancels that the next Enter would take.
func (e *Engine) Pending() int { return e.submissions.Len() }

// InFlight is the number of operations queued and not yet reaped.
func (e *Engine) InFlight() int { return e.table.InFlight() }

// Ready is the number of completions that Reap would find.
func (e *Engine) Ready() int { return e.over.Len() }

// Publish hands what is pending to the next Enter. Cancels of what is over are left out.
func (e *Engine) Publish() int { return e.submissions.Publish() }

// Enter starts what was published, in the order in which it was queued, carries out the cancels
// and, with events, takes the packets that are there. It takes everything. An error is one of taking
// packets.
func (e *Engine) Enter(n int, events bool) (submitted int, err error) {
	e.enters.Add(1)
	var over chain
	submitted = e.submit(n, &over)
	e.show(&over)
	e.looking.Lock()
	if events && e.waiting.Load() > 0 {
		e.lookAll()
	}
	e.beginGuard()
	err = e.failed
	e.looking.Unlock()
	e.alert()
	return submitted, err
}

// submit starts and cancels up to n of what was published.
func (e *Engine) submit(n int, over *chain) (submitted int) {
	s := &e.submissions
	for ; submitted < n; submitted++ {
		r := s.Next()
		if r == nil {
			break
		}
		e.start(r, over)
	}
	for ; submitted < n; submitted++ {
		r, gen := s.NextCancel()
		if r == nil {
			break
		}
		e.cancel(r, gen, over)
	}
	s.Entered(submitted)
	return submitted
}

// cancel asks for the end of an operation that was started. One whose packet is on its way ends as
// that says.
func (e *Engine) cancel(r *request, gen uint32, over *chain) {
	switch r.place.Load() {
	case at(inKernel, gen):
		r.stop.Store(at(stopped, gen)) // also of what is between two buffers
		if b := r.kernel.Load(); b != nil {
			e.cancelIO(r.handle.h, b)
		}
	case at(inPool, gen):
		if e.pool.TakeBack(r) {
			finish(r, aborted, over)
		} else {
			e.interrupt(r, gen)
		}
	}
}

// cancelIO is CancelIoEx. That there was nothing to cancel is no error: the packet is on its way.
func (e *Engine) cancelIO(h windows.Handle, b *block) {
	syscall.SyscallN(nt.CancelIoEx.Addr(), uintptr(h), uintptr(unsafe.Pointer(&b.ov)))
}

// wrest takes an operation away from the kernel, and reports false if somebody else was faster.
func (e *Engine) wrest(r *request, gen uint32) bool {
	if !r.place.CompareAndSwap(at(inKernel, gen), nowhere) {
		return false
	}
	e.waiting.Add(-1)
	return true
}

// finish ends an operation that nobody else has; show makes it visible.
func finish(r *request, res int32, over *chain) {
	r.place.Store(nowhere)
	r.res = res
	over.Push(r)
}

// show makes what is over visible to Reap.
func (e *Engine) show(over *chain) { e.over.Append(over) }

// Reap moves completions into buf, oldest first.
func (e *Engine) Reap(buf []engine.Completion) (n int) {
	for r := e.over.Take(len(buf)); r != nil; n++ {
		next := r.Next()
		buf[n] = engine.Completion{Op: r.op, Res: r.res}
		e.remove(r)
		r = next
	}
	e.reaped += uint64(n)
	e.looked.Reaped()
	return n
}

// Work reports whether Enter(true) may bring completions: when operations wait, and a look is due.
func (e *Engine) Work() bool { return e.looked.Due() && e.waiting.Load() > 0 }

// Nudge takes packets in place of the workers, unless somebody does already.
func (e *Engine) Nudge() {
	if e.waiting.Load() == 0 || !e.looking.TryLock() {
		return
	}
	e.lookAll()
	e.looking.Unlock()
	e.alert()
}
