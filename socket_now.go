// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"io"
	"net/netip"
	"sync"
	"unsafe"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// RecvNow receives what is there already, in the call itself: it is no operation, sends no packet
// and needs no port. What it returns is what the packet of [Socket.RecvFrom] would say; from may
// be nil. It does not block. Operations in flight come first.
//
// Errors: those of RecvFrom at its start and in its packet; EAGAIN if it would have to wait.
func (s *Socket) RecvNow(bufs [][]byte, flags int, from *netip.AddrPort) (n int, err error) {
	o, err := s.open()
	if err != nil {
		return 0, err
	}
	kernel, err := o.sock.receiveFlags(flags)
	if err != nil {
		return 0, err
	}
	r := requests.Get().(*request)
	defer r.free()
	room := r.set(engine.RecvMsg, bufs, kernel)
	r.msg.SetName(&r.addr, sys.SizeofSockaddr)
	n, err = o.now(opRecvv, recvLine, &r.op)
	if err != nil {
		return 0, err
	}
	if from != nil {
		*from = netip.AddrPort{}
		if name, length := r.msg.Name(); length > 0 {
			*from = name.AddrPort()
		}
	}
	switch {
	case n > room:
		return room, ErrTruncated
	case n == 0 && o.sock.stream && room > 0:
		o.sock.look(atEnd, true)
		return 0, io.EOF
	}
	return n, nil
}

// SendNow sends what the system takes at once, in the call itself, in the way of [Socket.RecvNow].
// On a stream that may be less than all of it. With the zero address it sends to where the
// socket is connected to.
//
// Errors: those of SendTo or Sendv at their start and in their packets; EAGAIN if it would have to
// wait.
func (s *Socket) SendNow(bufs [][]byte, to netip.AddrPort) (n int, err error) {
	o, err := s.open()
	if err != nil {
		return 0, err
	}
	r := requests.Get().(*request)
	defer r.free()
	r.set(engine.SendMsg, bufs, sys.MsgNoSignal)
	what := opSendv
	if to.IsValid() && !o.sock.stream {
		if to, err = o.sock.fit(to); err != nil {
			return 0, err
		}
		what = opSendTo
		r.msg.SetName(&r.addr, r.addr.Put(to))
	}
	return o.now(what, sendLine, &r.op)
}

// now makes a request that does not wait, if that is allowed and nothing is in line before it.
func (o *object) now(what opKind, dir direction, op *engine.Op) (int, error) {
	fd, err := o.borrow()
	if err != nil {
		return 0, err
	}
	defer o.close()
	c := o.lock()
	err = o.admits(what, dir)
	if err == nil && o.lines[dir].now != nil {
		err = sys.Error(sys.EAGAIN)
	}
	o.unlock(c)
	if err != nil {
		return 0, err
	}
	op.FD = fd
	n := o.sys.Try(op)
	if n >= 0 {
		return int(n), nil
	}
	errno := sys.Errno(-n)
	if o.sock.stream {
		c = o.lock()
		errno = o.broken(errno)
		o.unlock(c)
	}
	return 0, socketError(o, what, errno)
}

// request is the memory of a call that does not wait.
type request struct {
	op      engine.Op
	msg     sys.Message
	addr    sys.Sockaddr
	vectors []sys.Vector
}

var requests = sync.Pool{New: func() any { return new(request) }}

// set makes it one for bufs, and returns their length.
func (r *request) set(kind engine.Kind, bufs [][]byte, flags uint32) (length int) {
	for _, b := range bufs {
		if len(b) > 0 {
			r.vectors = append(r.vectors, sys.VectorOf(b))
			length += len(b)
		}
	}
	r.msg.Set(r.vectors)
	r.op = engine.Op{Kind: kind, Addr: unsafe.Pointer(&r.msg), Flags: flags}
	return length
}

func (r *request) free() {
	clear(r.vectors)
	*r = request{vectors: r.vectors[:0]}
	requests.Put(r)
}
