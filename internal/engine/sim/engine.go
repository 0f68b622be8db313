// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"iocp/internal/engine"
	"iocp/internal/sys"
)

// Engine drives the operations of one port on a machine. It implements engine.Engine, whose comments
// say which methods are called under the port's lock.
type Engine struct {
	m      *Machine
	stream uint64 // of dice
	calm   bool   // for callers

	table          // guarded by the port's lock, like the four below
	number  uint64 // of the last operation
	queued  fifo
	cancels []cancelOf

	// The machine's lock guards the rest.
	published fifo
	stopping  []cancelOf // published cancels
	ready     fifo       // what Reap finds
	overflow  fifo       // what only Enter(true) brings
	deferred  fifo       // what is ready when somebody enters
	empty     bool       // Reap has found nothing since the time last advanced
	asked     int        // calls of Ready since anything else was called

	wake   chan struct{}
	parked bool  // somebody waits for wake
	woken  bool  // by Wake
	calls  *Call // of a caller
	own    Call  // that of Do
	closed bool
}

// cancelOf is a cancel of the request as long as its generation is the same.
type cancelOf struct {
	r   *request
	gen uint32
}

var _ engine.Engine = (*Engine)(nil)

// Name returns "sim".
func (e *Engine) Name() string { return "sim" }

// Queue accepts op.
func (e *Engine) Queue(op *engine.Op) {
	r := e.insert(e, op)
	r.number = e.number
	e.number++
	r.dice.throw(e.m.seed, e.stream, r.number)
	for r.refuses = 0; !e.calm && r.refuses < 3 && r.dice.hits(e.m.faults.FullQueue); {
		r.refuses++
	}
	e.queued.push(r)
}

// Cancel asks for the end of op.
func (e *Engine) Cancel(op *engine.Op) {
	if r := e.all[op.Slot]; !r.listed { // once: so the list is bounded by what is in flight
		r.listed = true
		e.cancels = append(e.cancels, cancelOf{r, r.gen})
	}
}

// Pending is the number of operations and cancels that the next Enter would take.
func (e *Engine) Pending() int {
	e.m.Lock()
	defer e.m.Unlock()
	return e.queued.n + len(e.cancels) + e.published.n + len(e.stopping)
}

// InFlight is the number of operations queued and not yet reaped.
func (e *Engine) InFlight() int { return e.inFlight }

// Publish hands what is pending to the next Enter.
func (e *Engine) Publish() int {
	e.m.Lock()
	defer e.m.Unlock()
	for e.queued.n > 0 {
		e.published.push(e.queued.pop())
	}
	for _, c := range e.cancels {
		if c.r.gen == c.gen {
			c.r.listed = false
			e.stopping = append(e.stopping, c)
		}
	}
	clear(e.cancels)
	e.cancels = e.cancels[:0]
	return e.published.n + len(e.stopping)
}

// Enter gives the machine what was published, as far as the dice let it, and with events brings
// what the machine holds back. With the jumping clock it also lets time pass, if whoever calls it
// has nothing to do but wait.
func (e *Engine) Enter(n int, events bool) (submitted int, err error) {
	m := e.m
	m.Lock()
	defer m.Unlock()
	m.catchUp()
	e.asked = 0
	e.flush(&e.deferred)
	submitted = e.submit(n)
	if events {
		e.flush(&e.deferred)
		e.flush(&e.overflow)
		if e.empty && e.ready.n == 0 && m.advance() {
			e.flush(&e.deferred)
		}
	}
	return submitted, nil
}

// submit begins up to n requests and cancels.
func (e *Engine) submit(n int) (submitted int) {
	for ; submitted < n && e.published.n > 0; submitted++ {
		if r := e.published.head; r.refuses > 0 {
			r.refuses--
			return submitted
		}
		e.m.begin(e.published.pop())
	}
	if e.published.n > 0 {
		return submitted
	}
	return submitted + e.submitCancels()
}

// submitCancels sends the cancels off. One of a request that the machine has not taken is carried
// out by submit.
func (e *Engine) submitCancels() int {
	n := len(e.stopping)
	for _, c := range e.stopping {
		if c.r.gen != c.gen {
			continue
		}
		if d := &c.r.dice; c.r.place == underWay || c.r.place == inLine {
			e.m.schedule(event{what: giveUp, req: c.r, gen: c.gen}, e.m.latency(d), d)
		}
	}
	clear(e.stopping)
	e.stopping = e.stopping[:0]
	return n
}

// submitAll begins everything that was published: the machine has made room meanwhile.
func (e *Engine) submitAll() {
	for e.published.n > 0 {
		e.m.begin(e.published.pop())
	}
	e.submitCancels()
}

// show makes the completion of r visible, in its way.
func (e *Engine) show(m *Machine, r *request) {
	m.ended(r)
	r.place = delivered
	switch d := &r.dice; {
	case e.calm:
		e.ready.push(r)
	case e.overflow.n > 0 || d.hits(m.faults.Overflow):
		e.overflow.push(r)
	case e.deferred.n > 0 || d.hits(m.faults.Deferred):
		e.deferred.push(r)
	default:
		e.ready.push(r)
	}
	e.alert()
}

func (e *Engine) flush(held *fifo) {
	for held.n > 0 {
		e.ready.push(held.pop())
	}
}

// Ready is the number of completions that Reap would find.
//
// A program may ask for the state of its operations over and over and never wait. So that they come
// to an end all the same, a long row of questions in vain counts as waiting.
func (e *Engine) Ready() int {
	m := e.m
	m.Lock()
	defer m.Unlock()
	m.catchUp()
	if e.asked++; e.asked > patience {
		e.asked = 0
		m.advance()
	}
	return max(e.ready.n, min(e.overflow.n, 1))
}

// patience is how many questions are asked in a row before they count as waiting.
const patience = 64

// Work reports whether Enter(true) may bring something.
func (e *Engine) Work() bool {
	m := e.m
	m.Lock()
	defer m.Unlock()
	return e.overflow.n+e.deferred.n > 0 || !m.clock.follow && len(m.events) > 0
}

// Reap moves completions into buf, oldest first.
func (e *Engine) Reap(buf []engine.Completion) (n int) {
	m := e.m
	m.Lock()
	defer m.Unlock()
	m.catchUp()
	for ; n < len(buf) && e.ready.n > 0; n++ {
		r := e.ready.pop()
		buf[n] = engine.Completion{Op: r.op, Res: r.res}
		e.remove(r)
	}
	if n > 0 {
		e.asked = 0
	}
	if len(buf) > 0 {
		e.empty = n == 0
	}
	return n
}

// Nudge brings what is deferred.
func (e *Engine) Nudge() {
	e.m.Lock()
	defer e.m.Unlock()
	e.m.catchUp()
	e.flush(&e.deferred)
	e.alert()
}

// Forget does nothing: descriptors have no state here that would outlive them.
func (e *Engine) Forget(int32) {}

// Close takes the engine off the machine.
func (e *Engine) Close() error {
	m := e.m
	m.Lock()
	defer m.Unlock()
	e.closed = true
	for i, o := range m.engines {
		if o == e {
			m.engines = append(m.engines[:i], m.engines[i+1:]...)
			break
		}
	}
	if e.inFlight > 0 {
		return sys.EINVAL
	}
	return nil
}
