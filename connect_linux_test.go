// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/sys"
)

// unanswered starts a connect that hangs: the listener's backlog is full, and Linux drops
// further requests. timeout is the operation's own.
func unanswered(t *testing.T, p *Port, timeout time.Duration) (*TCPConn, *op) {
	t.Helper()
	fd, err := unix.Socket(sys.AFInet, sys.SockStream|unix.SOCK_CLOEXEC, 0)
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
	ok(t, c.SetKeepAlive(net.KeepAliveConfig{Enable: true, Idle: -1, Interval: time.Second, Count: -1}))
	if idle, interval := get(unix.IPPROTO_TCP, unix.TCP_KEEPIDLE), get(unix.IPPROTO_TCP, unix.TCP_KEEPINTVL); idle != 2 || interval != 1 {
		t.Errorf("with a negative idle time keep-alive is %d s, %d s; want 2 s, left as it is, and 1 s", idle, interval)
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

// bound binds fd to an address of the system's choice and returns that.
func bound(t testing.TB, fd int) netip.AddrPort {
	t.Helper()
	ok(t, errorOf(sys.Host.Bind(int32(fd), loopback)))
	addr, errno := sys.Host.LocalAddr(int32(fd))
	ok(t, errorOf(errno))
	return addr
}
