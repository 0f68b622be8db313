// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"time"
)

// A worker has one timer for its life. It is not stopped when a wait ends early: a fire
// before the deadline that is current then arms it again. Stopping and resetting it on
// every wait would cost more than the wait.

// arm makes the timer fire no later than w.deadline. Locked.
func (p *Port[P]) arm(w *Worker[P]) {
	now := nanotime()
	if w.armed > now && w.armed <= w.deadline {
		return
	}
	w.armed = w.deadline
	d := time.Duration(w.deadline - now)
	if w.timer == nil {
		w.timer = time.AfterFunc(d, w.fire)
	} else {
		w.timer.Reset(d)
	}
}

// fire ends a wait whose time is over. A worker that has gone to another port meanwhile has
// armed the timer again there, if it needs it.
func (w *Worker[P]) fire() {
	p := w.port.Load()
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.unlockMonitored()
	if w.port.Load() != p || w.deadline == 0 || w.state != wParked && w.state != wWatching {
		return
	}
	now := nanotime()
	if now < w.deadline {
		w.armed = w.deadline
		w.timer.Reset(time.Duration(w.deadline - now))
		return
	}
	p.expel(w, ErrTimeout)
}

// expel ends w's wait with err. A worker that gave up runs (C10). Locked.
func (p *Port[P]) expel(w *Worker[P], err error) {
	w.n, w.err = 0, err
	stacked := p.give(w)
	p.count(w)
	if stacked {
		w.sema <- struct{}{}
	}
}

// follow makes the end of ctx end the waits of w, until it waits with another. A loop of
// Gets with one context registers once. Locked.
func (p *Port[P]) follow(w *Worker[P], ctx context.Context) {
	var done <-chan struct{}
	if ctx != nil {
		done = ctx.Done()
	}
	if done == w.done {
		return
	}
	w.unfollow()
	if w.done = done; done != nil {
		w.stop = context.AfterFunc(ctx, func() { w.cancelled(done, ctx.Err()) })
	}
}

// unfollow takes the registration back: a context may live longer than its workers.
func (w *Worker[P]) unfollow() {
	if w.stop != nil {
		w.stop()
	}
	w.stop, w.done = nil, nil
}

func (w *Worker[P]) cancelled(done <-chan struct{}, err error) {
	p := w.port.Load()
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.unlockMonitored()
	if w.port.Load() == p && w.done == done && (w.state == wParked || w.state == wWatching) {
		p.expel(w, err)
	}
}
