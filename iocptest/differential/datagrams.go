// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"

	"iocp"
)

// datagrams is a socket for datagrams that sends to itself, which loses none as long as few are
// on their way, and the model of what is in it.
type datagrams struct {
	r       *runner
	s       *iocp.Socket
	key     any
	skip    bool
	addr    netip.AddrPort
	queue   []datagram
	pending []*datagramReceive
}

type datagram struct {
	seed uint64
	size int
}

type datagramReceive struct {
	*op
	bufs [][]byte
	room int
	from netip.AddrPort
}

// onDatagrams makes a step for a socket, which is made if the slot is free.
func onDatagrams(do func(*datagrams, Step)) func(*runner, Step) {
	return func(r *runner, s Step) {
		slot := int(s.Slot) % len(r.datagrams)
		if r.datagrams[slot] == nil {
			r.datagrams[slot] = r.newDatagrams(s)
		}
		do(r.datagrams[slot], s)
	}
}

// loopback is an address of this process alone where the machine has all from 127.0.0.0 to 127.255.255.255:
// a datagram of another process, to a port that was somebody else's a moment ago, does not come here.
func loopback() netip.Addr {
	if runtime.GOOS != "linux" {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	pid := os.Getpid()
	return netip.AddrFrom4([4]byte{127, byte(64 + pid>>16&63), byte(pid >> 8), byte(pid)})
}

func (r *runner) newDatagrams(s Step) *datagrams {
	sock, err := iocp.NewSocket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	r.must(err, "making a socket")
	r.ids++
	d := &datagrams{r: r, s: sock, key: r.ids, skip: s.B%3 == 0}
	r.must(sock.Bind(netip.AddrPortFrom(loopback(), 0)), "Bind")
	r.associate(sock, d.key)
	if d.skip {
		r.must(sock.SkipOnSuccess(), "SkipOnSuccess")
	}
	d.addr = sock.LocalAddr()
	return d
}

func sendDatagramStep(d *datagrams, s Step) {
	if len(d.queue) >= 8 {
		return
	}
	o := d.r.newOp("send datagram", d.key, d.skip)
	g := datagram{uint64(o.id), int(s.A) % 2000}
	data := make([]byte, g.size)
	fill(data, g.seed, 0)
	d.r.start(o, d.s.SendTo(o, cut(data, int(s.B)%4), d.addr))
	d.r.await(o)
	if o.err != nil || int(o.n) != g.size {
		d.r.broken("%v of %d bytes: %s", o, g.size, o.outcome())
	}
	d.queue = append(d.queue, g)
	d.settle()
}

func receiveDatagramStep(d *datagrams, s Step) {
	if len(d.pending) > 8 {
		return
	}
	h := &datagramReceive{op: d.r.newOp("receive datagram", d.key, d.skip), room: int(s.A) % 2000}
	h.bufs = cut(make([]byte, h.room), int(s.B>>2)%3)
	var err error
	if s.B%2 == 0 {
		err = d.s.RecvFrom(h.op, h.bufs, 0, &h.from)
	} else {
		h.from = d.addr
		err = d.s.Recv(h.op, h.bufs[0], 0)
		h.bufs = h.bufs[:1]
		h.room = len(h.bufs[0])
	}
	d.r.start(h.op, err)
	d.pending = append(d.pending, h)
	d.settle()
}

func (d *datagrams) settle() {
	for len(d.pending) > 0 && len(d.queue) > 0 {
		h, g := d.pending[0], d.queue[0]
		d.r.await(h.op)
		d.pending, d.queue = d.pending[1:], d.queue[1:]
		d.took(h, g)
	}
}

// took checks a received datagram.
func (d *datagrams) took(h *datagramReceive, g datagram) {
	truncated := errors.Is(h.err, iocp.ErrTruncated)
	if h.err != nil && !truncated || truncated != (g.size > h.room) || int(h.n) != min(g.size, h.room) {
		d.r.broken("%v of %d bytes into %d: %s", h, g.size, h.room, h.outcome())
	}
	if h.from != d.addr {
		d.r.broken("%v comes from %v, want %v", h, h.from, d.addr)
	}
	at, n := uint64(0), int(h.n)
	for _, b := range h.bufs {
		b = b[:min(n, len(b))]
		if i := mismatch(b, g.seed, at); i >= 0 {
			d.r.broken("%v: byte %d is %d", h, at+uint64(i), b[i])
		}
		at, n = at+uint64(len(b)), n-len(b)
	}
}

func cancelDatagramStep(d *datagrams, s Step) {
	if len(d.pending) == 0 {
		return
	}
	if s.A%2 == 0 {
		d.r.must(d.s.CancelAll(), "CancelAll")
		d.ended(d.pending, iocp.ErrCanceled)
		d.pending = nil
		return
	}
	i := int(s.B) % len(d.pending)
	h := d.pending[i]
	d.r.must(h.Cancel(), "Cancel")
	d.ended([]*datagramReceive{h}, iocp.ErrCanceled)
	d.pending = append(d.pending[:i:i], d.pending[i+1:]...)
}

func (d *datagrams) ended(pending []*datagramReceive, target error) {
	for _, h := range pending {
		d.r.await(h.op)
		if !errors.Is(h.err, target) || h.n != 0 {
			d.r.broken("%v: %s, want %v", h, h.outcome(), target)
		}
	}
}

func closeDatagramStep(d *datagrams, _ Step) {
	d.close()
	for i := range d.r.datagrams {
		if d.r.datagrams[i] == d {
			d.r.datagrams[i] = nil
		}
	}
}

func (d *datagrams) close() {
	d.r.must(d.s.Close(), "Close")
	d.ended(d.pending, net.ErrClosed)
}
