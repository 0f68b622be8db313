// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"net"
	"syscall"
	"testing"

	"iocp/internal/sys"
)

// listening returns a socket that listens, associated with p.
func listening(t testing.TB, p *Port) *Socket {
	t.Helper()
	s := newTestSocket(t, nil, sys.SockStream)
	ok(t, p.Associate(s, "listener"))
	ok(t, s.Bind(loopback))
	ok(t, s.Listen(100))
	return s
}

// call connects to s.
func call(t testing.TB, s *Socket) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", s.LocalAddr().String())
	ok(t, err)
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

func TestSocketAccept(t *testing.T) {
	p := newPort(t)
	l, s := listening(t, p), newTestSocket(t, nil, sys.SockStream)
	o, buf := &op{}, make([]byte, 5)
	ok(t, l.Accept(o, s, nil))
	if st := s.State(); !st.Pending {
		t.Errorf("the target is %+v", st)
	}
	far := call(t, l)
	k := expect(t, p, o, 0, nil) // I27
	if k.Key != "listener" || s.Key() != nil {
		t.Errorf("the packet has the key %v, and the connection %v", k.Key, s.Key()) // I32
	}
	if s.RemoteAddr().String() != far.LocalAddr().String() || s.LocalAddr().String() != far.RemoteAddr().String() {
		t.Errorf("the connection is from %v to %v", s.LocalAddr(), s.RemoteAddr())
	}
	if st := s.State(); st != (SocketState{Bound: true, Connected: true}) {
		t.Errorf("the accepted socket is %+v", st)
	}
	refuses(t, s.Recv(o, buf, 0), ErrNotAssociated)
	ok(t, p.Associate(s, "conn"))
	far.Write([]byte("hello"))
	ok(t, s.Recv(o, buf, 0))
	if k := expect(t, p, o, 5, nil); k.Key != "conn" {
		t.Errorf("the key is %v", k.Key)
	}
	refuses(t, l.Accept(o, s, nil), syscall.EINVAL)
	refuses(t, s.Connect(o, l.LocalAddr(), nil), syscall.EISCONN) // I38
	refuses(t, s.Listen(1), syscall.EINVAL)
}

func TestSocketAcceptWithData(t *testing.T) {
	p := newPort(t)
	l, s := listening(t, p), newTestSocket(t, p, sys.SockStream)
	o, buf := &op{}, make([]byte, 10)
	ok(t, l.Accept(o, s, buf))
	far := call(t, l)
	flushed(t, p)
	far.Write([]byte("hello"))
	expect(t, p, o, 5, nil) // I28
	same(t, buf[:5], []byte("hello"))

	s = newTestSocket(t, p, sys.SockStream)
	ok(t, l.Accept(o, s, buf))
	call(t, l).Close()
	expect(t, p, o, 0, nil) // I29
	ok(t, l.Accept(o, newTestSocket(t, p, sys.SockStream), buf))
	far = call(t, l)
	flushed(t, p)
	reset(t, far)
	expect(t, p, o, 0, syscall.ECONNRESET)
}

// The descriptor that a target took for an option keeps its number.
func TestSocketAcceptKeepsTheNumber(t *testing.T) {
	p := newPort(t)
	l, s, o := listening(t, p), newTestSocket(t, p, sys.SockStream), &op{}
	number := func() (n int) {
		ok(t, s.endpoint().control(func(_ sys.System, fd int32) error { n = int(fd); return nil }))
		return n
	}
	before, files := number(), openFiles()
	ok(t, l.Accept(o, s, nil))
	far := call(t, l)
	expect(t, p, o, 0, nil)
	if now := number(); now != before {
		t.Errorf("the descriptor was %d and is %d", before, now)
	}
	if n := openFiles(); n != files+1 {
		t.Errorf("%d descriptors are open; want %d", n, files+1)
	}
	far.Write([]byte("x"))
	ok(t, s.Recv(o, make([]byte, 2), 0))
	expect(t, p, o, 1, nil)
}

func TestSocketAcceptRefuses(t *testing.T) {
	p := newPort(t)
	l, o := listening(t, p), &op{}
	plain := func() *Socket { return newTestSocket(t, p, sys.SockStream) }
	bound := plain()
	ok(t, bound.Bind(loopback))
	datagram := newTestSocket(t, p, sys.SockDgram)
	six, err := NewSocket(sys.AFInet6, sys.SockStream, 0)
	ok(t, err)
	defer six.Close()
	for name, s := range map[string]*Socket{"bound": bound, "datagram": datagram, "six": six, "itself": l} {
		if err := l.Accept(o, s, nil); !isError(err, syscall.EINVAL) { // I33
			t.Errorf("%s: %v", name, err)
		}
	}
	fails(t, p, plain().Accept(o, plain(), nil), syscall.EINVAL)
	fails(t, p, bound.Accept(o, plain(), nil), syscall.EINVAL)
	fails(t, p, l.Accept(o, nil, nil), ErrInvalidHandle)
	fails(t, p, l.Accept(nil, plain(), nil), ErrInvalidParameter)
	busy, other := plain(), &op{}
	ok(t, l.Accept(o, busy, nil))
	refuses(t, l.Accept(other, busy, nil), syscall.EINVAL)
	refuses(t, busy.Connect(other, l.LocalAddr(), nil), syscall.EALREADY)
	refuses(t, busy.Recv(other, nil, 0), syscall.ENOTCONN)
	ok(t, o.Cancel())
	expect(t, p, o, 0, ErrCanceled)
	ok(t, l.Accept(o, busy, nil)) // free again
	call(t, l)
	expect(t, p, o, 0, nil)
}

func TestSocketsClosedUnderAccept(t *testing.T) {
	p := newPort(t)
	l, s, o := listening(t, p), newTestSocket(t, p, sys.SockStream), &op{}
	ok(t, l.Accept(o, s, nil))
	ok(t, s.Close())
	expect(t, p, o, 0, net.ErrClosed) // I26
	s = newTestSocket(t, p, sys.SockStream)
	ok(t, l.Accept(o, s, make([]byte, 1)))
	ok(t, l.Close())
	expect(t, p, o, 0, net.ErrClosed) // I25
	if st := s.State(); st != (SocketState{}) {
		t.Errorf("the target is %+v", st)
	}
}

// The target can be used as soon as the accept is over, before its packet is taken.
func TestSocketAcceptedBeforeItsPacketIsTaken(t *testing.T) {
	p, q := newPort(t), newPort(t)
	l, s, o := listening(t, p), newTestSocket(t, q, sys.SockStream), &op{}
	ok(t, l.Accept(o, s, nil))
	far := call(t, l)
	eventually(t, "the accept", func() bool { _, err := o.Result(); return err == nil })
	recv := &op{}
	ok(t, s.Recv(recv, make([]byte, 5), 0))
	far.Write([]byte("hello"))
	expect(t, q, recv, 5, nil)
	expect(t, p, o, 0, nil)
	ok(t, s.Recv(recv, make([]byte, 5), 0))
	far.Close()
	get(t, q)
}

func TestManySocketAccepts(t *testing.T) {
	p := newPort(t)
	l := listening(t, p)
	const n = 40
	ops, targets := make([]op, n), make([]*Socket, n)
	for i := range ops {
		targets[i] = newTestSocket(t, p, sys.SockStream)
		ok(t, l.Accept(&ops[i], targets[i], nil))
	}
	peers := map[string]bool{}
	for range n {
		peers[call(t, l).LocalAddr().String()] = true
	}
	gather(t, p, n)
	for _, s := range targets {
		delete(peers, s.RemoteAddr().String())
	}
	if len(peers) != 0 {
		t.Errorf("%d connections were accepted by nobody", len(peers))
	}
}
