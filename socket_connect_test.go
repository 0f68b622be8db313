// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package iocp

import (
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

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
		s, o := newTestSocket(t, p, unix.SOCK_STREAM), &op{}
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
	dead, deadAddr := server(t)
	dead.Close()
	for _, bound := range []bool{false, true} {
		s, o := newTestSocket(t, p, unix.SOCK_STREAM), &op{}
		if bound {
			ok(t, s.Bind(loopback))
		}
		at := s.LocalAddr()
		for range 2 {
			ok(t, s.Connect(o, deadAddr, []byte("lost")))
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
	dead, deadAddr := server(t)
	dead.Close()
	s, o, again := newTestSocket(t, p, unix.SOCK_STREAM), &op{name: "first"}, &op{name: "second"}
	ok(t, s.Connect(o, deadAddr, nil))
	eventually(t, "the refusal", func() bool { _, err := o.Result(); return err != ErrIncomplete })
	ok(t, s.Connect(again, addr, nil))
	expect(t, p, o, 0, syscall.ECONNREFUSED)
	expect(t, p, again, 0, nil)
	accepted(t, l)
}

func TestSocketWhileConnecting(t *testing.T) {
	p := newPort(t)
	s, o, other := newTestSocket(t, p, unix.SOCK_STREAM), &op{}, &op{}
	addr := fullListener(t)
	ok(t, s.Connect(o, addr, nil))
	refuses(t, s.Connect(other, addr, nil), syscall.EALREADY) // O12
	refuses(t, s.Recv(other, make([]byte, 1), 0), syscall.ENOTCONN)
	refuses(t, s.Send(other, make([]byte, 1)), syscall.ENOTCONN)
	refuses(t, s.Shutdown(ShutdownSend), syscall.ENOTCONN)
	refuses(t, s.Disconnect(other, true), syscall.ENOTCONN)
	refuses(t, s.Listen(1), syscall.EINVAL)
	ok(t, o.Cancel())
	expect(t, p, o, 0, ErrCanceled)
	l, live := server(t)
	ok(t, s.Connect(o, live, nil))
	expect(t, p, o, 0, nil)
	accepted(t, l)
}

// fullListener is the address of a listener that takes no more connections: the kernel drops
// what comes when the backlog is full.
func fullListener(t testing.TB) netip.AddrPort {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	ok(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	addr := bound(t, fd)
	ok(t, unix.Listen(fd, 0))
	c, err := net.Dial("tcp", addr.String())
	ok(t, err)
	t.Cleanup(func() { c.Close() })
	return addr
}

func TestSocketDisconnectWithoutReuse(t *testing.T) {
	p := newPort(t)
	s, far := socketPair(t, p)
	o, buf := &op{}, make([]byte, 5)
	ok(t, s.Disconnect(o, false))
	expect(t, p, o, 0, nil) // I40
	if _, err := far.Read(buf); err != io.EOF {
		t.Errorf("the peer sees %v", err)
	}
	fails(t, p, s.Send(o, buf), syscall.ESHUTDOWN)
	fails(t, p, s.Connect(o, loopback, nil), syscall.EISCONN) // I42
	far.Write([]byte("hello"))
	ok(t, s.Recv(o, buf, 0))
	expect(t, p, o, 5, nil)
}

func TestSocketReuse(t *testing.T) {
	p := newPort(t)
	l, addr := server(t)
	ls := listening(t, p)
	s, o := newTestSocket(t, p, unix.SOCK_STREAM), &op{}
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
		ok(t, s.Recv(o, buf, unix.MSG_WAITALL))
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
	s, o := newTestSocket(t, p, unix.SOCK_STREAM), &op{}
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
	s, o := newTestSocket(t, p, unix.SOCK_STREAM), &op{name: "disconnect"}
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

func TestSocketClosedWhileItDisconnects(t *testing.T) {
	p := newPort(t)
	s, _ := socketPair(t, p)
	o, recvs := &op{name: "disconnect"}, make([]op, 5)
	for i := range recvs {
		ok(t, s.Recv(&recvs[i], make([]byte, 1), 0))
	}
	ok(t, s.Disconnect(o, true))
	ok(t, s.Close())
	gather(t, p, 6)
}
