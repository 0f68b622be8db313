// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
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

func TestLingerZeroResets(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	ok(t, c.SetLinger(5))
	ok(t, c.SetLinger(-1))
	ok(t, c.SetLinger(0))
	ok(t, c.Close())
	var errno syscall.Errno
	if _, err := far.Read(make([]byte, 1)); !errors.As(err, &errno) || !isError(errorOf(errno), syscall.ECONNRESET) {
		t.Errorf("the peer got %v; want a reset", err)
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
