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
	e.queued.push(e.insert(op))
	e.nQueued++
}

// Cancel asks for the end of op. One that was not published ends without having touched its
// handle.
func (e *Engine) Cancel(op *engine.Op) {
	r := e.all[op.Slot]
	if r.early {
		r.dead = true
	}
	if !r.asked { // once: so the list is bounded by what is in flight
		r.asked = true
		e.cancels = append(e.cancels, cancelOf{r, r.gen})
	}
}

// Pending is the number of operations and cancels that the next Enter would take.
func (e *Engine) Pending() int {
	return e.nQueued + len(e.cancels) + int(e.published.n.Load())
}

// InFlight is the number of operations queued and not yet reaped.
func (e *Engine) InFlight() int { return e.inFlight }

// Ready is the number of completions that Reap would find.
func (e *Engine) Ready() int { return int(e.ready.Load()) }

// Publish hands what is pending to the next Enter. Cancels of what is over are left out.
func (e *Engine) Publish() int {
	p := &e.published
	for r := e.queued.head; r != nil; r = r.next {
		r.early = false
	}
	p.ops.append(&e.queued)
	n := e.nQueued
	e.nQueued = 0
	for _, c := range e.cancels {
		if c.r.gen == c.gen {
			c.r.asked = false
			p.cancels = append(p.cancels, c)
			n++
		}
	}
	clear(e.cancels)
	e.cancels = e.cancels[:0]
	return int(p.n.Add(int32(n)))
}

// Enter starts what was published, in the order in which it was queued, carries out the cancels
// and, with events, takes the packets that are there. It takes everything. An error is one of taking
// packets.
func (e *Engine) Enter(n int, events bool) (submitted int, err error) {
	e.enters.Add(1)
	p := &e.published
	var over fifo
	for ; submitted < n && p.ops.head != nil; submitted++ {
		e.start(p.ops.pop(), &over)
	}
	if submitted < n {
		for _, c := range p.cancels {
			e.cancel(c, &over)
		}
		submitted += len(p.cancels)
		clear(p.cancels)
		p.cancels = p.cancels[:0]
	}
	p.n.Add(-int32(submitted))
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

// cancel asks for the end of an operation that was started. One whose packet is on its way ends as
// that says.
func (e *Engine) cancel(c cancelOf, over *fifo) {
	switch r := c.r; r.place.Load() {
	case at(inKernel, c.gen):
		r.stop.Store(at(stopped, c.gen)) // also of what is between two buffers
		if b := r.kernel.Load(); b != nil {
			e.cancelIO(r.handle.h, b)
		}
	case at(inPool, c.gen):
		if e.pool.takeBack(r) {
			finish(r, aborted, over)
		} else {
			e.pool.interrupt(r, c.gen)
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
func finish(r *request, res int32, over *fifo) {
	r.place.Store(nowhere)
	r.res = res
	over.push(r)
}

// show makes what is over visible to Reap.
func (e *Engine) show(over *fifo) {
	n := int32(0)
	for r := over.head; r != nil; r = r.next {
		n++
	}
	if n == 0 {
		return
	}
	e.over.Lock()
	e.over.list.append(over)
	e.ready.Add(n)
	e.over.Unlock()
}

// Reap moves completions into buf, oldest first.
func (e *Engine) Reap(buf []engine.Completion) (n int) {
	if e.ready.Load() > 0 {
		var got fifo
		e.over.Lock()
		for ; n < len(buf) && e.over.list.head != nil; n++ {
			got.push(e.over.list.pop())
		}
		e.ready.Add(-int32(n))
		e.over.Unlock()
		for i := range buf[:n] {
			r := got.pop()
			buf[i] = engine.Completion{Op: r.op, Res: r.res}
			e.remove(r)
		}
		e.reaped += uint64(n)
	}
	e.lookAgain()
	return n
}

// What Engine.looked says about the last time somebody took packets.
const (
	lookDue  int32 = iota // something was reaped since, or looked for in vain
	lookNew               // nothing was
	lookUsed              // its completions were reaped, or there were none
)

// Work reports whether Enter(true) may bring completions. Nothing in memory says whether the kernel has
// packets, and to ask takes a system call. So it is true when operations wait and nobody has asked
// since Reap last came for more than that had brought. A worker that comes for packets asks once before
// it waits.
func (e *Engine) Work() bool { return e.looked.Load() == lookDue && e.waiting.Load() > 0 }

// lookAgain takes note of a Reap.
func (e *Engine) lookAgain() {
	switch e.looked.Load() {
	case lookNew:
		e.looked.CompareAndSwap(lookNew, lookUsed)
	case lookUsed:
		e.looked.CompareAndSwap(lookUsed, lookDue)
	}
}

// Nudge takes packets in place of the workers, unless somebody does already.
func (e *Engine) Nudge() {
	if e.waiting.Load() == 0 || !e.looking.TryLock() {
		return
	}
	e.lookAll()
	e.looking.Unlock()
	e.alert()
}
