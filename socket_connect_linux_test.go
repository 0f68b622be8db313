// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

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

// fullListener is the address of a listener that takes no more connections: the kernel drops
// what comes when the backlog is full.
func fullListener(t testing.TB) netip.AddrPort {
	t.Helper()
	fd, err := unix.Socket(sys.AFInet, sys.SockStream|unix.SOCK_CLOEXEC, 0)
	ok(t, err)
	t.Cleanup(func() { unix.Close(fd) })
	addr := bound(t, fd)
	ok(t, unix.Listen(fd, 0))
	c, err := net.Dial("tcp", addr.String())
	ok(t, err)
	t.Cleanup(func() { c.Close() })
	return addr
}

func TestSocketWhileConnecting(t *testing.T) {
	p := newPort(t)
	s, o, other := newTestSocket(t, p, sys.SockStream), &op{}, &op{}
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
