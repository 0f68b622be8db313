// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"

	"iocp"
)

// socketRules: what only the endpoint Socket can show, with datagrams and a life of its own.
var socketRules = []rule{
	{id: "I09", run: datagramsUnbound},
	{id: "I11", run: zeroLengthRecv},
	{id: "I12", run: zeroLengthRecvOfDatagram},
	{id: "I13", run: datagramTooLong},
	{id: "I14", run: emptyDatagram},
	{id: "I15", run: portUnreachable},
	{id: "I16", run: datagramTooLongToSend},
	{id: "I18", run: peekLeavesData},
	{id: "I19", run: waitAllFills},
	{id: "I20", part: "stream", run: shutdownOfRecvs},
	{id: "I20", part: "datagrams", run: shutdownOfDatagrams},
	{id: "I21", run: sendAfterShutdown},
	{id: "I31", run: acceptNeedsNoContext},
	{id: "I33", run: acceptRefuses},
	{id: "I38", run: connectedAlready},
	{id: "I41", run: socketIsUsedAgain},
	{id: "I42", run: noUseAgainWithoutReuse},
	{id: "I46", run: duplicateOfASocket},
}

var nowhere = netip.MustParseAddrPort("127.0.0.1:0")

// socket makes a Socket for IPv4 that is associated with p, closed at last.
func (s *scene) socket(p *iocp.Port, typ int, key any) *iocp.Socket {
	s.t.Helper()
	c, err := s.world.newSocket(typ)
	s.must(err, "making a socket")
	s.later(func() { c.Close() })
	s.associate(p, c, key)
	return c
}

// datagrams makes a bound socket for datagrams.
func (s *scene) datagrams(p *iocp.Port, key any) *iocp.Socket {
	s.t.Helper()
	c := s.socket(p, syscall.SOCK_DGRAM, key)
	s.must(c.Bind(nowhere), "Bind")
	return c
}

// sendTo sends a datagram and takes its packet.
func (s *scene) sendTo(p *iocp.Port, from *iocp.Socket, data string, to netip.AddrPort) {
	s.t.Helper()
	var o op
	s.must(from.SendTo(&o, [][]byte{[]byte(data)}, to), "SendTo")
	s.expect(p, &o, from.Key(), int64(len(data)), nil)
}

// connectedSocket is a Socket on p that is connected, and its other end.
func (s *scene) connectedSocket(p *iocp.Port, key any) (*iocp.Socket, far) {
	s.t.Helper()
	l := s.loopback()
	defer l.Close()
	c := s.socket(p, syscall.SOCK_STREAM, key)
	var o op
	s.must(c.Connect(&o, l.Addr().(*net.TCPAddr).AddrPort(), nil), "Connect")
	s.expect(p, &o, key, 0, nil)
	other, err := l.Accept()
	s.must(err, "accepting")
	s.peer(other)
	return c, other.(far)
}

// A23: a socket for datagrams is accepted, bound or not.
func associateDatagrams(s *scene) {
	p := s.port(1)
	c := s.socket(p, syscall.SOCK_DGRAM, 1)
	s.check(c.Key() == 1, "the key is %v", c.Key())
}

// I09: datagrams need an address to come to, and one to go to.
func datagramsUnbound(s *scene) {
	p := s.port(1)
	c := s.socket(p, syscall.SOCK_DGRAM, 1)
	var o op
	s.refused(c.Recv(&o, make([]byte, 8), 0), &o, syscall.EINVAL)
	s.refused(c.Send(&o, []byte("abc")), &o, syscall.ENOTCONN)
	s.none(p)
}

// I11: a receive of nothing waits until there is something, and takes nothing.
func zeroLengthRecv(s *scene) {
	p := s.port(1)
	c, far := s.connectedSocket(p, 1)
	var o op
	s.must(c.Recv(&o, nil, 0), "Recv of nothing")
	s.none(p)
	s.write(far, "abc")
	s.expect(p, &o, 1, 0, nil)
	s.must(c.Recv(&o, make([]byte, 8), 0), "Recv")
	s.expect(p, &o, 1, 3, nil)
}

// I12: a receive of nothing takes a datagram, all of which is lost.
func zeroLengthRecvOfDatagram(s *scene) {
	p := s.port(1)
	a, b := s.datagrams(p, 1), s.datagrams(p, 2)
	s.sendTo(p, b, "gone", a.LocalAddr())
	s.sendTo(p, b, "next", a.LocalAddr())
	var o op
	buf := make([]byte, 8)
	s.must(a.Recv(&o, nil, 0), "Recv of nothing")
	s.expect(p, &o, 1, 0, iocp.ErrTruncated)
	s.must(a.Recv(&o, buf, 0), "Recv")
	s.expect(p, &o, 1, 4, nil)
	s.check(string(buf[:4]) == "next", "received %q", buf)
}

// I13, F04: a datagram that is too long fills the buffer, and its packet is an error with bytes.
func datagramTooLong(s *scene) {
	p := s.port(1)
	a, b := s.datagrams(p, 1), s.datagrams(p, 2)
	for _, pends := range []bool{true, false} {
		var o op
		var from netip.AddrPort
		buf := make([]byte, 4)
		if !pends {
			s.sendTo(p, b, "too long", a.LocalAddr())
		}
		s.must(a.RecvFrom(&o, [][]byte{buf}, 0, &from), "RecvFrom")
		if pends {
			var sent op
			s.must(b.SendTo(&sent, [][]byte{[]byte("too long")}, a.LocalAddr()), "SendTo")
			c := s.next(p)
			if c.Op == &sent {
				c = s.next(p)
			} else {
				s.expect(p, &sent, 2, 8, nil)
			}
			s.same(c, &o, 1, 4, iocp.ErrTruncated)
		} else {
			s.expect(p, &o, 1, 4, iocp.ErrTruncated)
		}
		s.check(string(buf) == "too " && from == b.LocalAddr(), "received %q from %v", buf, from)
	}
	s.sendTo(p, b, "next", a.LocalAddr())
	var o op
	s.must(a.Recv(&o, make([]byte, 4), 0), "Recv of the next; the rest is lost")
	s.expect(p, &o, 1, 4, nil)
}

// K03: in skip mode it is told by the start, or by a packet, and not by both.
func datagramTooLongInSkipMode(s *scene) {
	p := s.port(1)
	a, b := s.datagrams(p, 1), s.datagrams(p, 2)
	s.sendTo(p, b, "too long", a.LocalAddr())
	s.must(a.SkipOnSuccess(), "SkipOnSuccess")
	var o op
	if err := a.Recv(&o, make([]byte, 4), 0); err == nil {
		s.expect(p, &o, 1, 4, iocp.ErrTruncated)
	} else {
		s.refused(err, &o, iocp.ErrTruncated)
		n, err := o.Result()
		s.check(n == 4 && err == iocp.ErrTruncated, "the result is %d, %v", n, err)
	}
	s.none(p)
}

// I14: an empty datagram is one.
func emptyDatagram(s *scene) {
	p := s.port(1)
	a, b := s.datagrams(p, 1), s.datagrams(p, 2)
	s.sendTo(p, b, "", a.LocalAddr())
	var o op
	s.must(a.Recv(&o, make([]byte, 4), 0), "Recv")
	s.expect(p, &o, 1, 0, nil)
}

// I15: nobody is bound where a datagram went: a receive tells.
func portUnreachable(s *scene) {
	p := s.port(1)
	a, b := s.datagrams(p, 1), s.datagrams(p, 2)
	gone := b.LocalAddr()
	s.must(b.Close(), "closing the other socket")
	var o, sent op
	if err := a.ReportUnreachable(true); errors.Is(err, syscall.ENOPROTOOPT) { // connected ones report
		s.must(a.Connect(&sent, gone, nil), "Connect")
		s.expect(p, &sent, 1, 0, nil)
		gone = netip.AddrPort{}
	} else {
		s.must(err, "ReportUnreachable")
	}
	s.must(a.Recv(&o, make([]byte, 4), 0), "Recv")
	if gone.IsValid() {
		s.must(a.SendTo(&sent, [][]byte{[]byte("abc")}, gone), "SendTo")
	} else {
		s.must(a.Send(&sent, []byte("abc")), "Send")
	}
	for range 2 {
		if c := s.next(p); c.Op == &sent {
			s.same(c, &sent, 1, 3, nil)
		} else {
			s.same(c, &o, 1, 0, syscall.ECONNREFUSED)
		}
	}
}

// I16: a datagram that no network carries is refused at once.
func datagramTooLongToSend(s *scene) {
	p := s.port(1)
	a := s.datagrams(p, 1)
	var o op
	s.refused(a.SendTo(&o, [][]byte{make([]byte, 66000)}, a.LocalAddr()), &o, syscall.EMSGSIZE)
	s.none(p)
}

// I18: what was looked at is received again.
func peekLeavesData(s *scene) {
	p := s.port(1)
	c, far := s.connectedSocket(p, 1)
	var o op
	s.must(c.Recv(&o, make([]byte, 8), msgPeek), "Recv with MSG_PEEK")
	s.none(p)
	s.write(far, "abc")
	s.expect(p, &o, 1, 3, nil)
	s.must(c.Recv(&o, make([]byte, 8), 0), "Recv")
	s.expect(p, &o, 1, 3, nil)
}

// I19: a receive of all waits until the buffer is full.
func waitAllFills(s *scene) {
	p := s.port(1)
	c, far := s.connectedSocket(p, 1)
	var o op
	buf := make([]byte, 6)
	s.must(c.Recv(&o, buf, msgWaitAll), "Recv with MSG_WAITALL")
	s.write(far, "abc")
	s.none(p)
	s.write(far, "def")
	s.expect(p, &o, 1, 6, nil)
	s.check(string(buf) == "abcdef", "received %q", buf)
}

// I20: a shutdown does not end the receive in flight.
func shutdownOfRecvs(s *scene) {
	p := s.port(1)
	c, far := s.connectedSocket(p, 1)
	var o, late op
	s.must(c.Recv(&o, make([]byte, 8), 0), "Recv")
	s.must(c.Shutdown(iocp.ShutdownRecv), "Shutdown")
	s.refused(c.Recv(&late, make([]byte, 8), 0), &late, syscall.ESHUTDOWN)
	s.none(p)
	s.write(far, "abc")
	s.expect(p, &o, 1, 3, nil)
}

func shutdownOfDatagrams(s *scene) {
	p := s.port(1)
	a, b := s.datagrams(p, 1), s.datagrams(p, 2)
	var o, late, sent op
	s.must(a.Recv(&o, make([]byte, 8), 0), "Recv")
	s.must(a.Shutdown(iocp.ShutdownRecv), "Shutdown")
	s.refused(a.Recv(&late, make([]byte, 8), 0), &late, syscall.ESHUTDOWN)
	s.must(b.SendTo(&sent, [][]byte{[]byte("abc")}, a.LocalAddr()), "SendTo")
	for range 2 {
		c := s.next(p)
		s.check(c.Err == nil && c.Bytes == 3, "packet %v", c)
	}
}

// I21: sends after a shutdown are refused.
func sendAfterShutdown(s *scene) {
	p := s.port(1)
	c, far := s.connectedSocket(p, 1)
	s.must(c.Shutdown(iocp.ShutdownSend), "Shutdown")
	var o op
	s.refused(c.Send(&o, []byte("abc")), &o, syscall.ESHUTDOWN)
	s.none(p)
	_, err := far.Read(make([]byte, 1))
	s.check(err == io.EOF, "the other end sees %v", err)
}

// socketListener is a Socket that listens.
func (s *scene) socketListener(p *iocp.Port) *iocp.Socket {
	s.t.Helper()
	l := s.socket(p, syscall.SOCK_STREAM, "listener")
	s.must(l.Bind(nowhere), "Bind")
	s.must(l.Listen(10), "Listen")
	return l
}

// I31: the accepted socket has its addresses, and can be shut down, at once.
func acceptNeedsNoContext(s *scene) {
	p := s.port(1)
	l, c := s.socketListener(p), s.socket(p, syscall.SOCK_STREAM, 1)
	var o op
	s.must(l.Accept(&o, c, nil), "Accept")
	far := s.dial(l.LocalAddr().String())
	s.expect(p, &o, "listener", 0, nil)
	s.check(c.RemoteAddr().String() == far.LocalAddr().String(), "the peer is %v, want %v", c.RemoteAddr(), far.LocalAddr())
	s.must(c.Shutdown(iocp.ShutdownSend), "Shutdown")
}

// I33: what cannot be accepted into is refused.
func acceptRefuses(s *scene) {
	p := s.port(1)
	l := s.socketListener(p)
	bound := s.socket(p, syscall.SOCK_STREAM, 1)
	s.must(bound.Bind(nowhere), "Bind")
	connected, _ := s.connectedSocket(p, 1)
	var o, other op
	for what, c := range map[string]*iocp.Socket{"bound": bound, "connected": connected, "datagrams": s.datagrams(p, 1)} {
		err := l.Accept(&o, c, nil)
		s.check(err != nil, "a target is accepted that is %s", what)
		s.refused(err, &o, syscall.EINVAL)
	}
	s.refused(bound.Accept(&o, s.socket(p, syscall.SOCK_STREAM, 1), nil), &o, syscall.EINVAL)
	busy := s.socket(p, syscall.SOCK_STREAM, 1)
	s.must(l.Accept(&o, busy, nil), "Accept")
	s.refused(l.Accept(&other, busy, nil), &other, syscall.EINVAL)
	s.refused(busy.Connect(&other, l.LocalAddr(), nil), &other, syscall.EALREADY)
	s.must(o.Cancel(), "Cancel")
	s.expect(p, &o, "listener", 0, iocp.ErrCanceled)
}

// I38: who is connected stays so.
func connectedAlready(s *scene) {
	p := s.port(1)
	c, _ := s.connectedSocket(p, 1)
	var o op
	s.refused(c.Connect(&o, c.RemoteAddr(), nil), &o, syscall.EISCONN)
	s.none(p)
}

// I41: after Disconnect with reuse the same Socket, with the same port and key, serves another
// connection.
func socketIsUsedAgain(s *scene) {
	p := s.port(1)
	l, c := s.socketListener(p), s.socket(p, syscall.SOCK_STREAM, 1)
	var o op
	for range 3 {
		s.must(l.Accept(&o, c, nil), "Accept")
		far := s.dial(l.LocalAddr().String())
		s.expect(p, &o, "listener", 0, nil)
		s.write(far, "abc")
		s.must(c.Recv(&o, make([]byte, 3), 0), "Recv")
		s.expect(p, &o, 1, 3, nil)
		s.must(c.Disconnect(&o, true), "Disconnect")
		s.expect(p, &o, 1, 0, nil)
		_, err := far.Read(make([]byte, 1))
		s.check(err == io.EOF, "the other end sees %v", err)
		err = p.Associate(c, 2)
		s.check(err == iocp.ErrAlreadyAssociated, "associating again: %v", err)
	}
}

// I42: without reuse it stays connected.
func noUseAgainWithoutReuse(s *scene) {
	p := s.port(1)
	c, _ := s.connectedSocket(p, 1)
	var o op
	s.must(c.Disconnect(&o, false), "Disconnect")
	s.expect(p, &o, 1, 0, nil)
	s.refused(c.Connect(&o, c.RemoteAddr(), nil), &o, syscall.EISCONN)
	s.none(p)
}

// I46: a duplicate has the port and the key; closing one of the two ends nothing.
func duplicateOfASocket(s *scene) {
	p := s.port(1)
	c, far := s.connectedSocket(p, 1)
	d, err := c.Duplicate()
	s.must(err, "Duplicate")
	s.later(func() { d.Close() })
	var o op
	s.must(d.Recv(&o, make([]byte, 8), 0), "Recv through the duplicate")
	s.must(c.Close(), "closing the original")
	s.none(p)
	s.write(far, "abc")
	s.expect(p, &o, 1, 3, nil)
}
