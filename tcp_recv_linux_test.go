// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"io"
	"net"
	"syscall"
	"testing"
)

// TestNonBlockingDescriptor: what somebody does to the file status flags must not matter (I22).
func TestNonBlockingDescriptor(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	rc, err := c.SyscallConn()
	ok(t, err)
	ok(t, rc.Control(func(fd uintptr) { err = syscall.SetNonblock(int(fd), true) }))
	ok(t, err)
	a, b, buf := &op{name: "recv"}, &op{name: "recvv"}, make([]byte, 10)
	ok(t, c.Recv(a, buf[:5]))
	ok(t, c.Recvv(b, [][]byte{buf[5:7], buf[7:]}))
	p.Flush()
	far.Write([]byte("abcde"))
	expect(t, p, a, 5, nil)
	far.Write([]byte("fghij"))
	expect(t, p, b, 5, nil)
	same(t, buf, []byte("abcdefghij"))
	content := pattern(8 << 20)
	s := &op{name: "send"}
	ok(t, c.Send(s, content))
	got := make([]byte, len(content))
	if _, err := io.ReadFull(far, got); err != nil {
		t.Fatal(err)
	}
	expect(t, p, s, int64(len(content)), nil)
	same(t, got, content)
	ok(t, c.Recv(a, buf))
	ok(t, a.Cancel())
	expect(t, p, a, 0, ErrCanceled)
	ok(t, c.Recv(a, buf))
	ok(t, c.Close())
	expect(t, p, a, 0, net.ErrClosed)
}
