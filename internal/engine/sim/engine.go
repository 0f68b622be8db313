// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"slices"

	"iocp/internal/engine"
	"iocp/internal/engine/inflight"
	"iocp/internal/sys"
)

// Engine drives the operations of one port on a machine. It implements engine.Engine, whose comments
// say which methods are called under the port's lock.
type Engine struct {
	m      *Machine
	stream uint64 // of dice
	calm   bool   // for callers

	// All of it is guarded by the machine's lock.
	table    inflight.Table[request]
	number   uint64 // of the next operation
	queued   fifo
	cancels  []cancelOf
	visible  int  // how many of both Publish has shown to Enter
	ready    fifo // what Reap finds
	overflow fifo // what only Enter(true) brings
	deferred fifo // what is ready when somebody enters
	asked    int  // calls of Ready since anything else was called

	wake   chan struct{}
	parked bool   // somebody waits for wake
	woken  bool   // by Wake
	calls  *Call  // of a caller
	own    Call   // that of Do
	attend func() // see Attend
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
	m := e.m
	m.Lock()
	defer m.Unlock()
	r := e.table.Insert(op)
	r.op, r.e, r.place, r.done = op, e, atEngine, 0
	r.listed, r.canceled, r.late = false, false, false
	r.number = e.number
	e.number++
	r.dice.throw(m.seed, e.stream, r.number)
	for r.refuses = 0; !e.calm && r.refuses < 3 && r.dice.hits(m.faults.FullQueue); {
		r.refuses++
	}
	e.queued.Push(r)
	m.queued(r)
}

// Cancel asks for the end of op.
func (e *Engine) Cancel(op *engine.Op) {
	e.m.Lock()
	defer e.m.Unlock()
	if r := e.table.Of(op); !r.listed { // once: so the list is bounded by what is in flight
		r.listed = true
		e.cancels = append(e.cancels, cancelOf{r, r.Generation()})
	}
}

// Pending is the number of operations and cancels that the next Enter would take.
func (e *Engine) Pending() int {
	e.m.Lock()
	defer e.m.Unlock()
	return e.queued.Len() + len(e.cancels)
}

// InFlight is the number of operations queued and not yet reaped.
func (e *Engine) InFlight() int {
	e.m.Lock()
	defer e.m.Unlock()
	return e.table.InFlight()
}

// Publish lets the next Enter take what is pending.
func (e *Engine) Publish() int {
	e.m.Lock()
	defer e.m.Unlock()
	e.visible = e.queued.Len() + len(e.cancels)
	return e.visible
}

// Enter gives the machine what is pending, as far as the dice let it, and with events brings what
// the machine holds back. No time passes in it.
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
	}
	return submitted, nil
}

// submit begins up to n requests and cancels that were published.
func (e *Engine) submit(n int) (submitted int) {
	n = min(n, e.visible)
	for ; submitted < n && e.queued.Len() > 0; submitted++ {
		if r := e.queued.Head(); r.refuses > 0 {
			r.refuses--
			return submitted
		}
		e.begin()
	}
	k := min(n-submitted, len(e.cancels))
	e.sendCancels(k)
	return submitted + k
}

// begin begins the oldest request that is pending.
func (e *Engine) begin() {
	e.visible = max(e.visible-1, 0)
	e.m.begin(e.queued.Pop())
}

// sendCancels sends the first n cancels off.
func (e *Engine) sendCancels(n int) {
	e.visible = max(e.visible-n, 0)
	for _, c := range e.cancels[:n] {
		if c.r.Generation() != c.gen {
			continue
		}
		c.r.listed = false
		if d := &c.r.dice; c.r.place == underWay || c.r.place == inLine {
			e.m.schedule(event{what: giveUp, req: c.r, gen: c.gen}, e.m.latency(d)+e.m.late(e.m.faults.LateCancel, d), d)
		}
	}
	e.cancels = slices.Delete(e.cancels, 0, n)
}

// submitAll begins everything that is pending, before time passes: the kernel makes room meanwhile,
// and otherwise it would depend on the speed of another goroutine, which is about to enter, whether
// it has begun by then.
func (e *Engine) submitAll() {
	for e.queued.Len() > 0 {
		e.begin()
	}
	e.sendCancels(len(e.cancels))
}

// show makes the completion of r visible, in its way.
func (e *Engine) show(m *Machine, r *request) {
	m.ended(r)
	r.place = delivered
	switch d := &r.dice; {
	case e.calm:
		e.ready.Push(r)
	case e.overflow.Len() > 0 || d.hits(m.faults.Overflow):
		e.overflow.Push(r)
	case e.deferred.Len() > 0 || d.hits(m.faults.Deferred):
		e.deferred.Push(r)
	default:
		e.ready.Push(r)
	}
	e.alert()
}

func (e *Engine) flush(held *fifo) {
	for held.Len() > 0 {
		e.ready.Push(held.Pop())
	}
}

// Ready is the number of completions that Reap would find.
//
// A program may ask for the state of its operations over and over and never wait. So that they come
// to an end all the same, a long row of questions counts as waiting.
func (e *Engine) Ready() int {
	m := e.m
	m.Lock()
	defer m.Unlock()
	m.catchUp()
	if e.asked++; e.asked > patience {
		e.asked = 0
		if !m.advance() {
			e.flush(&e.deferred)
			e.flush(&e.overflow)
		}
	}
	return max(e.ready.Len(), min(e.overflow.Len(), 1))
}

// patience is how many questions are asked in a row before they count as waiting: more than a port
// asks of its own accord.
const patience = 100

// Work reports whether Enter(true) may bring something.
func (e *Engine) Work() bool {
	e.m.Lock()
	defer e.m.Unlock()
	return e.overflow.Len()+e.deferred.Len() > 0
}

// Lazy reports whether nothing happens here unless somebody waits for it.
func (e *Engine) Lazy() bool { return !e.m.clock.follow }

// Reap moves completions into buf, oldest first.
func (e *Engine) Reap(buf []engine.Completion) (n int) {
	m := e.m
	m.Lock()
	defer m.Unlock()
	m.catchUp()
	for ; n < len(buf) && e.ready.Len() > 0; n++ {
		r := e.ready.Pop()
		buf[n] = engine.Completion{Op: r.op, Res: r.res}
		r.op, r.node = nil, nil
		e.table.Remove(r) // events about it are void from now on
	}
	if n > 0 {
		e.asked = 0
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
	if e.table.InFlight() > 0 {
		return sys.EINVAL
	}
	return nil
}
