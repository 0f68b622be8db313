// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"errors"
	"io"
	"net"

	"iocp"
)

// A stream is a connection with both its ends on the port, and the model of it: what is on its
// way, who waits for it, and how it ends. Between two steps all is settled: whatever waits, waits
// for something that has not happened.
type stream struct{ ends [2]*end }

type end struct {
	r    *runner
	t    transport
	peer *end
	key  any
	seed uint64 // of what comes in

	pending   []*receive
	sent, got uint64 // bytes that the peer has sent here, and that were received

	narrow   bool // small buffers in the system: a megabyte does not fit
	skip     bool
	shut     bool // has ended its sending
	closed   bool
	fin      bool // the peer has ended its sending, or closed
	peerGone bool // the peer has closed
	reset    bool // or there was a reset
}

type receive struct {
	*op
	how  receiving
	bufs [][]byte
	room int
}

// onEnd makes a step for one end of a connection. If the slot is free, or the end is closed, the
// step makes a new connection instead.
func onEnd(do func(*end, Step)) func(*runner, Step) {
	return func(r *runner, s Step) {
		slot := int(s.Slot>>1) % len(r.streams)
		st := r.streams[slot]
		if st == nil || st.ends[s.Slot&1].closed {
			if st != nil {
				st.close()
			}
			r.streams[slot] = r.newStream(s)
			r.line("connected")
			return
		}
		do(st.ends[s.Slot&1], s)
	}
}

func (r *runner) newStream(s Step) *stream {
	st := &stream{}
	var a, b transport
	switch s.B % 4 {
	case 0:
		near, far := r.dial()
		a, b = r.adopted(near), r.adopted(far)
	case 1:
		a, b = r.connectedTCP()
	case 2:
		a, b = r.connectedSockets()
	case 3:
		a, b = r.connectedTCP()
		for _, t := range []transport{a, b} {
			r.must(t.(tcp).SetWriteBuffer(16<<10), "SetWriteBuffer")
			r.must(t.(tcp).SetReadBuffer(16<<10), "SetReadBuffer")
		}
	}
	for i, t := range []transport{a, b} {
		r.ids++
		e := &end{r: r, t: t, seed: uint64(r.ids), narrow: s.B%4 == 3}
		if e.key = "near"; i == 1 || s.B%4 == 0 {
			e.key = r.ids
			r.associate(t, e.key)
		}
		st.ends[i] = e
	}
	st.ends[0].peer, st.ends[1].peer = st.ends[1], st.ends[0]
	return st
}

func (s *stream) close() {
	for _, e := range s.ends {
		e.close()
	}
}

// available is how many bytes have been sent here and not received.
func (e *end) available() int { return int(e.sent - e.got) }

// settle awaits everything on this end that waits for what has happened.
func (e *end) settle() {
	for len(e.pending) > 0 && e.mustEnd(e.pending[0]) {
		h := e.pending[0]
		e.r.await(h.op)
		e.pending = e.pending[1:]
		e.took(h)
	}
}

func (e *end) mustEnd(h *receive) bool {
	if e.fin || e.reset {
		return true
	}
	if h.how == waitAll {
		return e.available() >= h.room
	}
	return e.available() > 0
}

// took checks what a receive got, and takes it off the stream.
func (e *end) took(h *receive) {
	switch {
	case h.n < 0 || h.n > int64(min(h.room, e.available())):
		e.r.broken("%v: %s, with %d bytes to receive and room for %d", h, h.outcome(), e.available(), h.room)
	case h.how == readiness && h.n != 0:
		e.r.broken("%v received %d bytes", h, h.n)
	case h.err == nil && h.n == 0 && h.how != readiness:
		e.r.broken("%v received nothing, successfully", h)
	case h.err == nil && h.how == waitAll && int(h.n) < h.room && !e.fin && !e.reset:
		e.r.broken("%v received %d bytes, want %d", h, h.n, h.room)
	case errors.Is(h.err, io.EOF) && (!e.fin && !e.reset || e.available() > 0 && !e.reset):
		e.r.broken("%v found the end of a stream that goes on", h)
	}
	e.same(h.bufs, int(h.n))
	if h.how != peek {
		e.got += uint64(h.n)
	}
	if h.err != nil && e.reset {
		e.got = e.sent // a reset may take along what was not received
	}
}

// same checks the first n bytes of what was received.
func (e *end) same(bufs [][]byte, n int) {
	at := e.got
	for _, b := range bufs {
		b = b[:min(n, len(b))]
		if i := mismatch(b, e.seed, at); i >= 0 {
			e.r.broken("byte %d of the stream is %d, want %d", at+uint64(i), b[i], content(e.seed, at+uint64(i)))
		}
		at, n = at+uint64(len(b)), n-len(b)
	}
}

// op and quietOp make operations for this end.
func (e *end) op(name string) *op      { return e.r.newOp(name, e.key, e.skip) }
func (e *end) quietOp(name string) *op { return e.r.quietOp(name, e.key, e.skip) }

// receive starts a receive with o.
func (e *end) receive(o *op, how receiving, bufs [][]byte) *receive {
	h := &receive{op: o, how: how, bufs: bufs}
	for _, b := range bufs {
		h.room += len(b)
	}
	e.r.start(o, e.t.recv(o, how, bufs))
	switch {
	case h.refused:
	case h.over && len(e.pending) == 0:
		h.due = e.mustEnd(h)
		e.took(h)
	default:
		e.pending = append(e.pending, h)
	}
	return h
}

// send starts to send n bytes to the peer with o, in one buffer or several.
func (e *end) send(o *op, n int, pieces int) *op {
	data := make([]byte, n)
	fill(data, e.peer.seed, e.peer.sent)
	e.r.start(o, e.t.send(o, cut(data, pieces)))
	if !o.over || o.err == nil {
		e.peer.sent += uint64(n)
	}
	return o
}

// canSend reports whether what is sent arrives.
func (e *end) canSend() bool {
	return !e.shut && !e.peerGone && !e.reset && !e.closed && !e.peer.closed
}

// close closes the end; what is pending ends with that, and the peer notices.
func (e *end) close() {
	if e.closed {
		return
	}
	if len(e.pending) > 0 && e.available() > 0 {
		e.cancelAll() // how much of it a waiting receive has taken already is the engine's business
		e.swallow()
	}
	unread := e.available() > 0
	e.r.must(e.t.Close(), "Close")
	e.ended(net.ErrClosed)
	e.gone(unread)
}

// gone is what follows from the end of the descriptor. With bytes unread the peer is told by a reset.
func (e *end) gone(reset bool) {
	e.closed = true
	p := e.peer
	if p.closed {
		return
	}
	p.peerGone = true
	p.fin = p.fin || !reset
	p.reset = p.reset || reset
	p.hungUp()
	p.settle()
}

// cancelAll cancels what is pending.
func (e *end) cancelAll() {
	err := e.t.CancelAll()
	if (err != nil) != (len(e.pending) == 0) {
		e.r.broken("CancelAll with %d operations pending: %v", len(e.pending), err)
	}
	for _, h := range e.pending {
		h.quiet = h.quiet || h.how == waitAll && e.available() > 0
	}
	e.ended(iocp.ErrCanceled)
}

// swallow receives what there is.
func (e *end) swallow() {
	for e.available() > 0 && !e.reset {
		e.receive(e.quietOp("swallow"), plain, [][]byte{make([]byte, most)})
		e.settle()
	}
}

// ended awaits everything pending, which has been told to end with this error.
func (e *end) ended(target error) {
	for _, h := range e.pending {
		e.r.await(h.op)
		if !errors.Is(h.err, target) {
			e.r.broken("%v was pending and ended with %s, want %v", h, h.outcome(), target)
		}
		e.took(h)
	}
	e.pending = nil
}
