// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"net"
	"syscall"
	"testing"
	"time"
)

func getsockopt(t testing.TB, c *Conn, level, option int) (value int) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var getErr error
	err = raw.Control(func(fd uintptr) { value, getErr = syscall.GetsockoptInt(int(fd), level, option) })
	if err != nil || getErr != nil {
		t.Fatalf("getsockopt: %v, %v", err, getErr)
	}
	return value
}

func wantOption(t testing.TB, c *Conn, name string, level, option, want int) {
	t.Helper()
	if got := getsockopt(t, c, level, option); got != want {
		t.Errorf("%s = %d, want %d", name, got, want)
	}
}

func TestConnectionsStartLikeThoseOfPackageNet(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	for _, c := range []*Conn{a, b} {
		wantOption(t, c, "TCP_NODELAY", syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)
		wantOption(t, c, "SO_KEEPALIVE", syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
		wantOption(t, c, "TCP_KEEPIDLE", syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, 15)
		wantOption(t, c, "TCP_KEEPINTVL", syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, 15)
		wantOption(t, c, "TCP_KEEPCNT", syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, 9)
	}
}

func TestSocketOptions(t *testing.T) {
	c, _ := pair(t, newNetwork(t))
	set := func(name string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	set("SetNoDelay", c.SetNoDelay(false))
	wantOption(t, c, "TCP_NODELAY", syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 0)
	set("SetKeepAlivePeriod", c.SetKeepAlivePeriod(41*time.Second))
	wantOption(t, c, "TCP_KEEPIDLE", syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, 41)
	set("SetKeepAlivePeriod", c.SetKeepAlivePeriod(-1))
	wantOption(t, c, "TCP_KEEPIDLE", syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, 41)
	set("SetKeepAlive", c.SetKeepAlive(false))
	wantOption(t, c, "SO_KEEPALIVE", syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 0)
	set("SetKeepAliveConfig", c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: -1, Count: 3}))
	wantOption(t, c, "SO_KEEPALIVE", syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1)
	wantOption(t, c, "TCP_KEEPIDLE", syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, 41)
	wantOption(t, c, "TCP_KEEPINTVL", syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, 15)
	wantOption(t, c, "TCP_KEEPCNT", syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, 3)
	set("SetKeepAlivePeriod", c.SetKeepAlivePeriod(0))
	wantOption(t, c, "TCP_KEEPIDLE", syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, 15)
	before := getsockopt(t, c, syscall.SOL_SOCKET, syscall.SO_RCVBUF)
	set("SetReadBuffer", c.SetReadBuffer(before/4))
	wantOption(t, c, "SO_RCVBUF", syscall.SOL_SOCKET, syscall.SO_RCVBUF, before/4*2) // doubled: socket(7)
	set("SetWriteBuffer", c.SetWriteBuffer(20_000))
	wantOption(t, c, "SO_SNDBUF", syscall.SOL_SOCKET, syscall.SO_SNDBUF, 40_000)
}
