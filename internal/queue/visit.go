// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"runtime"

	"iocp/internal/netpoll"
)

// Where goroutines have one processor, workers that always find packets would keep it from all others until the runtime
// interrupts them, every 10 ms, and those that wait for a socket of package net or a timer would have to wait so long for each
// step. So a worker gives way now and then, as a goroutine of package net does after every message.
//
// It has to park for that, in the runtime's poller: see package netpoll. Who computes without an end has the processor until the
// runtime interrupts him, and so the workers have it for as long.
const (
	visitAfter = 500_000    // ns since nobody wanted the processor
	hogFrom    = 5_000_000  // ns of a visit in which somebody has computed
	hogTurn    = 10_000_000 // ns: how long the runtime lets him
)

// visits is what the workers of a port need for it.
type visits[P any] struct {
	on      bool             // there is one processor, and time passes by itself
	due     int64            // when the next one is
	crowded bool             // it does without the poller
	visitor *netpoll.Visitor // nil: there is none, or the port is closed
	busy    bool             // a worker is there
	with    []*Worker[P]     // others who wait for it: as long as they ran, the poller would not be asked
}

// seen says that the processor had nothing to do at the time now.
func (v *visits[P]) seen(now int64) { v.due = now + visitAfter }

// end returns the visitor, which is to be closed without the lock. That ends a visit. Locked.
func (v *visits[P]) end() (visitor *netpoll.Visitor) {
	visitor, v.visitor, v.on = v.visitor, nil, false
	return visitor
}

// visit lets the others run that could, and those that wait for what is there. Nobody takes w for blocked
// meanwhile. The lock is held on entry and exit, and free in between.
func (p *Port[P]) visit(w *Worker[P], now int64) {
	if w.state != wRunning || w.port.Load() != p {
		return
	}
	if p.src.Pending() > 0 {
		p.enter(false)
	}
	w.waking.Store(true)
	defer w.waking.Store(false) // with the lock
	if p.visits.busy {
		p.visits.with = append(p.visits.with, w)
		p.unlockMonitored()
		<-w.sema
		p.mu.Lock()
		return
	}
	var visitor *netpoll.Visitor
	if !p.visits.crowded {
		visitor = p.visits.visitor
	}
	p.visits.busy = visitor != nil
	p.unlockMonitored()
	polled := visitNow(visitor)
	p.mu.Lock()
	p.visits.took(now, nanotime(), polled)
	if visitor != nil {
		p.visits.busy = false
		for i, other := range p.visits.with {
			p.visits.with[i] = nil
			other.sema <- struct{}{}
		}
		p.visits.with = p.visits.with[:0]
	}
}

// visitNow is a visit, and returns how long the poller took, if it was asked.
func visitNow(visitor *netpoll.Visitor) (polled int64) {
	if visitor != nil {
		begin := nanotime()
		visitor.Visit()
		polled = nanotime() - begin
	}
	if polled < hogFrom {
		runtime.Gosched() // those that it brought may be behind
	}
	return polled
}

// took takes the times of a visit: while somebody computes, or is always there for another reason, the runtime does not ask the
// poller before it has interrupted him twice, and the next visit does without.
func (v *visits[P]) took(begin, end, polled int64) {
	v.crowded = polled > hogFrom
	v.seen(end)
	if end-begin > hogFrom {
		v.due = end + min(end-begin, hogTurn)
	}
}
