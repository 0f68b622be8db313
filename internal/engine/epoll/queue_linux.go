// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

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

// Publish hands what is pending to the next Enter. Cancels of what is over are left out.
func (e *Engine) Publish() int { return e.submissions.Publish() }

// Enter starts what was published, in the order in which it was queued, carries out the cancels
// and, with events, what has become possible. It takes everything. An error is one of
// epoll_wait(2) that nothing can be done about.
func (e *Engine) Enter(n int, events bool) (submitted int, err error) {
	e.enters.Add(1)
	e.drive.Lock()
	submitted = e.submit(n)
	if events && e.waits > 0 {
		e.lookAll()
	}
	e.show()
	e.beginGuard()
	err = e.failed
	e.drive.Unlock()
	e.alert()
	return submitted, err
}

// submit starts and cancels up to n of what was published. drive is held.
func (e *Engine) submit(n int) (submitted int) {
	s := &e.submissions
	for ; submitted < n; submitted++ {
		r := s.Next()
		if r == nil {
			break
		}
		if r.op.Kind != engine.Recv && r.op.Kind != engine.Send {
			e.runBatch()
		}
		if d, l := e.start(r); l != nil {
			e.goOn(d, l)
		}
	}
	e.runBatch()
	for ; submitted < n; submitted++ {
		r, _ := s.NextCancel()
		if r == nil {
			break
		}
		e.cancel(r)
	}
	s.Entered(submitted)
	return submitted
}

// cancel ends r with -ECANCELED, or what it had transferred so far, if it still waits. If the
// request has been taken for another operation since, that one is not published yet, and the
// request is nowhere.
func (e *Engine) cancel(r *request) {
	switch r.place {
	case inLine:
		l := r.desc.line(r.op.Kind)
		switch {
		case l.lent != r:
			l.Remove(r)
		case e.pool.TakeBack(r):
			l.lent = nil
		default:
			return // a thread has begun it
		}
		e.waits--
		e.finish(r, partial(r, syscall.ECANCELED))
		e.run(r.desc, l)
	case inPolls:
		r.desc.polls.Remove(r)
		e.waits--
		e.finish(r, -int32(syscall.ECANCELED))
	case inPool:
		if e.pool.TakeBack(r) {
			e.finish(r, partial(r, syscall.ECANCELED))
		}
	}
}

// partial is the result of a request that ends with errno: what was transferred counts.
func partial(r *request, errno syscall.Errno) int32 {
	if r.done > 0 {
		return int32(r.done)
	}
	return -int32(errno)
}

// finish ends a request; show makes it visible. drive is held.
func (e *Engine) finish(r *request, res int32) {
	r.res, r.place = res, nowhere
	e.fresh.Push(r)
}

// show makes what is over visible to Reap, and how many requests wait to those without drive. drive is
// held, and given back next.
func (e *Engine) show() {
	if e.waiting.Load() != e.waits {
		e.waiting.Store(e.waits)
	}
	e.over.Append(&e.fresh)
}

// Reap moves completions into buf, oldest first.
func (e *Engine) Reap(buf []engine.Completion) (n int) {
	for r := e.over.Take(len(buf)); r != nil; n++ {
		next := r.Next()
		buf[n] = engine.Completion{Op: r.op, Res: r.res}
		r.op, r.desc, r.iov.Base = nil, nil, nil
		e.table.Remove(r)
		r = next
	}
	e.reaped += uint64(n)
	e.looked.Reaped()
	return n
}

// Work reports whether Enter(true) may bring completions: when requests wait, and a look is due.
func (e *Engine) Work() bool { return e.looked.Due() && e.waiting.Load() > 0 }

// Nudge looks for events in place of the workers, unless somebody does already.
func (e *Engine) Nudge() {
	if e.waiting.Load() == 0 || !e.drive.TryLock() {
		return
	}
	e.lookAll()
	e.show()
	e.drive.Unlock()
	e.alert()
}
