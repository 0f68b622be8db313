// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"iocp/internal/sys"
)

// server is a listener of package net, and its address.
func server(t testing.TB) (*net.TCPListener, netip.AddrPort) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	t.Cleanup(func() { l.Close() })
	return l.(*net.TCPListener), l.Addr().(*net.TCPAddr).AddrPort()
}

// refusing is an address at which nobody listens, kept from being used by somebody else.
func refusing(t testing.TB) netip.AddrPort {
	t.Helper()
	s := newTestSocket(t, nil, sys.SockStream)
	ok(t, s.Bind(loopback))
	return s.LocalAddr()
}

func accepted(t testing.TB, l *net.TCPListener) *net.TCPConn {
	t.Helper()
	c, err := l.AcceptTCP()
	ok(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

func TestSocketConnect(t *testing.T) {
	p := newPort(t)
	l, addr := server(t)
	for _, bound := range []bool{false, true} {
		s, o := newTestSocket(t, p, sys.SockStream), &op{}
		if bound {
			ok(t, s.Bind(loopback))
		}
		at := s.LocalAddr()
		ok(t, s.Connect(o, addr, []byte("hello"))) // I36
		expect(t, p, o, 5, nil)
		far, buf := accepted(t, l), make([]byte, 5)
		io.ReadFull(far, buf)
		same(t, buf, []byte("hello"))
		if s.RemoteAddr() != addr || s.LocalAddr().String() != far.RemoteAddr().String() || bound && s.LocalAddr() != at {
			t.Errorf("the connection is from %v to %v; bound to %v", s.LocalAddr(), s.RemoteAddr(), at)
		}
		refuses(t, s.Connect(o, addr, nil), syscall.EISCONN) // I38
		refuses(t, s.Bind(loopback), syscall.EINVAL)
	}
}

func TestSocketConnectAgainAfterARefusal(t *testing.T) {
	p := newPort(t)
	l, addr := server(t)
	nobody := refusing(t)
	for _, bound := range []bool{false, true} {
		s, o := newTestSocket(t, p, sys.SockStream), &op{}
		if bound {
			ok(t, s.Bind(loopback))
		}
		at := s.LocalAddr()
		for range 2 {
			ok(t, s.Connect(o, nobody, []byte("lost")))
			expect(t, p, o, 0, syscall.ECONNREFUSED)
			if st := s.State(); st != (SocketState{Bound: bound}) || s.LocalAddr() != at {
				t.Errorf("after a refusal the socket is %+v at %v; want it at %v", st, s.LocalAddr(), at)
			}
		}
		ok(t, s.Connect(o, addr, []byte("x"))) // I37
		expect(t, p, o, 1, nil)
		far := accepted(t, l)
		if bound && far.RemoteAddr().String() != at.String() {
			t.Errorf("the connection comes from %v; want %v", far.RemoteAddr(), at)
		}
	}
}

// Before the packet of the failure is taken, too.
func TestSocketConnectAgainBeforeThePacket(t *testing.T) {
	p := newPort(t)
	l, addr := server(t)
	s, o, again := newTestSocket(t, p, sys.SockStream), &op{name: "first"}, &op{name: "second"}
	ok(t, s.Connect(o, refusing(t), nil))
	eventually(t, "the refusal", func() bool { _, err := o.Result(); return err != ErrIncomplete })
	ok(t, s.Connect(again, addr, nil))
	expect(t, p, o, 0, syscall.ECONNREFUSED)
	expect(t, p, again, 0, nil)
	accepted(t, l)
}

func TestSocketReuse(t *testing.T) {
	p := newPort(t)
	l, addr := server(t)
	ls := listening(t, p)
	s, o := newTestSocket(t, p, sys.SockStream), &op{}
	buf := make([]byte, 5)
	for round := range 6 {
		var far *net.TCPConn
		if round%2 == 0 {
			ok(t, s.Connect(o, addr, nil))
			expect(t, p, o, 0, nil)
			far = accepted(t, l)
		} else {
			ok(t, ls.Accept(o, s, nil))
			far = call(t, ls)
			expect(t, p, o, 0, nil)
		}
		far.Write([]byte("hello"))
		ok(t, s.Recv(o, buf, sys.MsgWaitAll))
		expect(t, p, o, 5, nil)
		if round >= 4 {
			reset(t, far)
			ok(t, s.Recv(o, buf, 0))
			expect(t, p, o, 0, syscall.ECONNRESET)
		}
		ok(t, s.Disconnect(o, true))
		expect(t, p, o, 0, nil)
		if round < 4 {
			if _, err := far.Read(buf); err != io.EOF {
				t.Errorf("the peer sees %v", err)
			}
		}
		refuses(t, s.Recv(o, buf, 0), syscall.ENOTCONN)
		refuses(t, p.Associate(s, nil), ErrAlreadyAssociated) // I41
		if s.Key() != "socket" || s.RemoteAddr().IsValid() {
			t.Errorf("the key is %v and the peer %v", s.Key(), s.RemoteAddr())
		}
	}
}

func TestSocketReuseKeepsAddressAndOptions(t *testing.T) {
	p := newPort(t)
	l, addr := server(t)
	s, o := newTestSocket(t, p, sys.SockStream), &op{}
	ok(t, s.Bind(loopback))
	ok(t, s.endpoint().control(func(m sys.System, fd int32) error { return errorOf(m.SetOption(fd, sys.NoDelay, 1)) }))
	at := s.LocalAddr()
	ok(t, s.Connect(o, addr, nil))
	expect(t, p, o, 0, nil)
	far := accepted(t, l)
	ok(t, s.Disconnect(o, true))
	expect(t, p, o, 0, nil)
	far.Close()
	if s.LocalAddr() != at || s.State() != (SocketState{Bound: true}) {
		t.Errorf("the socket is at %v, %+v; want it at %v", s.LocalAddr(), s.State(), at)
	}
	ok(t, s.endpoint().control(func(m sys.System, fd int32) error {
		if on, errno := m.Option(fd, sys.NoDelay); on != 1 || errno != 0 {
			t.Errorf("the option is %d, %v", on, errno)
		}
		return nil
	}))
	ok(t, listening(t, p).Accept(o, s, nil)) // although it is bound
	ok(t, o.Cancel())
	expect(t, p, o, 0, ErrCanceled)
}

// Receives that are in flight end before the packet of the Disconnect comes.
func TestSocketReuseWithReceivesInFlight(t *testing.T) {
	p := newPort(t)
	l, addr := server(t)
	s, o := newTestSocket(t, p, sys.SockStream), &op{name: "disconnect"}
	recvs := make([]op, 5)
	for range 3 {
		ok(t, s.Connect(o, addr, nil))
		expect(t, p, o, 0, nil)
		far := accepted(t, l)
		for i := range recvs {
			ok(t, s.Recv(&recvs[i], make([]byte, 1), 0))
		}
		ok(t, s.Disconnect(o, true))
		for i := range recvs {
			expect(t, p, &recvs[i], 0, io.EOF)
		}
		expect(t, p, o, 0, nil)
		far.Close()
	}
}
