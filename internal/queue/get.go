// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"math"
	"time"

	"iocp/internal/worker"
)

// NoContext is the context of a Get that has none: asking another that never ends for its
// channel would cost a call.
var NoContext context.Context

// Get takes up to len(buf) packets and returns their number. A negative timeout waits as
// long as it takes, zero polls; ctx, unless it is NoContext, ends the wait too. The calling goroutine
// becomes a worker of this port (B17).
//
// buf belongs to the port until Get returns. Errors: ErrTimeout, ErrClosed, ctx.Err(), and
// what the source broke with.
func (p *Port[P]) Get(ctx context.Context, buf []P, timeout time.Duration) (int, error) {
	w := p.caller()
	if w.port.Load() != p {
		return p.get(w, ctx, buf, timeout)
	}
	if p.mu.Lock(); p.plain(w, len(buf)) {
		n := p.packets.pop(buf)
		p.took(w, n)
		return n, nil
	}
	w.dwelt = false
	if p.lone(w) {
		if n := p.turn(w, ctx, buf, timeout); n > 0 {
			return n, nil
		}
	}
	return p.getLocked(w, ctx, buf, timeout)
}

// GetOne is Get for one packet.
func (p *Port[P]) GetOne(ctx context.Context, timeout time.Duration) (k P, err error) {
	err = p.GetInto(ctx, timeout, &k)
	return k, err
}

// GetInto is GetOne into *k, which is written when there is no error.
func (p *Port[P]) GetInto(ctx context.Context, timeout time.Duration, k *P) (err error) {
	w := p.caller()
	var zero P
	if w.port.Load() != p {
		_, err = p.get(w, ctx, w.one[:], timeout)
	} else if p.mu.Lock(); p.plain(w, 1) {
		p.packets.popOne(k)
		p.took(w, 1)
		return nil
	} else {
		w.dwelt = false
		if !p.lone(w) || p.turn(w, ctx, w.one[:], timeout) == 0 {
			_, err = p.getLocked(w, ctx, w.one[:], timeout)
		}
	}
	if err == nil {
		*k, w.one[0] = w.one[0], zero
	}
	return err
}

// caller returns the calling goroutine's record, made if need be. Usually it is that of the worker which left
// Get last, and need not be looked up.
func (p *Port[P]) caller() *Worker[P] {
	id := worker.Self()
	if w := p.last.Load(); w != nil && w.id == id {
		return w
	}
	return p.ws.record(id)
}

// plain reports whether all that a Get of w has to do is to take the first packet: it runs and
// may go on, nobody else waits, there is no source. That is the way of a port that one
// worker serves, and twice as fast as the general one. Locked.
func (p *Port[P]) plain(w *Worker[P], want int) bool {
	if p.src != nil {
		return false
	}
	if p.packets.n < want {
		p.refresh()
	}
	return p.packets.n > 0 && w.state == wRunning && len(p.running) <= p.max && len(p.blocked) == 0 &&
		p.top == nil && w.group == nil && !p.closed && len(p.awaited) == 0 && w.port.Load() == p
}

// took is the way out of Get then. It unlocks.
func (p *Port[P]) took(w *Worker[P], n int) {
	p.dequeued(w, n)
	p.mu.Unlock()
}

// lone reports whether w runs within the limit, nobody waits or is blocked, and nothing is in the queue:
// what the source has may be w's without a look at others. Locked.
func (p *Port[P]) lone(w *Worker[P]) bool {
	return p.src != nil && p.packets.n == 0 && p.top == nil && p.watcher == nil && w.state == wRunning &&
		len(p.blocked) == 0 && len(p.running) <= p.max && !p.busy && !p.closed && p.failed == nil && w.group == nil
}

// turn is a Get of a lone worker: it submits what the worker has left and takes what is over, for which it
// may dwell. That is what a worker of a loaded port does every time, and the general way would look at
// much that is not there. With packets it unlocks; without, the general way goes on.
func (p *Port[P]) turn(w *Worker[P], ctx context.Context, buf []P, timeout time.Duration) (n int) {
	dwells := p.dwells != nil && timeout < 0 && (ctx == nil || ctx.Err() == nil)
	if p.src.Pending() == 0 && (!dwells || p.src.Ready() > 0 || p.src.InFlight() == 0) {
		return 0
	}
	if p.sampleIn(w, timeout) && !p.lone(w) {
		return 0
	}
	if dwells {
		n = p.dwell(w, buf)
	} else if p.enter(true); p.lone(w) { // still
		n = p.src.Reap(buf)
	}
	if n > 0 {
		p.dequeued(w, n)
		p.sampleOut(w)
		p.unlockMonitored()
	}
	return n
}

// dequeued notes that w leaves Get with n packets. Locked.
func (p *Port[P]) dequeued(w *Worker[P], n int) {
	w.batch = n
	if p.last.Load() != w {
		p.last.Store(w)
	}
	p.moves++
	p.stats.Dequeued += uint64(n)
}

func (p *Port[P]) get(w *Worker[P], ctx context.Context, buf []P, timeout time.Duration) (int, error) {
	if o := w.port.Load(); o != p && o != nil {
		o.dissociate(w)
	}
	p.mu.Lock()
	w.dwelt = false
	return p.getLocked(w, ctx, buf, timeout)
}

// getLocked is get with the lock held, on entry.
func (p *Port[P]) getLocked(w *Worker[P], ctx context.Context, buf []P, timeout time.Duration) (int, error) {
	p.sampleIn(w, timeout)
	w.seq = 0
	var deadline int64
	for {
		if err := p.endedFor(w); err != nil {
			p.forget(w)
			p.release(p.max)
			p.promote()
			p.unlockMonitored()
			return 0, err
		}
		if w.port.Load() != p {
			w.lent = false
			w.port.Store(p)
		}
		n, again := p.collect(w, buf)
		switch {
		case n > 0:
			return p.leave(w, n), nil
		case again || p.ended() != nil: // closed or broken while w was in the kernel
			continue
		case timeout == 0 || deadline != 0 && nanotime() >= deadline:
			return 0, p.leaveEmpty(w, ErrTimeout)
		case ctx != nil && ctx.Err() != nil:
			return 0, p.leaveEmpty(w, ctx.Err())
		case p.shut(): // with packets that w has not seen
			continue
		}
		if timeout > 0 && deadline == 0 {
			if deadline = nanotime() + int64(timeout); deadline < 0 {
				deadline = math.MaxInt64 // further away than the clock goes
			}
		}
		if p.wait(w, ctx, buf, deadline) {
			return w.n, w.err
		}
	}
}

// ended is what a Get on this port returns for good.
func (p *Port[P]) ended() error {
	if p.failed != nil {
		return p.failed
	}
	if p.closed {
		return ErrClosed
	}
	return nil
}

// endedFor is what a Get of w returns for good.
func (p *Port[P]) endedFor(w *Worker[P]) error {
	if w.group != nil && w.group.over {
		return ErrDismissed
	}
	return p.ended()
}

// mayTake reports whether the concurrency value lets w have a packet. If there is one, the
// count is brought up to date first (C05, C06).
func (p *Port[P]) mayTake(w *Worker[P]) bool {
	if len(p.blocked) == 0 && p.others(w) < p.max {
		return true // nobody to be counted again, and room
	}
	if p.backlog() > 0 {
		p.recount()
		if p.others(w) >= p.max {
			p.discount()
		}
	}
	return p.others(w) < p.max
}

// collect is one look at everything there may be for w. again: what was reaped were steps of
// longer operations, so look once more before waiting.
func (p *Port[P]) collect(w *Worker[P], buf []P) (n int, again bool) {
	if p.packets.n < len(buf) {
		p.refresh()
	}
	free := p.mayTake(w)
	if free && p.first(w) {
		n = p.take(buf)
	}
	if p.src == nil || p.busy {
		return n, false
	}
	pending := p.src.Pending() > 0
	if !pending && (!free || n > 0 || p.src.InFlight() == 0 || !p.src.Work()) {
		return n, false
	}
	if free {
		p.count(w) // it runs while it is in the kernel
	}
	took := p.enter(free)
	if free = p.others(w) < p.max; free && n < len(buf) && (n > 0 || p.first(w)) {
		n += p.take(buf[n:])
	}
	return n, took && n == 0 && (p.src.Pending() > 0 || free && p.backlog() > 0)
}

// first reports whether what there is may be w's. A worker that has waited, and comes back because
// there was something to look at, is not the first while newer ones wait: they get it (C01).
func (p *Port[P]) first(w *Worker[P]) bool {
	if w.seq == 0 || p.top == nil || p.top.seq < w.seq {
		return true
	}
	for p.top != nil && p.top.seq > w.seq && p.others(w) < p.max && p.backlog() > 0 {
		if !p.feed(p.top) {
			break
		}
	}
	return p.others(w) < p.max && (p.top == nil || p.top.seq < w.seq)
}

// leave is the one way out of Get with packets, hand-offs included: here the port makes
// sure that somebody looks at the source while w is away, a watcher or at least the
// monitor. It unlocks.
func (p *Port[P]) leave(w *Worker[P], n int) int {
	p.count(w)
	p.dequeued(w, n)
	if p.newest() != nil && len(p.running) < p.max {
		slow := p.eager()
		if b := p.backlog(); p.packets.n > 0 || b > wakeAt || slow && b > 0 {
			p.release(1)
		} else if slow {
			p.promote()
		}
	}
	w.buf = nil
	p.sampleOut(w)
	p.unlockMonitored()
	return n
}

// wakeAt is how many completions are left behind when a second worker is woken in any case.
const wakeAt = 64

// leaveEmpty is the way out without packets: such a worker runs all the same (C09, C10).
// It unlocks.
func (p *Port[P]) leaveEmpty(w *Worker[P], err error) error {
	p.count(w)
	w.batch, w.buf = 0, nil
	p.unlockMonitored()
	return err
}

// wait parks w, as the watcher if one is wanted, else on the stack. The lock is held on
// entry. true: w.n and w.err are the result, and the lock is free; false: look again, it is
// held.
func (p *Port[P]) wait(w *Worker[P], ctx context.Context, buf []P, deadline int64) bool {
	free := p.others(w) < p.max
	p.uncount(w)
	w.buf, w.n, w.err, w.deadline, w.ctx = buf, 0, nil, deadline, ctx
	if deadline != 0 {
		p.arm(w)
	}
	if ctx != nil || w.done != nil {
		p.follow(w, ctx)
	}
	again := w.seq != 0 // it watched in vain, or was woken to watch
	if !again {
		p.seq++
		w.seq = p.seq
	}
	watch := free && p.watchable() && (len(p.running) == 0 || p.eager() || again)
	if !watch || p.watch(w) {
		p.park(w)
		p.unlockMonitored()
		<-w.sema
		p.mu.Lock()
		if p.watcher == w { // promoted
			p.fetch()
		}
		w.waking.Store(false) // with the lock: one that was promoted may be given something until then
		if p.watcher == w {   // nobody had anything for it meanwhile
			p.watcher, w.state, p.lingering = nil, wNone, false
		}
	}
	w.deadline = 0
	if w.n > 0 {
		if w.n < len(buf) && p.others(w) < p.max {
			p.refresh()
			w.n += p.take(buf[w.n:]) // a burst ends one wait (E03)
		}
		p.leave(w, w.n)
		return true
	}
	if w.err != nil {
		w.buf = nil
		if len(p.running) == 0 {
			p.promote() // w may have been the watcher, and nobody is left who will look
		}
		p.unlockMonitored()
		return true
	}
	return false
}

// watch parks w in the source. The lock is held on entry and exit. On return w is on no
// waiting place: it was given something, or there is something to look at. true: what there
// was went to newer waiters, and w shall wait on, at its old place among the others.
func (p *Port[P]) watch(w *Worker[P]) (waitOn bool) {
	w.state, p.watcher = wWatching, w
	for vain := false; ; {
		p.inWatch = true
		p.stats.Watches++
		src := p.src
		p.idle(w, vain)
		p.inWatch = false
		if p.kicked {
			p.kicked = false
			src.Rearm()
		}
		vain = p.watcher == w && p.backlog() == 0 && p.fetch()
		passed := false
		for round, more := 0, true; more && round < watchRounds; round++ {
			passed = p.passOn(w) || passed
			more = p.serve(w)
		}
		if p.watcher != w {
			w.waking.Store(false)
			return false
		}
		vain = vain && !passed
		if p.backlog() > 0 || p.src.InFlight() == 0 || len(p.running) >= p.max {
			p.watcher, w.state = nil, wNone
			return passed && p.backlog() == 0
		}
	}
}

// fetch brings what only a call of the kernel brings, in the watcher's place, where others find
// it (see give): were the watcher to leave for it, it would take what is a newer waiter's
// (C01), and a packet posted in that moment would be nobody's on a port that is closed next (B25).
// It reports whether there was a call.
func (p *Port[P]) fetch() bool {
	if p.busy || p.src.Pending() == 0 && !p.src.Work() {
		return false
	}
	p.inWatch, p.lingering = true, true
	p.enter(true)
	p.inWatch, p.lingering = false, false
	return true
}

// passOn gives what the source has to waiters that came after the watcher w, which are to be
// released before it (C01). It reports whether one got something.
func (p *Port[P]) passOn(w *Worker[P]) (passed bool) {
	for vain := false; p.watcher == w && p.top != nil && p.top.seq > w.seq && len(p.running) < p.max && p.backlog() > 0; {
		if p.feed(p.top) {
			passed, vain = true, false
		} else if vain || !p.fetch() { // steps of longer operations, or the kernel holds back what there is
			break
		} else {
			vain = true
		}
	}
	return passed
}

// watchRounds bounds what a watcher does in its place for steps that end at once, one after the other.
const watchRounds = 8

// serve gives the watcher w what there is for it. What is no packet, requests that are to be made again and
// steps of longer operations, leaves requests behind, which are submitted in its place, too. more: that may
// have brought something else for w.
func (p *Port[P]) serve(w *Worker[P]) (more bool) {
	if p.watcher != w {
		return false
	}
	mine := p.newest() == w && p.backlog() > 0 && p.mayTake(w)
	if mine {
		if w.n = p.take(w.buf); w.n > 0 {
			p.watcher, w.state = nil, wNone
			return false
		}
	}
	return (mine || p.src.Pending() > 0) && p.fetch() && mine
}

// holdEvery is how many times workers leave Get for one that is measured.
const holdEvery = 8

// sampleIn and sampleOut measure how long workers stay outside Get, on some rounds:
// reading the clock every time would cost more than the rest of Get. To a lazy source (see
// SetSource) that time does not exist, and what is done there must not depend on it.
//
// sampleIn reports whether the lock was free meanwhile: that is also when a worker gives way (see visit), but for one that
// polls.
func (p *Port[P]) sampleIn(w *Worker[P], timeout time.Duration) (freed bool) {
	visits := p.visits.on && timeout != 0
	if w.leftAt == 0 && !(visits && p.eager()) {
		return false
	}
	now := nanotime()
	if w.leftAt != 0 {
		p.noteHold(now-w.leftAt, w.batch)
		w.leftAt = 0
	}
	if visits && now > p.visits.due {
		p.visit(w, now)
		return true
	}
	return false
}

// noteHold adds to hold the time that a worker took for a batch, which may be packetHold for each
// packet. A worker is not slow for having got many, and submitting one by one would make it so:
// on a loaded port every batch is full.
func (p *Port[P]) noteHold(took int64, batch int) {
	d := max(0, min(took-packetHold*int64(batch), 2*shortHold))
	if d > p.hold {
		p.hold = d
	} else {
		p.hold += (d - p.hold) / 16
	}
}

func (p *Port[P]) sampleOut(w *Worker[P]) {
	if spread(p.moves, holdEvery) && p.src != nil && !p.lazy {
		w.leftAt = nanotime()
	}
}
