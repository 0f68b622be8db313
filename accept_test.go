// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

func newListener(t testing.TB, p *Port) *TCPListener {
	t.Helper()
	l, err := ListenTCP("tcp", "127.0.0.1:0")
	ok(t, err)
	return associate(t, p, l, "listener")
}

func dial(t testing.TB, l *TCPListener) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	ok(t, err)
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c.(*net.TCPConn)
}

// target is a connection to accept into that is closed with the test.
func target(t testing.TB) *TCPConn {
	c := NewTCPConn()
	t.Cleanup(func() { c.Close() })
	return c
}

func TestAcceptConnects(t *testing.T) {
	p := newPort(t)
	l, c := newListener(t, p), target(t)
	o := &op{name: "accept"}
	ok(t, l.Accept(o, c))
	if p.Len() != 0 {
		t.Fatal("an accept is over before anybody came")
	}
	far := dial(t, l)
	k := expect(t, p, o, 0, nil) // I27
	if k.Key != "listener" || c.Key() != nil {
		t.Errorf("the packet has the key %v, and the connection %v", k.Key, c.Key()) // I32
	}
	if c.RemoteAddr().String() != far.LocalAddr().String() || c.LocalAddr().String() != far.RemoteAddr().String() {
		t.Errorf("the connection is from %v to %v", c.LocalAddr(), c.RemoteAddr())
	}
	refuses(t, c.Recv(o, make([]byte, 1)), ErrNotAssociated)
	ok(t, p.Associate(c, "conn"))
	far.Write([]byte("x"))
	ok(t, c.Recv(o, make([]byte, 5)))
	if k := expect(t, p, o, 1, nil); k.Key != "conn" {
		t.Errorf("the key is %v", k.Key)
	}
	refuses(t, l.Accept(o, c), syscall.EINVAL)
	quiet(t, p)
}

func TestAcceptIntoAnAssociatedConnection(t *testing.T) {
	p, q := newPort(t), newPort(t)
	l := newListener(t, p)
	c := associate(t, q, NewTCPConn(), "mine")
	o := &op{}
	ok(t, l.Accept(o, c))
	far := dial(t, l)
	expect(t, p, o, 0, nil)
	ok(t, c.Send(o, []byte("x")))
	if k := expect(t, q, o, 1, nil); k.Key != "mine" {
		t.Errorf("the key is %v", k.Key)
	}
	far.Read(make([]byte, 1))
}

func TestManyAcceptsInFlight(t *testing.T) {
	p := newPort(t)
	l := newListener(t, p)
	const n = 50
	ops, conns := make([]op, n), make([]*TCPConn, n)
	for i := range ops {
		conns[i] = target(t)
		ok(t, l.Accept(&ops[i], conns[i]))
	}
	peers := map[string]bool{}
	for range n {
		peers[dial(t, l).LocalAddr().String()] = true
	}
	for range n {
		compare(t, get(t, p), 0, nil)
	}
	for _, c := range conns {
		delete(peers, c.RemoteAddr().String())
	}
	if len(peers) != 0 {
		t.Errorf("%d connections were accepted by nobody", len(peers))
	}
}

func TestAcceptTakesAConnectionThatWaits(t *testing.T) {
	p := newPort(t)
	l, o := newListener(t, p), &op{}
	dial(t, l)
	ok(t, l.Accept(o, target(t)))
	expect(t, p, o, 0, nil) // I34
}

func TestAcceptRefusesATargetInUse(t *testing.T) {
	p := newPort(t)
	l, c := newListener(t, p), target(t)
	a, b := &op{name: "a"}, &op{name: "b"}
	ok(t, l.Accept(a, c))
	refuses(t, l.Accept(b, c), syscall.EINVAL) // I33
	refuses(t, l.AcceptData(b, c, make([]byte, 1)), syscall.EINVAL)
	refuses(t, l.AcceptData(b, target(t), nil), ErrInvalidParameter)
	refuses(t, l.Accept(b, nil), ErrInvalidHandle)
	ok(t, p.Associate(c, nil))
	refuses(t, c.Connect(b, l.Addr().(*net.TCPAddr).AddrPort(), nil), syscall.EALREADY)
	ok(t, a.Cancel())
	expect(t, p, a, 0, ErrCanceled)
	ok(t, l.Accept(b, c)) // free again
	dial(t, l)
	expect(t, p, b, 0, nil)
	closed := NewTCPConn()
	closed.Close()
	fails(t, p, l.Accept(a, closed), net.ErrClosed)
}

func TestAcceptData(t *testing.T) {
	p := newPort(t)
	l, c := newListener(t, p), target(t)
	o, buf := &op{name: "accept"}, make([]byte, 10)
	ok(t, l.AcceptData(o, c, buf))
	far := dial(t, l)
	if _, err := p.Get(20 * time.Millisecond); err != ErrTimeout {
		t.Fatalf("an accept that waits for data is over without: %v", err)
	}
	far.Write([]byte("hello"))
	expect(t, p, o, 5, nil) // I28
	same(t, buf[:5], []byte("hello"))
	if c.RemoteAddr().String() != far.LocalAddr().String() {
		t.Errorf("the peer is %v", c.RemoteAddr())
	}
}

// What the listener's engine knows of the descriptor must end with it: the number comes again.
func TestAcceptDataIntoAConnectionWithoutAPort(t *testing.T) {
	p := newPort(t)
	l, c, o := newListener(t, p), target(t), &op{name: "accept"}
	ok(t, l.AcceptData(o, c, make([]byte, 10)))
	dial(t, l).Write([]byte("hello"))
	expect(t, p, o, 5, nil)
	fd := c.o.fd
	ok(t, c.Close())
	for range 100 {
		near, far := netPair(t)
		c, err := AdoptTCPConn(near)
		ok(t, err)
		if c.o.fd != fd {
			defer c.Close()
			continue
		}
		associate(t, p, c, "conn")
		ok(t, c.Recv(o, make([]byte, 10)))
		if _, err := p.Get(0); err != ErrTimeout {
			t.Fatalf("a receive is over before anything came: %v", err)
		}
		far.Write([]byte("x"))
		expect(t, p, o, 1, nil)
		return
	}
	t.Skipf("descriptor %d did not come again", fd)
}

func TestAcceptDataFromAPeerThatCloses(t *testing.T) {
	p := newPort(t)
	l, c := newListener(t, p), target(t)
	o := &op{}
	ok(t, l.AcceptData(o, c, make([]byte, 10)))
	dial(t, l).Close()
	expect(t, p, o, 0, nil) // I29
	if c.RemoteAddr() == nil && c.LocalAddr() == nil {
		t.Error("the connection has no socket")
	}
}

func TestAcceptDataFromAPeerThatResets(t *testing.T) {
	p := newPort(t)
	l, c := newListener(t, p), target(t)
	o := &op{}
	ok(t, l.AcceptData(o, c, make([]byte, 10)))
	far := dial(t, l)
	p.Get(10 * time.Millisecond) // most likely accepted by now, and it does not matter
	reset(t, far)
	expect(t, p, o, 0, syscall.ECONNRESET)
	ok(t, l.Accept(o, c)) // the target can be used again
	dial(t, l)
	expect(t, p, o, 0, nil)
}

func TestAcceptDataCancelledWithAConnection(t *testing.T) {
	p := newPort(t)
	l, c := newListener(t, p), target(t)
	o := &op{}
	files := openFiles()
	ok(t, l.AcceptData(o, c, make([]byte, 10)))
	far := dial(t, l)
	p.Get(10 * time.Millisecond)
	ok(t, o.Cancel())
	expect(t, p, o, 0, ErrCanceled)
	if _, err := far.Read(make([]byte, 1)); err == nil {
		t.Error("the peer of a cancelled accept is still connected")
	}
	far.Close()
	eventually(t, "the accepted socket to be closed", func() bool { return openFiles() <= files+1 }) // and the ring
}

func TestListenerClosedWithAccepts(t *testing.T) {
	p := newPort(t)
	l := newListener(t, p)
	conns := []*TCPConn{target(t), target(t), target(t)}
	ops := make([]op, 3)
	ok(t, l.Accept(&ops[0], conns[0]))
	ok(t, l.AcceptData(&ops[1], conns[1], make([]byte, 1)))
	ok(t, l.Accept(&ops[2], conns[2]))
	ok(t, l.Close())
	for _, c := range gather(t, p, 3) {
		compare(t, c, 0, net.ErrClosed) // I25
		compare(t, c, 0, os.ErrClosed)
		if c.Key != "listener" {
			t.Errorf("the key is %v", c.Key)
		}
	}
	other := newListener(t, p)
	for i, c := range conns { // they can be used again
		ok(t, other.Accept(&ops[i], c))
		dial(t, other)
		expect(t, p, &ops[i], 0, nil)
	}
	refuses(t, l.Accept(&ops[0], target(t)), net.ErrClosed)
}

func TestTargetClosedUnderAccept(t *testing.T) {
	p := newPort(t)
	l := newListener(t, p)
	for _, associated := range []bool{false, true} {
		for _, data := range []bool{false, true} {
			c, o := target(t), &op{name: "accept"}
			if associated {
				ok(t, p.Associate(c, nil))
			}
			if data {
				ok(t, l.AcceptData(o, c, make([]byte, 1)))
			} else {
				ok(t, l.Accept(o, c))
			}
			ok(t, c.Close())
			if k := expect(t, p, o, 0, net.ErrClosed); k.Key != "listener" { // I26
				t.Errorf("the key is %v", k.Key)
			}
			after := &op{name: "after"}
			ok(t, l.Accept(after, target(t)))
			dial(t, l)
			expect(t, p, after, 0, nil)
		}
	}
}

// TestTargetClosedWhileAcceptStarts: wherever the two meet, the accept ends.
func TestTargetClosedWhileAcceptStarts(t *testing.T) {
	p := newPort(t)
	l, o := newListener(t, p), &op{name: "accept"}
	for range 2000 {
		c := NewTCPConn()
		var wg sync.WaitGroup
		wg.Go(func() { c.Close() })
		err := l.Accept(o, c)
		wg.Wait()
		if err == nil {
			expect(t, p, o, 0, net.ErrClosed)
		} else {
			fails(t, p, err, net.ErrClosed)
		}
	}
}

// TestTargetClosedBeforeThePacketIsTaken: the connection is there and then nowhere to go.
func TestTargetClosedBeforeThePacketIsTaken(t *testing.T) {
	p := newPort(t)
	l, c, o := newListener(t, p), target(t), &op{}
	ok(t, l.Accept(o, c))
	far := dial(t, l)
	eventually(t, "the accept", func() bool { return p.Len() == 1 })
	ok(t, c.Close())
	expect(t, p, o, 0, net.ErrClosed)
	if _, err := far.Read(make([]byte, 1)); err == nil {
		t.Error("the peer is still connected")
	}
}

func TestAcceptPassesOverAResetConnection(t *testing.T) {
	p := newPort(t)
	l, c, o := newListener(t, p), target(t), &op{}
	reset(t, dial(t, l)) // before anybody accepts (I30)
	far := dial(t, l)
	ok(t, l.Accept(o, c))
	expect(t, p, o, 0, nil)
	if c.RemoteAddr() == nil {
		// Linux hands reset connections out: accept(2). The next is the good one.
		ok(t, c.Close())
		c = target(t)
		ok(t, l.Accept(o, c))
		expect(t, p, o, 0, nil)
	}
	if c.RemoteAddr().String() != far.LocalAddr().String() {
		t.Errorf("%v was accepted", c.RemoteAddr())
	}
}

func TestListenErrors(t *testing.T) {
	p := newPort(t)
	l := newListener(t, p)
	var opError *net.OpError
	for _, address := range []string{l.Addr().String(), "127.0.0.1:99999", "no address", "192.0.2.1:0"} {
		if _, err := ListenTCP("tcp", address); !errors.As(err, &opError) || opError.Op != "listen" {
			t.Errorf("listening on %q: %#v", address, err)
		}
	}
	if _, err := ListenTCP("udp", "127.0.0.1:0"); err == nil {
		t.Error("a TCP listener for udp")
	}
	_, err := ListenTCP("tcp", l.Addr().String())
	refuses(t, err, syscall.EADDRINUSE)
}

func TestListenNetworks(t *testing.T) {
	p := newPort(t)
	for _, c := range []struct{ network, address, dial string }{
		{"tcp", ":0", "127.0.0.1"}, {"tcp", ":0", "::1"}, {"tcp4", ":0", "127.0.0.1"}, {"tcp6", ":0", "::1"},
		{"tcp", "localhost:0", "localhost"}, {"tcp", "[::1]:0", "::1"},
	} {
		l, err := ListenTCP(c.network, c.address)
		if errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL) {
			t.Logf("%s %s: no IPv6 here: %v", c.network, c.address, err)
			continue
		}
		ok(t, err)
		associate(t, p, l, nil)
		o, conn := &op{}, target(t)
		ok(t, l.Accept(o, conn))
		_, port, _ := net.SplitHostPort(l.Addr().String())
		far, err := net.Dial("tcp", net.JoinHostPort(c.dial, port))
		ok(t, err)
		expect(t, p, o, 0, nil)
		far.Close()
	}
}

func TestAdoptListener(t *testing.T) {
	p := newPort(t)
	std, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	address := std.Addr().String()
	l, err := AdoptTCPListener(std)
	ok(t, err)
	associate(t, p, l, nil)
	if std.Close() == nil {
		t.Error("the listener that was taken over is still open")
	}
	if l.Addr().String() != address {
		t.Errorf("the address is %v", l.Addr())
	}
	o := &op{}
	ok(t, l.Accept(o, target(t)))
	dial(t, l)
	expect(t, p, o, 0, nil)

	unix, err := net.Listen("unix", t.TempDir()+"/socket")
	ok(t, err)
	defer unix.Close()
	_, err = AdoptTCPListener(unix)
	refuses(t, err, ErrInvalidParameter)
	_, err = AdoptTCPListener(nil)
	refuses(t, err, ErrInvalidParameter)
	_, err = AdoptTCPListener(std)
	refuses(t, err, net.ErrClosed)
}

func TestListenerDuplicate(t *testing.T) {
	p := newPort(t)
	l := newListener(t, p)
	d, err := l.Duplicate()
	ok(t, err)
	defer d.Close()
	o := &op{}
	ok(t, l.Accept(o, target(t)))
	ok(t, l.Close()) // nothing happens (J11)
	dial(t, d)
	if k := expect(t, p, o, 0, nil); k.Key != "listener" {
		t.Errorf("the key is %v", k.Key)
	}
	if l.Addr() != nil {
		t.Error("a closed handle has an address")
	}
}
