// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"net/netip"
	"syscall"
	"testing"

	"iocp/internal/sys"
)

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

func newTestSocket(t testing.TB, p *Port, typ int) *Socket {
	t.Helper()
	s, err := NewSocket(sys.AFInet, typ, 0)
	ok(t, err)
	t.Cleanup(func() { s.Close() })
	if p != nil {
		ok(t, p.Associate(s, "socket"))
	}
	return s
}

func TestSocketTakesItsDescriptorLate(t *testing.T) {
	checkLeaks(t)
	files := openFiles()
	s := newTestSocket(t, nil, sys.SockStream)
	if openFiles() != files {
		t.Error("a stream socket takes a descriptor before it needs one")
	}
	if st := s.State(); st != (SocketState{}) || s.LocalAddr().IsValid() || s.RemoteAddr().IsValid() {
		t.Errorf("a new socket is %+v, at %v to %v", st, s.LocalAddr(), s.RemoteAddr())
	}
	number := -1
	for range 2 {
		rc, err := s.SyscallConn()
		ok(t, err)
		ok(t, rc.Control(func(fd uintptr) {
			if number >= 0 && int(fd) != number {
				t.Errorf("the descriptor was %d and is %d", number, fd)
			}
			number = int(fd)
		}))
	}
	if openFiles() != files+1 {
		t.Error("Control brings no descriptor")
	}
}

// flushed checks that nothing is over although the kernel has it all.
func flushed(t testing.TB, p *Port) {
	t.Helper()
	for range 3 {
		if c, err := p.Get(0); err != ErrTimeout {
			t.Fatalf("%v is over too early: %d, %v, %v", nameOf(c.Op), c.Bytes, c.Err, err)
		}
	}
}

func TestSocketThatIsNotConnected(t *testing.T) {
	p := newPort(t)
	s, o := newTestSocket(t, p, sys.SockStream), &op{}
	check := func() {
		t.Helper()
		fails(t, p, s.Recv(o, make([]byte, 1), 0), syscall.ENOTCONN) // I08
		fails(t, p, s.Recv(o, nil, 0), syscall.ENOTCONN)
		fails(t, p, s.Send(o, nil), syscall.ENOTCONN)
		fails(t, p, s.Sendv(o, nil), syscall.ENOTCONN)
		fails(t, p, s.Shutdown(ShutdownBoth), syscall.ENOTCONN)
		fails(t, p, s.Disconnect(o, false), syscall.ENOTCONN)
		fails(t, p, s.Disconnect(o, true), syscall.ENOTCONN)
	}
	check()
	ok(t, s.Bind(loopback))
	refuses(t, s.Bind(loopback), syscall.EINVAL)
	check()
	ok(t, s.Listen(1))
	ok(t, s.Listen(5))
	check()
	refuses(t, s.Connect(o, loopback, nil), syscall.EINVAL)
	if st := s.State(); st != (SocketState{Bound: true, Listening: true}) {
		t.Errorf("the listening socket is %+v", st)
	}
}
