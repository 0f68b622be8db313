// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package iocp

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/sys"
)

// hearer is a listener of package net whose accepted connections come through the channel.
func hearer(t *testing.T, address string) (netip.AddrPort, <-chan *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Skipf("no such address here: %v", err)
	}
	ok(t, err)
	conns, done := make(chan *net.TCPConn, 100), make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.SetDeadline(time.Now().Add(patience))
			conns <- c.(*net.TCPConn)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
		for len(conns) > 0 {
			(<-conns).Close()
		}
	})
	return l.Addr().(*net.TCPAddr).AddrPort(), conns
}

func TestConnect(t *testing.T) {
	p := newPort(t)
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			addr, conns := hearer(t, address)
			c := associate(t, p, NewTCPConn(), "conn")
			o := &op{name: "connect"}
			ok(t, c.Connect(o, addr, nil))
			if k := expect(t, p, o, 0, nil); k.Key != "conn" { // I36
				t.Errorf("the key is %v", k.Key)
			}
			far := await(t, "the connection", conns)
			defer far.Close()
			if c.LocalAddr().String() != far.RemoteAddr().String() || c.RemoteAddr().String() != far.LocalAddr().String() {
				t.Errorf("connected from %v to %v", c.LocalAddr(), c.RemoteAddr())
			}
			fails(t, p, c.Connect(o, addr, nil), syscall.EISCONN) // I38
			ok(t, c.Send(o, []byte("x")))
			expect(t, p, o, 1, nil)
		})
	}
}

func TestConnectSendsData(t *testing.T) {
	p := newPort(t)
	addr, conns := hearer(t, "127.0.0.1:0")
	for _, n := range []int{1, 8 << 20} {
		c := associate(t, p, NewTCPConn(), nil)
		o, after := &op{name: "connect"}, &op{name: "after"}
		content := pattern(n)
		ok(t, c.Connect(o, addr, content))
		far := await(t, "the connection", conns)
		got := receive(far, n+5)
		expect(t, p, o, int64(n), nil)
		ok(t, c.Send(after, []byte("after")))
		expect(t, p, after, 5, nil)
		same(t, await(t, "the content", got), append(content, "after"...))
		far.Close()
	}
}

// TestSendBehindConnectData: what is started while the first data goes out stands in line.
func TestSendBehindConnectData(t *testing.T) {
	p := newPort(t)
	addr, conns := hearer(t, "127.0.0.1:0")
	c := associate(t, p, NewTCPConn(), nil)
	o, after := &op{name: "connect"}, &op{name: "after"}
	content := pattern(16 << 20)
	ok(t, c.Connect(o, addr, content))
	far := await(t, "the connection", conns)
	defer far.Close()
	eventually(t, "the connection to carry transfers", func() bool {
		p.c.q.Lock()
		defer p.c.q.Unlock()
		return c.o.state == connConnected
	})
	ok(t, c.Send(after, []byte("after")))
	got := receive(far, len(content)+5)
	expect(t, p, o, int64(len(content)), nil)
	expect(t, p, after, 5, nil)
	same(t, await(t, "the content", got), append(content, "after"...))
}

// refusing is an address at which nobody listens, kept from being used by somebody else.
func refusing(t *testing.T) netip.AddrPort {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	ok(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	return bound(t, fd)
}

// bound binds fd to an address of the system's choice and returns that.
func bound(t testing.TB, fd int) netip.AddrPort {
	t.Helper()
	ok(t, errorOf(sys.Host.Bind(int32(fd), loopback)))
	addr, errno := sys.Host.LocalAddr(int32(fd))
	ok(t, errorOf(errno))
	return addr
}

func TestRefusedConnectCanBeTriedAgain(t *testing.T) {
	p := newPort(t)
	nobody := refusing(t)
	addr, conns := hearer(t, "127.0.0.1:0")
	c := associate(t, p, NewTCPConn(), nil)
	o := &op{name: "connect"}
	for _, data := range [][]byte{nil, []byte("data")} {
		ok(t, c.Connect(o, nobody, data))
		k := expect(t, p, o, 0, syscall.ECONNREFUSED) // I37
		var opError *net.OpError
		if !errors.As(k.Err, &opError) || opError.Op != "dial" {
			t.Errorf("the error is %#v", k.Err)
		}
		fails(t, p, c.Send(o, []byte("x")), syscall.ENOTCONN)
		if c.RemoteAddr() != nil {
			t.Errorf("after a refusal the peer is %v", c.RemoteAddr())
		}
	}
	ok(t, c.Connect(o, addr, nil))
	expect(t, p, o, 0, nil)
	await(t, "the connection", conns).Close()
}

func TestConnectErrorsAtTheStart(t *testing.T) {
	p := newPort(t)
	addr, _ := hearer(t, "127.0.0.1:0")
	c := associate(t, p, NewTCPConn(), nil)
	o := &op{}
	fails(t, p, c.Connect(o, netip.AddrPort{}, nil), ErrInvalidParameter)
	fails(t, p, c.Connect(nil, addr, nil), ErrInvalidParameter)
	loose := NewTCPConn()
	defer loose.Close()
	refuses(t, loose.Connect(o, addr, nil), ErrNotAssociated)
	ok(t, c.Close())
	files := openFiles()
	fails(t, p, c.Connect(o, addr, nil), net.ErrClosed)
	if n := openFiles(); n != files {
		t.Errorf("a refused connect keeps %d descriptors", n-files)
	}
}

// unanswered starts a connect that hangs: the listener's backlog is full, and Linux drops
// further requests. timeout is the operation's own.
func unanswered(t *testing.T, p *Port, timeout time.Duration) (*TCPConn, *op) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	ok(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	addr := bound(t, fd)
	ok(t, unix.Listen(fd, 0))
	for range 10 {
		c, o := associate(t, p, NewTCPConn(), nil), &op{name: "connect"}
		o.SetTimeout(timeout)
		ok(t, c.Connect(o, addr, []byte("data")))
		if _, err := p.Get(50 * time.Millisecond); err == ErrTimeout {
			return c, o
		}
	}
	t.Skip("this kernel accepts connections without limit")
	return nil, nil
}

func TestConnectCanBeCancelled(t *testing.T) {
	p := newPort(t)
	c, o := unanswered(t, p, 0)
	second := &op{name: "second"}
	refuses(t, c.Connect(second, netip.MustParseAddrPort("127.0.0.1:1"), nil), syscall.EALREADY)
	ok(t, o.Cancel())
	expect(t, p, o, 0, ErrCanceled)
	addr, conns := hearer(t, "127.0.0.1:0")
	ok(t, c.Connect(o, addr, nil))
	expect(t, p, o, 0, nil)
	await(t, "the connection", conns).Close()
}

func TestConnectCanBeClosed(t *testing.T) {
	p := newPort(t)
	c, o := unanswered(t, p, 0)
	files := openFiles()
	ok(t, c.Close())
	expect(t, p, o, 0, net.ErrClosed)
	eventually(t, "the socket to be closed", func() bool { return openFiles() < files })
}

func TestConnectCanTimeOut(t *testing.T) {
	p := newPort(t)
	c, o := unanswered(t, p, 200*time.Millisecond)
	expect(t, p, o, 0, os.ErrDeadlineExceeded)
	ok(t, c.Connect(o, refusing(t), nil))
	expect(t, p, o, 0, syscall.ECONNREFUSED)
}

func TestConnectToAZone(t *testing.T) {
	p := newPort(t)
	c := associate(t, p, NewTCPConn(), nil)
	o := &op{}
	for _, zone := range []string{"", "lo", "1", "no such interface"} {
		addr := netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone(zone), 1)
		if err := c.Connect(o, addr, nil); err != nil {
			refuses(t, err, syscall.EAFNOSUPPORT)
			t.Skipf("no IPv6 here: %v", err)
		}
		o.Cancel()
		if k := get(t, p); k.Err == nil {
			t.Errorf("connected to %v", addr)
		}
	}
}

func TestConnectedOptions(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	get := func(level, name int) (n int) {
		rc, err := c.SyscallConn()
		ok(t, err)
		ok(t, rc.Control(func(fd uintptr) { n, err = unix.GetsockoptInt(int(fd), level, name) }))
		ok(t, err)
		return n
	}
	noDelay := func() bool { return get(unix.IPPROTO_TCP, unix.TCP_NODELAY) != 0 }
	if !noDelay() {
		t.Error("TCP_NODELAY is not set at first")
	}
	ok(t, c.SetNoDelay(false))
	if noDelay() {
		t.Error("TCP_NODELAY is still set")
	}
	ok(t, c.SetReadBuffer(20000))
	ok(t, c.SetWriteBuffer(30000))
	if r, w := get(unix.SOL_SOCKET, unix.SO_RCVBUF), get(unix.SOL_SOCKET, unix.SO_SNDBUF); r != 40000 || w != 60000 { // socket(7): doubled
		t.Errorf("the buffers have %d and %d bytes", r, w)
	}
	ok(t, c.SetKeepAlive(net.KeepAliveConfig{Enable: true, Idle: 1500 * time.Millisecond, Count: -1}))
	if on, idle, interval := get(unix.SOL_SOCKET, unix.SO_KEEPALIVE), get(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE), get(unix.IPPROTO_TCP, unix.TCP_KEEPINTVL); on == 0 || idle != 2 || interval != 15 {
		t.Errorf("keep-alive is %d, %d s, %d s", on, idle, interval)
	}
	ok(t, c.SetKeepAlive(net.KeepAliveConfig{}))
	if get(unix.SOL_SOCKET, unix.SO_KEEPALIVE) != 0 {
		t.Error("keep-alive is still on")
	}
	refuses(t, c.SetKeepAlive(net.KeepAliveConfig{Enable: true, Idle: time.Hour * 1e5}), syscall.EINVAL)
	ok(t, c.Close())
	for _, err := range []error{c.SetNoDelay(true), c.SetLinger(1), c.SetReadBuffer(1), c.SetKeepAlive(net.KeepAliveConfig{})} {
		refuses(t, err, net.ErrClosed)
	}
	_, err := c.SyscallConn()
	refuses(t, err, net.ErrClosed)
}

func TestLingerZeroResets(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	ok(t, c.SetLinger(5))
	ok(t, c.SetLinger(-1))
	ok(t, c.SetLinger(0))
	ok(t, c.Close())
	if _, err := far.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the peer got %v; want a reset", err)
	}
}

func TestAcceptedAndConnectedSocketsDoNotDelay(t *testing.T) {
	p := newPort(t)
	l, a := newListener(t, p), target(t)
	b := associate(t, p, NewTCPConn(), nil)
	ok(t, l.Accept(&op{}, a))
	ok(t, b.Connect(&op{}, l.Addr().(*net.TCPAddr).AddrPort(), nil))
	gather(t, p, 2)
	for _, c := range []*TCPConn{a, b} {
		rc, err := c.SyscallConn()
		ok(t, err)
		var on, closeOnExec int
		ok(t, rc.Read(func(fd uintptr) bool {
			on, _ = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY)
			return false
		}))
		ok(t, rc.Write(func(fd uintptr) bool {
			closeOnExec, _ = unix.FcntlInt(fd, unix.F_GETFD, 0)
			return false
		}))
		if on == 0 || closeOnExec&unix.FD_CLOEXEC == 0 {
			t.Errorf("TCP_NODELAY is %d and the descriptor flags %d", on, closeOnExec)
		}
	}
}

func TestAdoptConnErrors(t *testing.T) {
	checkLeaks(t)
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	_, err := AdoptTCPConn(near)
	refuses(t, err, ErrInvalidParameter)
	if !strings.Contains(err.Error(), "descriptor") {
		t.Errorf("the error does not say why: %v", err)
	}
	_, err = AdoptTCPConn(nil)
	refuses(t, err, ErrInvalidParameter)
	udp, err := net.Dial("udp", "127.0.0.1:1")
	ok(t, err)
	defer udp.Close()
	_, err = AdoptTCPConn(udp)
	refuses(t, err, ErrInvalidParameter)
	a, _ := netPair(t)
	ok(t, a.Close())
	_, err = AdoptTCPConn(a)
	refuses(t, err, net.ErrClosed)
}
