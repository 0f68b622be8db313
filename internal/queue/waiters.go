// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "iocp/internal/worker"

// Waiting workers are released last in first out: the one whose caches are warmest runs
// (C01). The watcher is one of them although it waits elsewhere; seq tells its place.

// park puts w on the stack, at the place its seq says: on top, unless it has watched for a
// while and newer waiters have come.
func (p *Port[P]) park(w *Worker[P]) {
	var above *Worker[P]
	below := p.top
	for below != nil && below.seq > w.seq {
		above, below = below, below.next
	}
	w.state, w.prev, w.next = wParked, above, below
	if below != nil {
		below.prev = w
	}
	if above != nil {
		above.next = w
	} else {
		p.top = w
	}
	p.waiters++
	p.stats.Parks++
}

func (p *Port[P]) unpark(w *Worker[P]) {
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		p.top = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	}
	w.next, w.prev, w.state = nil, nil, wNone
	p.waiters--
}

// newest is the waiter to be released next.
func (p *Port[P]) newest() *Worker[P] {
	if w := p.watcher; w != nil && (p.top == nil || w.seq > p.top.seq) {
		return w
	}
	return p.top
}

// give takes w off its waiting place, after w.n and w.err were filled. If it was on the stack
// the caller must send on w.sema, before or after unlocking; the watcher is woken here.
func (p *Port[P]) give(w *Worker[P]) (stacked bool) {
	w.waking.Store(true)
	w.deadline = 0
	if w.state == wWatching {
		p.watcher, w.state = nil, wNone
		if p.lingering {
			p.lingering = false
		} else {
			p.kicked = true
			p.src.Wake()
		}
		return false
	}
	p.unpark(w)
	return true
}

// release hands packets to waiters while the concurrency value allows, at most limit times.
func (p *Port[P]) release(limit int) {
	if p.newest() != nil && p.backlog() > 0 {
		p.recount() // those that run again count before anybody is released (C06)
	}
	for ; limit > 0 && len(p.running) < p.max; limit-- {
		w := p.newest()
		if w == nil || p.backlog() == 0 || !p.feed(w) {
			return
		}
	}
}

// feed hands w what there is and counts it; false: there was nothing after all.
func (p *Port[P]) feed(w *Worker[P]) bool {
	w.n, w.err = p.take(w.buf), nil
	if w.n == 0 {
		return false
	}
	stacked := p.give(w)
	p.count(w)
	p.moves++
	if stacked {
		w.sema <- struct{}{}
	}
	return true
}

// promote wakes one waiter with nothing, to become the watcher, if nobody watches and
// somebody should. It has that place from now on, so that it is still the newest until it is there.
func (p *Port[P]) promote() {
	w := p.top
	if w == nil || !p.watchable() || len(p.running) >= p.max {
		return
	}
	w.n, w.err = 0, nil
	p.stats.Promotions++
	p.unpark(w)
	w.state, p.watcher, p.lingering = wWatching, w, true
	w.waking.Store(true)
	w.sema <- struct{}{}
}

// watchable: there is something to watch, and nobody does.
func (p *Port[P]) watchable() bool {
	return p.src != nil && p.watcher == nil && !p.inWatch && !p.kicked && p.src.InFlight() > 0
}

// eager: workers stay outside Get so long that another should watch behind them. Otherwise
// they find the completions themselves when they come back, and the monitor guards them.
func (p *Port[P]) eager() bool { return p.hold >= shortHold }

// recount counts workers again that were blocked and run (C06). Only a few are looked at:
// Post and Get call it, and NT's exactness is not to be had without the runtime's help.
func (p *Port[P]) recount() {
	for limit := 8; limit > 0 && len(p.blocked) > 0; limit-- {
		if p.rr >= len(p.blocked) {
			p.rr = 0
		}
		w := p.blocked[p.rr]
		if w.lent {
			p.rr++
			continue
		}
		switch w.id.State() {
		case worker.Active:
			p.count(w)
		case worker.Exited:
			p.forget(w)
		default:
			p.rr++
		}
	}
}

// discount frees the slots of running workers that are blocked or have ended. Those in
// system calls are the monitor's business: only the kernel knows whether they wait.
func (p *Port[P]) discount() (freed bool) {
	for i := len(p.running) - 1; i >= 0; i-- {
		w := p.running[i]
		if w.waking.Load() {
			continue
		}
		switch w.id.State() {
		case worker.Blocked:
			p.block(w)
			freed = true
		case worker.Exited:
			p.forget(w)
			freed = true
		}
	}
	return freed
}
