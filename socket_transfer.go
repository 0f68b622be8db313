// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"io"
	"net/netip"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

func (s *Socket) start(op Op, what opKind, dir direction) (*object, *core, *Overlapped, error) {
	if _, err := s.open(); err != nil {
		return nil, nil, nil, err
	}
	return s.Handle.start(op, what, dir)
}

// admits says whether the socket can carry a transfer. Locked.
func (o *object) admits(what opKind, dir direction) error {
	s := o.sock
	switch {
	case s.stream:
		return o.admitsStream(what, dir)
	case dir == recvLine && !s.bound:
		return socketError(o, what, sys.EINVAL) // I09
	case dir == recvLine && o.shutRecv, dir == sendLine && o.shutSend:
		return socketError(o, what, sys.ESHUTDOWN)
	case dir == recvLine && s.refused:
		s.refused = false
		return socketError(o, what, sys.ECONNREFUSED) // I15
	case dir == sendLine && what != opSendTo && o.state != connConnected:
		return socketError(o, what, sys.ENOTCONN) // I09
	}
	s.bound = true // by the kernel, with the first datagram that goes out
	return nil
}

// receiveFlags checks what a caller wants and returns what the kernel is asked for.
func (s *socketState) receiveFlags(flags int) (uint32, error) {
	switch {
	case flags&^(sys.MsgPeek|sys.MsgWaitAll) != 0:
		return 0, parameterError("the flags of a receive are MSG_PEEK and MSG_WAITALL")
	case flags&sys.MsgWaitAll != 0 && (flags&sys.MsgPeek != 0 || !s.stream):
		return 0, newNetError("tcp", opRecv, sys.EOPNOTSUPP)
	case !s.stream:
		flags |= sys.MsgTrunc // the result is the length of the datagram
	}
	return uint32(flags), nil
}

// Recv starts to receive into buf, which belongs to the port until the packet is taken. flags
// is 0 or made of
//
//   - MSG_PEEK: what is received stays there for the next receive (I18);
//   - MSG_WAITALL, on a stream: the packet comes when buf is full (I19), or with less when the
//     peer has sent everything, or with the error that ended it.
//
// On a stream the packet has at least one byte, or none and [io.EOF] when the peer has sent
// everything (I04). An empty buf makes it [Socket.Readable] (I11).
//
// A datagram that is longer than buf fills it, and the packet has the length of buf and
// [ErrTruncated]; the rest is lost (I13), also of a receive into nothing (I12). An empty datagram
// is a success with 0 bytes (I14).
//
// Errors at the start: ENOTCONN for a stream (I08), EINVAL for datagrams on a socket that is not
// bound (I09); after a reset ECONNRESET, or ECONNABORTED if it was the answer to a send of our own
// after the peer had closed (I06); ESHUTDOWN after Shutdown; EOPNOTSUPP for MSG_WAITALL with
// MSG_PEEK or datagrams. Errors in the packet: ECONNRESET (I05), ETIMEDOUT; ECONNREFUSED when a
// datagram came back that was sent on a connected socket (I15).
func (s *Socket) Recv(op Op, buf []byte, flags int) error {
	o, p, ov, err := s.start(op, opRecv, recvLine)
	if err != nil {
		return err
	}
	kernel, err := o.sock.receiveFlags(flags)
	if err != nil {
		ov.abandon()
		return err
	}
	if len(buf) == 0 && o.sock.stream {
		return o.readable(p, ov, nil)
	}
	ov.steps = flags&sys.MsgWaitAll != 0
	ov.setBuffer(engine.Recv, buf)
	ov.req.Flags = kernel
	ov.tries = true
	ov.race.kernelWrites(buf)
	return o.begin(p, ov)
}

// Recvv is Recv into several buffers, filled one after the other. bufs itself is the caller's
// again when Recvv returns.
func (s *Socket) Recvv(op Op, bufs [][]byte, flags int) error {
	return s.receive(op, opRecvv, bufs, flags, nil)
}

// RecvFrom is Recvv that also tells the sender of a datagram: *from, which belongs to the port
// until the packet is taken, is written when the operation is over, also with [ErrTruncated]. On a
// stream it is written as the zero value.
func (s *Socket) RecvFrom(op Op, bufs [][]byte, flags int, from *netip.AddrPort) error {
	return s.receive(op, opRecvFrom, bufs, flags, from)
}

func (s *Socket) receive(op Op, what opKind, bufs [][]byte, flags int, from *netip.AddrPort) error {
	o, p, ov, err := s.start(op, what, recvLine)
	if err != nil {
		return err
	}
	kernel, err := o.sock.receiveFlags(flags)
	if err == nil {
		ov.steps = flags&sys.MsgWaitAll != 0
		err = ov.setVectors(engine.RecvMsg, bufs)
	}
	if err != nil {
		ov.abandon()
		return err
	}
	x := ov.x
	if x.from = from; from != nil {
		x.nameLen = sys.SizeofSockaddr
		ov.aim()
	}
	if ov.total == 0 && o.sock.stream {
		return o.readable(p, ov, nil)
	}
	ov.req.Flags = kernel
	ov.tries = true
	ov.race.kernelWritesAll(bufs)
	return o.begin(p, ov)
}

// Readable waits until a receive would not wait, and takes nothing (I11). It stands in line with
// the receives. A connection that is idle for long needs no buffer that way. On a socket that
// listens it waits for a connection. Errors: those of Recv.
func (s *Socket) Readable(op Op) error {
	o, p, ov, err := s.start(op, opReadable, recvLine)
	if err != nil {
		return err
	}
	return o.readable(p, ov, admitReadable)
}

func admitReadable(o *object, ov *Overlapped) error {
	if o.state == connListening {
		return nil
	}
	return o.admits(ov.what, ov.dir)
}

// readable begins to wait for something to receive. admit is what says whether it may, or nil for what
// says that of a receive.
func (o *object) readable(p *core, ov *Overlapped, admit func(*object, *Overlapped) error) error {
	ov.what = opReadable
	ov.req = engine.Op{Kind: engine.Poll, Flags: sys.PollIn | sys.PollRDHup}
	ov.admit = admit
	return o.begin(p, ov)
}

// probeStep: ready. If that is for an error, a look at the next byte brings it.
func (ov *Overlapped) probeStep(c *core, res int32) bool {
	o := ov.obj.Load()
	if ov.req.Kind != engine.Poll || res&sys.PollErr == 0 || !o.sock.stream {
		return true
	}
	ov.stepwise(c)
	probe := ov.extra().probe[:]
	ov.req = engine.Op{Kind: engine.Recv, FD: ov.req.FD, Addr: pointer(probe), Len: 1, Flags: sys.MsgPeek}
	return ov.again(c)
}

// receiveStep goes on after a receive.
func (ov *Overlapped) receiveStep(c *core, res int32) bool {
	o := ov.obj.Load()
	if ov.what == opRecvFrom && ov.x.from != nil {
		*ov.x.from = netip.AddrPort{}
		if name, n := ov.x.msg.Name(); n > 0 {
			*ov.x.from = name.AddrPort()
		}
	}
	if !o.sock.stream {
		return ov.datagramStep(res)
	}
	if res == 0 && ov.n == 0 {
		o.sock.look(atEnd, true)
		if o.sticky != 0 {
			return ov.end(netError(ov.what, o.sticky)) // the kernel told the receive before this one, and tells once
		}
		return ov.end(io.EOF) // I04
	}
	if ov.req.Flags&sys.MsgWaitAll == 0 {
		ov.n = int64(res)
		return true
	}
	if ov.what == opRecv {
		ov.forward(res)
	} else {
		ov.forwardv(res)
	}
	if res == 0 || ov.n == ov.total {
		return true
	}
	return ov.again(c)
}

func (ov *Overlapped) datagramStep(res int32) bool {
	room := int64(ov.req.Len)
	if ov.what != opRecv {
		room = ov.asked()
	}
	ov.n = min(int64(res), room)
	if int64(res) > room {
		return ov.end(ErrTruncated)
	}
	return true
}

// Send starts to send buf, which must not be changed until the packet is taken. On a stream it
// completes when the system has taken all of it (I03); fewer Bytes come only with an error, and an
// empty buf completes with 0 bytes. Otherwise it sends one datagram, perhaps an empty one, to
// where the socket is connected to.
//
// Errors at the start: ENOTCONN (I08, I09); ECONNRESET after a reset (I07); ESHUTDOWN after
// Shutdown or Disconnect (I21); EMSGSIZE for a datagram that no network carries (I16). Errors in
// the packet: ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ....
func (s *Socket) Send(op Op, buf []byte) error {
	o, p, ov, err := s.start(op, opSend, sendLine)
	if err != nil {
		return err
	}
	ov.setBuffer(engine.Send, buf)
	if err := o.sock.carries(o, ov); err != nil {
		ov.abandon()
		return err
	}
	ov.req.Flags = sendFlags
	ov.tries = true
	ov.race.kernelReads(buf)
	return o.begin(p, ov)
}

// Sendv is Send from several buffers, one after the other. bufs itself is the caller's again
// when Sendv returns.
func (s *Socket) Sendv(op Op, bufs [][]byte) error {
	return s.send(op, opSendv, bufs, netip.AddrPort{})
}

// SendTo starts to send the datagram that bufs make to the address to. A socket that is not bound
// gets an address of the system's choice by that. On a stream it is Sendv, and to is not looked
// at.
//
// Errors: those of Send, and EAFNOSUPPORT for an address of another family.
func (s *Socket) SendTo(op Op, bufs [][]byte, to netip.AddrPort) error {
	o, err := s.open()
	if err != nil {
		return err
	}
	if o.sock.stream {
		return s.Sendv(op, bufs)
	}
	if to, err = o.sock.fit(to); err != nil {
		return err
	}
	return s.send(op, opSendTo, bufs, to)
}

func (s *Socket) send(op Op, what opKind, bufs [][]byte, to netip.AddrPort) error {
	o, p, ov, err := s.start(op, what, sendLine)
	if err != nil {
		return err
	}
	if err = ov.setVectors(engine.SendMsg, bufs); err == nil {
		err = o.sock.carries(o, ov)
	}
	if err != nil {
		ov.abandon()
		return err
	}
	if what == opSendTo {
		ov.x.nameLen = ov.x.addr.Put(to)
		ov.aim()
	}
	ov.req.Flags = sendFlags
	ov.tries = true
	ov.race.kernelReadsAll(bufs)
	return o.begin(p, ov)
}

// maxDatagram is how much a datagram can carry: 16 bits less the headers of UDP and, in the first
// case, IPv4.
const (
	maxDatagram4 = 1<<16 - 1 - 8 - 20
	maxDatagram6 = 1<<16 - 1 - 8
)

// carries refuses a datagram that is too long for its network (I16).
func (s *socketState) carries(o *object, ov *Overlapped) error {
	most := int64(maxDatagram6)
	switch {
	case s.stream || s.family == sys.AFUnix:
		return nil
	case s.family == sys.AFInet:
		most = maxDatagram4
	}
	if ov.total > most || ov.x != nil && len(ov.x.iov) > maxVectors {
		return socketError(o, ov.what, sys.EMSGSIZE)
	}
	return nil
}

// SendFile starts to send head, then n bytes of f from offset off, then tail, as one operation
// with one packet (I43), on a stream; see [TCPConn.SendFile] for the rest.
func (s *Socket) SendFile(op Op, f *File, off, n int64, head, tail []byte) error {
	o, err := s.open()
	if err != nil {
		return err
	}
	if !o.sock.stream {
		return parameterError("SendFile needs a stream")
	}
	return s.Handle.sendFile(o, op, f, off, n, head, tail)
}
