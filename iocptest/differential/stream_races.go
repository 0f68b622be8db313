// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"syscall"
	"time"

	"iocp"
)

// stallStep fills a narrow connection with sends, ends one or all of them, and receives the rest.
func stallStep(e *end, s Step) {
	if !e.narrow || !e.canSend() || e.peer.available() > 0 || len(e.peer.pending) > 0 {
		return
	}
	sends := []*op{e.stalled(stallSum, 0), e.stalled(most, stallTimeout(s)), e.stalled(most, 0)}
	for i, o := range sends[:2] {
		if o.over {
			e.r.broken("%v, number %d of those that cannot go out, is over: %s", o, i, o.outcome())
		}
	}
	target := iocp.ErrCanceled
	var ended []*op
	switch s.A % 4 {
	case 0:
		ended = sends[:1]
		e.r.must(sends[0].Cancel(), "Cancel of the first send")
	case 1:
		ended = sends[1:2]
		e.r.must(e.t.Cancel(sends[1]), "Cancel of the second send")
	case 2:
		ended = sends
		e.r.must(e.cancelSends(), "CancelAll")
	case 3:
		ended, target = sends[1:2], os.ErrDeadlineExceeded
	}
	e.r.await(ended...)
	e.rest(sends, ended, target)
}

func stallTimeout(s Step) time.Duration {
	if s.A%4 == 3 {
		return moment
	}
	return 0
}

// stalled starts a send whose bytes are counted when it is over.
func (e *end) stalled(n int, timeout time.Duration) *op {
	o := e.quietOp("stalled send")
	o.SetTimeout(timeout)
	return e.r.start(o, e.t.send(o, [][]byte{make([]byte, n)}))
}

// cancelSends cancels all, and puts up with receives that are pending at the same end.
func (e *end) cancelSends() error {
	err := e.t.CancelAll()
	e.ended(iocp.ErrCanceled)
	return err
}

// rest receives what went out. The bytes are zeros: which of them are whose is not known before.
func (e *end) rest(sends, ended []*op, target error) {
	for i, o := range ended {
		if !errors.Is(o.err, target) || o.n > 0 && o != sends[0] {
			e.r.broken("%v, number %d of those ended: %s", o, i, o.outcome())
		}
	}
	e.drainZeros(sends)
	for i, o := range sends {
		e.r.line("send %d: %s", i, class2(o.err))
	}
}

func class2(err error) string {
	if err == nil {
		return "all"
	}
	return class(err)
}

// drainZeros is drain without a look at the bytes, which are counted.
func (e *end) drainZeros(sends []*op) {
	p, deadline := e.peer, time.Now().Add(e.r.Limit)
	var count uint64
	for _, o := range sends {
		o.due = true
	}
	for {
		over, sent := progress(sends)
		if over && count == sent {
			return
		}
		o := p.quietOp("drain")
		o.due = true
		e.r.start(o, p.t.recv(o, plain, [][]byte{make([]byte, 64<<10)}))
		for !o.over {
			if over, sent := progress(sends); over && count == sent {
				e.r.must(o.Cancel(), "Cancel")
				e.r.await(o)
				return
			}
			if !e.r.take(time.Until(deadline)) {
				e.r.broken("%d bytes of stalled sends came in %v", count, e.r.Limit)
			}
		}
		if o.err != nil {
			e.r.broken("%v: %s", o, o.outcome())
		}
		count += uint64(o.n)
	}
}

// raceCancelStep cancels a receive while the bytes for it are sent.
func raceCancelStep(e *end, s Step) { e.race(s, 0) }

// raceTimeoutStep lets the time of a receive be over at about the moment.
func raceTimeoutStep(e *end, s Step) { e.race(s, time.Duration(s.A%200+1)*time.Microsecond) }

func (e *end) race(s Step, timeout time.Duration) {
	if !e.peer.canSend() || e.available() > 0 || len(e.pending) > 0 || e.fin {
		return
	}
	room := int(s.B)%most + 1
	r := e.quietOp("receive in a race")
	r.SetTimeout(timeout)
	h := e.receive(r, plain, [][]byte{make([]byte, room)})
	n := int(s.A)%most + 1
	o := e.peer.send(e.peer.op("send"), n, 1)
	for range s.B % 8 {
		runtime.Gosched()
	}
	if timeout == 0 {
		if err := e.t.Cancel(h.op); err != nil && !errors.Is(err, iocp.ErrNotFound) {
			e.r.broken("Cancel: %v", err)
		}
	}
	e.r.await(o, h.op)
	lost := errors.Is(h.err, iocp.ErrCanceled) || errors.Is(h.err, os.ErrDeadlineExceeded)
	if h.err != nil && (!lost || h.n > 0) {
		e.r.broken("%v: %s", h, h.outcome())
	}
	e.drop(h)
	if h.err == nil {
		e.took(h)
	}
	e.swallow() // what is left (I44)
	e.r.line("%d bytes", n)
}

// raceCloseStep closes both ends at once, with receives pending.
func raceCloseStep(e *end, s Step) {
	if len(e.peer.pending)+len(e.pending) > 0 || e.peer.closed || e.available()+e.peer.available() > 0 {
		return
	}
	var hs []*op
	for _, x := range []*end{e, e.peer} {
		for range s.A%2 + 1 {
			o := x.quietOp("receive in a race")
			hs = append(hs, e.r.start(o, x.t.recv(o, plain, [][]byte{make([]byte, 8)})))
		}
	}
	closed := make(chan error)
	go func() { closed <- e.peer.t.Close() }()
	for range s.B % 8 {
		runtime.Gosched()
	}
	err := e.t.Close()
	e.r.must(errors.Join(err, <-closed), "Close")
	e.closed, e.peer.closed = true, true
	e.r.await(hs...)
	for _, o := range hs {
		if !errors.Is(o.err, net.ErrClosed) && !errors.Is(o.err, io.EOF) && !errors.Is(o.err, syscall.ECONNRESET) && !errors.Is(o.err, syscall.EPIPE) {
			e.r.broken("%v: %s", o, o.outcome())
		}
	}
}
