// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// session is the life of one connection under stress: streams in both directions.
type session struct {
	*stress
	a, b    *TCPConn
	streams [2]stream
	live    sync.WaitGroup // operations that have not ended for good
}

const (
	stressBuffer   = 32 << 10
	stressReceives = 3
)

// stressBytes is what streams are made of; each begins at its own place.
var stressBytes = func() []byte {
	b := pattern(1 << 16)
	return append(b, b[:stressBuffer]...)
}()

func contentAt(tag uint32, pos int64, n int) []byte {
	i := (int64(tag)*7919 + pos) & (1<<16 - 1)
	return stressBytes[i : i+int64(n)]
}

// stream is one direction.
type stream struct {
	*session
	tag      uint32
	from, to *TCPConn

	send stressOp
	sent int64
	r    *rand.Rand // of the sender, which is one operation at a time

	mu    sync.Mutex
	recvs [stressReceives]stressOp
	order []*stressOp // receives as they were started
	got   int64
}

func (s *stress) newSession(a, b *TCPConn) *session {
	x := &session{stress: s, a: a, b: b}
	for i := range x.streams {
		d := &x.streams[i]
		d.session, d.tag = x, s.tags.Add(1)
		d.from, d.to = a, b
		if i == 1 {
			d.from, d.to = b, a
		}
		d.r = rand.New(rand.NewPCG(uint64(d.tag), 0))
		d.send.buf, d.send.done = make([]byte, stressBuffer), d.onSent
		for j := range d.recvs {
			d.recvs[j].buf, d.recvs[j].done = make([]byte, stressBuffer/4), d.onReceived
		}
	}
	x.live.Add(len(x.streams) * (1 + stressReceives))
	for i := range x.streams {
		d := &x.streams[i]
		d.next()
		d.mu.Lock()
		for j := range d.recvs {
			d.receive(&d.recvs[j])
		}
		d.mu.Unlock()
	}
	return x
}

// mayEnd says whether an operation may end with err for good here.
func mayEnd(err error) bool {
	return errors.Is(err, net.ErrClosed) || err == io.EOF || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ESHUTDOWN)
}

// mayStop says whether err is one after which the stream goes on.
func mayStop(err error) bool {
	return err == nil || err == ErrCanceled || errors.Is(err, os.ErrDeadlineExceeded)
}

// next sends the next piece of the stream.
func (d *stream) next() {
	o := &d.send
	n := 1 + d.r.IntN(stressBuffer)
	copy(o.buf, contentAt(d.tag, d.sent, n))
	o.SetTimeout(chance(d.r))
	f := func() error { return d.from.Send(o, o.buf[:n]) }
	if d.r.IntN(3) == 0 {
		f = func() error { return d.from.Sendv(o, [][]byte{o.buf[:n/3], o.buf[n/3 : n]}) }
	}
	if !d.start(o, f) {
		d.live.Done()
	}
}

func chance(r *rand.Rand) time.Duration {
	if r.IntN(4) != 0 {
		return 0
	}
	return time.Duration(r.IntN(2000)) * time.Microsecond
}

func (d *stream) onSent(_ *stressOp, c Completion) {
	d.sent += c.Bytes
	if mayStop(c.Err) {
		d.next()
		return
	}
	if !mayEnd(c.Err) {
		d.t.Errorf("a send ended with %v", c.Err)
	}
	d.live.Done()
}

// receive starts a receive behind the others. Locked.
func (d *stream) receive(o *stressOp) {
	o.over = false
	d.order = append(d.order, o)
	var f func() error
	switch n := len(o.buf); rand.IntN(4) {
	case 0:
		f = func() error { return d.to.Recvv(o, [][]byte{o.buf[:n/2], o.buf[n/2:]}) }
	default:
		f = func() error { return d.to.Recv(o, o.buf) }
	}
	o.SetTimeout(time.Duration(max(0, rand.IntN(4000)-3000)) * time.Microsecond)
	if !d.start(o, f) {
		d.order = d.order[:len(d.order)-1]
		d.live.Done()
	}
}

// onReceived compares what receives brought, in the order they were started: workers may take
// their packets in another.
func (d *stream) onReceived(o *stressOp, c Completion) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o.over, o.n, o.err = true, c.Bytes, c.Err
	for len(d.order) > 0 && d.order[0].over {
		first := d.order[0]
		d.order = d.order[1:]
		d.check(first)
		if mayStop(first.err) {
			d.receive(first)
			continue
		}
		if !mayEnd(first.err) {
			d.t.Errorf("a receive ended with %v", first.err)
		}
		d.live.Done()
	}
}

func (d *stream) check(o *stressOp) {
	if o.n == 0 {
		return
	}
	if !bytes.Equal(o.buf[:o.n], contentAt(d.tag, d.got, int(o.n))) {
		d.t.Errorf("stray bytes: connection %d received %d wrong ones at %d", d.tag, o.n, d.got)
	}
	d.got += o.n
	d.bytes.Add(o.n)
}

// play disturbs the connection for a while.
func (x *session) play(r *rand.Rand) {
	ends := []*TCPConn{x.a, x.b}
	for range r.IntN(20) {
		d, c := &x.streams[r.IntN(2)], ends[r.IntN(2)]
		switch r.IntN(7) {
		case 0:
			d.recvs[r.IntN(stressReceives)].Cancel()
		case 1:
			d.send.Cancel()
		case 2:
			c.CancelAll()
		case 3:
			c.Cancel(&d.recvs[0])
		case 4:
			if dup, err := c.Duplicate(); err == nil {
				dup.Close()
			}
		case 5:
			x.p.Len()
		default:
			time.Sleep(time.Duration(r.IntN(400)) * time.Microsecond) // chance, not synchronisation
		}
	}
	if r.IntN(5) == 0 {
		ends[r.IntN(2)].Shutdown(ShutdownSend)
	}
}
