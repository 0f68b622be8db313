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
	r := e.table.Insert(op)
	r.op = op
	e.submissions.Queue(r)
}

// Cancel asks for the end of op. One that was not published ends without having touched its
// descriptor.
func (e *Engine) Cancel(op *engine.Op) { e.submissions.Cancel(e.table.Of(op)) }

// Pending is the number of operations and cancels that the next Enter would take.
func (e *Engine) Pending() int { return e.submissions.Len() }

// InFlight is the number of operations queued and not yet reaped.
func (e *Engine) InFlight() int { return e.table.InFlight() }

// Ready is the number of completions that Reap would find.
func (e *Engine) Ready() int { return e.over.Len() }

// Work is false: what Go's poller finds out is carried out by goroutines, not by Enter.
func (e *Engine) Work() bool { return false }

// Nudge does nothing: no completion waits for a particular thread.
func (e *Engine) Nudge() {}

// Publish hands what is pending to the next Enter. Cancels of what is over are left out.
func (e *Engine) Publish() int { return e.submissions.Publish() }

// Enter starts what was published, in the order in which it was queued, and carries out the
// cancels. It takes everything and cannot fail.
func (e *Engine) Enter(n int, _ bool) (submitted int, err error) {
	e.enters.Add(1)
	s := &e.submissions
	for ; submitted < n; submitted++ {
		r := s.Next()
		if r == nil {
			break
		}
		e.start(r)
	}
	for ; submitted < n; submitted++ {
		r, _ := s.NextCancel()
		if r == nil {
			break
		}
		e.cancel(r)
	}
	s.Entered(submitted)
	e.alert()
	return submitted, nil
}

// cancel ends r with -ECANCELED, or what it had transferred so far, if it still waits. If the
// request has been taken for another operation since, that one is not published yet, and the
// request is nowhere.
func (e *Engine) cancel(r *request) {
	d := r.desc
	if d == nil {
		if e.pool.TakeBack(r) {
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
			l.Remove(r)
		case e.pool.TakeBack(r):
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
	e.over.Push(r)
}

// Reap moves completions into buf, oldest first. The desc of a request stays: Enter may be looking at it.
func (e *Engine) Reap(buf []engine.Completion) (n int) {
	for r := e.over.Take(len(buf)); r != nil; n++ {
		next := r.Next()
		buf[n] = engine.Completion{Op: r.op, Res: r.res}
		r.op, r.iov.Base = nil, nil
		e.table.Remove(r)
		r = next
	}
	e.reaped += uint64(n)
	return n
}
