// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/sys"
)

func TestAdoptedListener(t *testing.T) {
	p := newPort(t)
	for _, nonblocking := range []bool{false, true} {
		fd, err := unix.Socket(sys.AFInet, sys.SockStream|unix.SOCK_CLOEXEC, 0)
		ok(t, err)
		l, err := AdoptSocket(fd)
		ok(t, err)
		associate(t, p, l, nil)
		ok(t, unix.SetNonblock(fd, nonblocking))
		bound(t, fd) // behind the Socket's back
		ok(t, unix.Listen(fd, 10))
		if st := l.State(); st != (SocketState{Bound: true, Listening: true}) {
			t.Errorf("the adopted socket is %+v", st)
		}
		s, o, ready := newTestSocket(t, p, sys.SockStream), &op{name: "accept"}, &op{name: "readable"}
		ok(t, l.Readable(ready))
		flushed(t, p)
		call(t, l)
		expect(t, p, ready, 0, nil)
		ok(t, l.Accept(o, s, nil))
		expect(t, p, o, 0, nil)
		ok(t, l.Accept(o, newTestSocket(t, p, sys.SockStream), nil))
		flushed(t, p)
		call(t, l)
		expect(t, p, o, 0, nil)
	}
}
