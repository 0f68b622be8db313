// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"syscall"

	"iocp/internal/engine"
)

// Queue accepts op.
func (e *Engine) Queue(op *engine.Op) {
	e.queued.push(e.insert(op))
	e.nQueued++
}

// Cancel asks for the end of op. One that was not published ends without having touched its
// descriptor.
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

// Work is false: what Go's poller finds out is carried out by goroutines, not by Enter.
func (e *Engine) Work() bool { return false }

// Nudge does nothing: no completion waits for a particular thread.
func (e *Engine) Nudge() {}

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

// Enter starts what was published, in the order in which it was queued, and carries out the
// cancels. It takes everything and cannot fail.
func (e *Engine) Enter(n int, _ bool) (submitted int, err error) {
	e.enters.Add(1)
	p := &e.published
	for ; submitted < n && p.ops.head != nil; submitted++ {
		e.start(p.ops.pop())
	}
	if submitted < n {
		for _, c := range p.cancels {
			e.cancel(c.r)
		}
		submitted += len(p.cancels)
		clear(p.cancels)
		p.cancels = p.cancels[:0]
	}
	p.n.Add(-int32(submitted))
	e.alert()
	return submitted, nil
}

// cancel ends r with -ECANCELED, or what it had transferred so far, if it still waits. If the
// request has been taken for another operation since, that one is not published yet, and the
// request is nowhere.
func (e *Engine) cancel(r *request) {
	d := r.desc
	if d == nil {
		if e.pool.takeBack(r) {
			e.finish(r, r.partial(syscall.ECANCELED))
		}
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch r.place {
	case inLine:
		l := d.line(r.op.Kind)
		switch {
		case l.lent != r:
			l.remove(r)
		case e.pool.takeBack(r):
			l.lent = nil
		default:
			return // a thread has begun it
		}
		l.cancelled(r)
		l.run(false)
		l.attend()
	case inPolls:
		l := &d.out
		if wants(r.op.Flags, reading) {
			l = &d.in
		}
		d.dropPoll(r)
		l.cancelled(r)
		l.other().attend()
	}
}

// partial is the result of a request that ends with errno: what was transferred counts.
func (r *request) partial(errno syscall.Errno) int32 {
	if r.done > 0 {
		return int32(r.done)
	}
	return -int32(errno)
}

// end ends a request that has left the list it was in. desc.mu is held.
func (r *request) end(res int32) {
	r.place = nowhere
	r.desc.e.finish(r, res)
}

// finish makes a completion visible to Reap. Whoever calls it calls alert when it holds no lock.
func (e *Engine) finish(r *request, res int32) {
	r.res = res
	e.over.Lock()
	e.over.list.push(r)
	e.ready.Add(1)
	e.over.Unlock()
}

// Reap moves completions into buf, oldest first.
func (e *Engine) Reap(buf []engine.Completion) (n int) {
	if e.ready.Load() == 0 {
		return 0
	}
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
	return n
}
