// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"io"
	"net"
	"syscall"

	"iocp"
)

// setupRules: how connections begin and end.
var setupRules = []rule{
	{id: "I25", run: closeUnderAccept},
	{id: "I26", run: closeAcceptedUnderAccept},
	{id: "I27", run: acceptCompletesAtConnect},
	{id: "I28", run: acceptWaitsForData},
	{id: "I29", part: "close", run: acceptDataFromCloser},
	{id: "I29", part: "reset", run: acceptDataFromResetter},
	{id: "I34", part: "accept", run: acceptWaitingConnection},
	{id: "I34", part: "data", run: acceptWaitingData},
	{id: "I36", part: "plain", run: func(s *scene) { connectSends(s, "") }},
	{id: "I36", part: "data", run: func(s *scene) { connectSends(s, "hello") }},
	{id: "I37", run: connectRefused},
	{id: "I40", part: "connected", run: disconnect},
	{id: "I40", part: "unconnected", run: disconnectUnconnected},
}

// listening is a listener associated with p.
func (s *scene) listening(p *iocp.Port, key any) (*iocp.TCPListener, string) {
	s.t.Helper()
	l, addr := s.listener()
	s.associate(p, l, key)
	return l, addr
}

// I25: closing a listener ends its accepts, each with its packet.
func closeUnderAccept(s *scene) {
	p := s.port(1)
	l, _ := s.listening(p, "listener")
	ops := make([]op, 3)
	s.must(l.Accept(&ops[0], s.unconnected()), "Accept")
	s.must(l.Accept(&ops[1], s.unconnected()), "Accept")
	s.must(l.AcceptData(&ops[2], s.unconnected(), make([]byte, 8)), "AcceptData")
	s.must(l.Close(), "Close")
	s.eachOnce(p, ops, "listener", net.ErrClosed)
}

// I26: closing the connection to be ends its accept, under the listener's key. The
// listener goes on.
func closeAcceptedUnderAccept(s *scene) {
	p := s.port(1)
	l, addr := s.listening(p, "listener")
	c := s.unconnected()
	var o1, o2 op
	s.must(l.Accept(&o1, c), "Accept")
	s.must(c.Close(), "closing the connection to be accepted")
	k := s.next(p)
	s.check(k.Op == &o1 && k.Key == "listener", "unexpected packet %v, want that of the accept", k)
	s.check(errors.Is(k.Err, net.ErrClosed) || errors.Is(k.Err, iocp.ErrCanceled), "the packet says %v, want net.ErrClosed or ErrCanceled", k.Err)
	s.must(l.Accept(&o2, s.unconnected()), "Accept")
	s.dial(addr)
	s.expect(p, &o2, "listener", 0, nil)
	s.none(p)
}

// I27: an accept without data completes with the connection; both addresses are known.
func acceptCompletesAtConnect(s *scene) {
	p := s.port(1)
	l, addr := s.listening(p, "listener")
	c := s.unconnected()
	var o op
	s.must(l.Accept(&o, c), "Accept")
	s.none(p)
	far := s.dial(addr)
	s.expect(p, &o, "listener", 0, nil)
	s.connected(c, far)
	// I32: the accepted connection is not associated by that.
	s.refused(c.Recv(&o, make([]byte, 8)), &o, iocp.ErrNotAssociated)
	s.associate(p, c, "conn")
	s.talks(p, c, far)
}

// connected checks the addresses of both ends.
func (s *scene) connected(c *iocp.TCPConn, far net.Conn) {
	s.t.Helper()
	local, remote := c.LocalAddr(), c.RemoteAddr()
	s.check(local != nil && remote != nil, "the addresses of a connection are %v and %v", local, remote)
	s.check(local.String() == far.RemoteAddr().String(), "the local address is %v, want %v", local, far.RemoteAddr())
	s.check(remote.String() == far.LocalAddr().String(), "the remote address is %v, want %v", remote, far.LocalAddr())
}

// talks checks that a connection carries data both ways.
func (s *scene) talks(p *iocp.Port, c *iocp.TCPConn, far net.Conn) {
	s.t.Helper()
	var o op
	s.must(c.Send(&o, []byte("ping")), "Send")
	s.expect(p, &o, c.Key(), 4, nil)
	s.read(far, "ping")
	s.write(far, "pong!")
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.expect(p, &o, c.Key(), 5, nil)
}

// I28: an accept with a buffer waits for the first bytes.
func acceptWaitsForData(s *scene) {
	p := s.port(1)
	l, addr := s.listening(p, "listener")
	c := s.unconnected()
	buf := make([]byte, 10)
	var o op
	s.must(l.AcceptData(&o, c, buf), "AcceptData")
	far := s.dial(addr)
	s.none(p)
	s.check(o.InFlight(), "the accept is over before the first bytes")
	s.write(far, "hello")
	s.expect(p, &o, "listener", 5, nil)
	s.check(string(buf[:5]) == "hello", "received %q", buf)
	s.connected(c, far)
	s.associate(p, c, "conn")
	s.talks(p, c, far)
}

// I29: a peer that connects and closes has sent 0 bytes, successfully.
func acceptDataFromCloser(s *scene) {
	p := s.port(1)
	l, addr := s.listening(p, "listener")
	c := s.unconnected()
	var o op
	s.must(l.AcceptData(&o, c, make([]byte, 10)), "AcceptData")
	s.must(s.dial(addr).Close(), "closing the other end")
	s.expect(p, &o, "listener", 0, nil)
	s.associate(p, c, "conn")
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.expect(p, &o, "conn", 0, io.EOF)
}

// I29: a peer that connects and resets makes the accept fail.
func acceptDataFromResetter(s *scene) {
	p := s.port(1)
	l, addr := s.listening(p, "listener")
	var o op
	s.must(l.AcceptData(&o, s.unconnected(), make([]byte, 10)), "AcceptData")
	far := s.dial(addr)
	s.none(p)
	s.reset(far)
	s.expect(p, &o, "listener", 0, syscall.ECONNRESET)
}

// I34: a connection that waits already gives a packet like one to come.
func acceptWaitingConnection(s *scene) {
	p := s.port(1)
	l, addr := s.listening(p, "listener")
	far := s.dial(addr)
	c := s.unconnected()
	var o op
	s.must(l.Accept(&o, c), "Accept")
	s.expect(p, &o, "listener", 0, nil)
	s.connected(c, far)
	s.none(p)
}

// I34: with its data.
func acceptWaitingData(s *scene) {
	p := s.port(1)
	l, addr := s.listening(p, "listener")
	far := s.dial(addr)
	s.write(far, "hello")
	c := s.unconnected()
	var o op
	s.must(l.AcceptData(&o, c, make([]byte, 10)), "AcceptData")
	s.expect(p, &o, "listener", 5, nil)
	s.connected(c, far)
	s.none(p)
}

// I36: a connect counts the bytes that were sent with it.
func connectSends(s *scene, data string) {
	p := s.port(1)
	l := s.loopback()
	c := s.unconnected()
	s.associate(p, c, "conn")
	s.check(c.RemoteAddr() == nil, "an unconnected socket has the remote address %v", c.RemoteAddr())
	var o op
	s.must(c.Connect(&o, addrPort(l.Addr()), []byte(data)), "Connect")
	far, err := l.Accept()
	s.must(err, "accepting on the loopback interface")
	s.peer(far)
	s.expect(p, &o, "conn", int64(len(data)), nil)
	s.read(far, data)
	s.connected(c, far)
	s.talks(p, c, far)
}

// I37: a refused connect says so in its packet, and the socket may try again under the same
// association.
func connectRefused(s *scene) {
	p := s.port(1)
	reserved := s.socket(p, syscall.SOCK_STREAM, nil) // bound, and does not listen
	s.must(reserved.Bind(nowhere), "Bind")
	l := s.loopback()
	c := s.unconnected()
	s.associate(p, c, "conn")
	var o op
	for range 2 {
		s.must(c.Connect(&o, reserved.LocalAddr(), nil), "Connect")
		s.expect(p, &o, "conn", 0, syscall.ECONNREFUSED)
	}
	s.must(c.Connect(&o, addrPort(l.Addr()), nil), "Connect after a refusal")
	s.expect(p, &o, "conn", 0, nil)
	far, err := l.Accept()
	s.must(err, "accepting on the loopback interface")
	s.peer(far)
	s.talks(p, c, far)
}

// I40: a disconnect ends sending and nothing else, and always gives a packet.
func disconnect(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	s.must(c.SkipOnSuccess(), "SkipOnSuccess")
	var o op
	s.must(c.Disconnect(&o), "Disconnect")
	s.expect(p, &o, 1, 0, nil)
	n, err := far.Read(make([]byte, 1))
	s.check(n == 0 && err == io.EOF, "the other end reads %d, %v; want 0, io.EOF", n, err)
	s.refused(c.Send(&o, []byte("abc")), &o, syscall.ESHUTDOWN)
	s.refused(c.Connect(&o, addrPort(s.loopback().Addr()), nil), &o, syscall.EISCONN)
	s.check(c.RemoteAddr() != nil, "the remote address is forgotten")
	s.must(c.Recv(&o, make([]byte, 8)), "Recv after Disconnect")
	s.write(far, "abc")
	s.expect(p, &o, 1, 3, nil)
	s.none(p)
}

// I40: there is nothing to disconnect without a connection.
func disconnectUnconnected(s *scene) {
	p := s.port(1)
	c := s.unconnected()
	s.associate(p, c, 1)
	var o op
	s.refused(c.Disconnect(&o), &o, syscall.ENOTCONN)
	s.none(p)
}
