// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"errors"
	"os"
	"time"

	"iocp"
)

const (
	most     = 4096 // bytes of a send: one segment of the loopback interface, so that it arrives at once
	backlog  = 32 << 10
	moment   = time.Millisecond
	stallSum = 1 << 20 // more than a narrow connection takes
)

// sendStep sends some bytes, or none.
func sendStep(e *end, s Step) {
	if e.shut && !e.reset && !e.peerGone {
		o := e.send(e.op("send after shutdown"), 1, 1)
		if o.err == nil {
			e.r.broken("%v is accepted", o)
		}
		return
	}
	if !e.canSend() {
		e.sendToNobody()
		return
	}
	if e.peer.available() > backlog || e.narrow && e.peer.available() > 0 {
		return
	}
	o := e.send(e.op("send"), int(s.A)%(most+1), int(s.B)%4)
	e.r.await(o)
	if o.err != nil {
		e.r.broken("%v: %s", o, o.outcome())
	}
	e.peer.settle()
}

// sendToNobody sends until the system notices that the peer is gone.
func (e *end) sendToNobody() {
	for start := time.Now(); ; {
		o := e.quietOp("send to nobody")
		if e.r.start(o, e.t.send(o, [][]byte{{1}})); !o.over {
			e.r.await(o)
		}
		if o.due = true; o.err != nil {
			e.r.line("send to nobody: %s", class(o.err))
			break
		}
		if time.Since(start) > e.r.Limit {
			e.r.broken("sends to a closed connection go on to succeed")
		}
	}
	e.reset = e.reset || !e.shut
	e.settle()
}

// receiveStep receives, into one buffer or several, or waits until there is something to receive.
func receiveStep(e *end, s Step) {
	if len(e.pending) > 8 {
		return
	}
	how := []receiving{plain, plain, plain, plain, readiness, peek, waitAll, waitAll}[s.B%8]
	if _, ok := e.t.(socket); !ok && how > readiness {
		how = plain
	}
	names := [...]string{plain: "receive", readiness: "readable", peek: "peek", waitAll: "receive all"}
	room := int(s.A)%most + 1
	if how == readiness {
		room = 0
	}
	if len(e.pending) == 0 {
		e.arrive()
	}
	e.receive(e.op(names[how]), how, cut(make([]byte, room), int(s.B>>3)%4))
	e.settle()
}

// timeoutStep receives what does not come in time.
func timeoutStep(e *end, s Step) {
	if e.available() > 0 || e.fin || e.reset {
		return
	}
	o := e.op("receive with timeout")
	o.SetTimeout(moment)
	h := e.receive(o, plain, [][]byte{make([]byte, int(s.A)%most+1)})
	e.r.await(h.op)
	if !errors.Is(h.err, os.ErrDeadlineExceeded) || h.n != 0 {
		e.r.broken("%v: %s", h, h.outcome())
	}
	e.drop(h)
}

// drop takes a receive that got nothing out of those pending.
func (e *end) drop(h *receive) {
	for i := range e.pending {
		if e.pending[i] == h {
			e.pending = append(e.pending[:i:i], e.pending[i+1:]...)
			return
		}
	}
}

// cancelStep cancels one receive, or one that is over.
func cancelStep(e *end, s Step) {
	if len(e.pending) == 0 {
		o := e.op("never started")
		if err := e.t.Cancel(o); !errors.Is(err, iocp.ErrNotFound) {
			e.r.broken("Cancel of an operation that was never started: %v", err)
		}
		return
	}
	i := int(s.A) % len(e.pending)
	h := e.pending[i]
	open := i == 0 && h.how == waitAll && e.available() > 0
	if open {
		e.hush()
	}
	e.r.must(e.t.Cancel(h.op), "Cancel")
	e.r.await(h.op)
	if !errors.Is(h.err, iocp.ErrCanceled) || h.n > 0 && h.how != waitAll {
		e.r.broken("%v was cancelled: %s", h, h.outcome())
	}
	e.drop(h)
	if h.how == waitAll {
		// How much of what had come it had taken is the engine's business; the rest is for others (I44).
		h.quiet = true
		e.r.line("%v canceled", h.op)
		e.took(h)
	}
	e.settle()
	if open {
		e.cancelAll() // else it would depend on the rest whether they wait on
	}
	e.level()
}

// hush leaves what is pending out of the trace.
func (e *end) hush() {
	for _, h := range e.pending {
		h.quiet = true
	}
}

func cancelAllStep(e *end, _ Step) {
	e.r.line("%d pending", len(e.pending))
	e.cancelAll()
	e.level()
}

// level receives what the operations that were cancelled have left, if nobody else waits for it: how
// much that is depends on the engine, and what later steps do must not.
func (e *end) level() {
	if len(e.pending) == 0 {
		e.swallow()
	}
}

// shutdownStep ends the sending of one end; the other one finds the end of the stream.
func shutdownStep(e *end, _ Step) {
	if e.shut || e.reset || e.peerGone || e.peer.closed {
		return // again, it depends on how far the end has come
	}
	e.r.must(e.t.shutdown(), "Shutdown")
	e.finished()
}

// finished is what follows from the end of sending.
func (e *end) finished() {
	e.shut, e.peer.fin = true, true
	e.peer.hungUp()
	e.peer.settle()
}

// disconnectStep is shutdownStep as an operation.
func disconnectStep(e *end, _ Step) {
	if e.shut || !e.canSend() {
		return
	}
	o := e.op("disconnect")
	e.r.start(o, e.t.disconnect(o))
	e.r.await(o)
	e.finished()
}

func closeStep(e *end, _ Step) { e.close() }

// resetStep closes an end so that the other one has its connection reset.
func resetStep(e *end, _ Step) {
	if len(e.pending) > 0 || !e.t.linger0() {
		return
	}
	e.r.must(e.t.Close(), "Close")
	e.gone(true)
}

func skipStep(e *end, _ Step) {
	e.r.must(e.t.SkipOnSuccess(), "SkipOnSuccess")
	e.skip = true
}

// duplicateStep goes on with a duplicate and closes the first handle, which ends nothing (J11).
func duplicateStep(e *end, _ Step) {
	d, err := e.t.duplicate()
	e.r.must(err, "Duplicate")
	e.r.must(e.t.Close(), "closing the first of two handles")
	e.t = d
}

// bulkStep brings many bytes from end to end, in sends and receives of any size.
func bulkStep(e *end, s Step) {
	if !e.canSend() || e.peer.available() > 0 || len(e.peer.pending) > 0 {
		return
	}
	total := int(s.A)*4 + 1
	var sends []*op
	for range s.B%3 + 1 {
		sends = append(sends, e.send(e.quietOp("bulk send"), total, int(s.B>>4)%3))
	}
	e.drain(sends, int(s.B)%20000+300)
	e.r.line("%d bytes in %d sends", total, len(sends))
}

// drain receives at the other end until the sends are over and all that they sent is received.
func (e *end) drain(sends []*op, room int) {
	p, deadline := e.peer, time.Now().Add(e.r.Limit)
	first := p.got
	for _, o := range sends {
		o.due = true
	}
	var h *receive
	for {
		over, sent := progress(sends)
		if h == nil && over && p.got-first == sent {
			return
		}
		if h == nil {
			h = p.receive(p.quietOp("drain"), plain, [][]byte{make([]byte, room)})
			h.due = true
		}
		switch {
		case h.over:
			p.drained(h)
			h = nil
		case over && p.got-first == sent:
			p.cancelAll()
			h = nil
		case !e.r.take(time.Until(deadline)):
			e.r.broken("%d of %d bytes came in %v", p.got-first, sent, e.r.Limit)
		}
	}
}

func progress(sends []*op) (over bool, sent uint64) {
	over = true
	for _, o := range sends {
		over = over && o.over
		sent += uint64(o.n)
	}
	return over, sent
}

// drained takes a receive of drain off those pending, if it is there still.
func (p *end) drained(h *receive) {
	if len(p.pending) == 0 {
		return
	}
	p.pending = p.pending[1:]
	if h.err != nil {
		p.r.broken("%v: %s", h, h.outcome())
	}
	p.took(h)
}
