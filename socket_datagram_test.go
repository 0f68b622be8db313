// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"net"
	"net/netip"
	"syscall"
	"testing"

	"iocp/internal/sys"
)

// datagrams returns a bound socket for datagrams that is associated with p.
func datagrams(t testing.TB, p *Port) *Socket {
	t.Helper()
	s := newTestSocket(t, p, sys.SockDgram)
	ok(t, s.Bind(loopback))
	return s
}

func TestDatagramsComeWithTheirSender(t *testing.T) {
	p := newPort(t)
	a, b := datagrams(t, p), datagrams(t, p)
	send, recv, buf := &op{name: "send"}, &op{name: "receive"}, make([]byte, 8)
	var from netip.AddrPort
	ok(t, b.RecvFrom(recv, [][]byte{buf[:2], buf[2:]}, 0, &from))
	ok(t, a.SendTo(send, [][]byte{[]byte("he"), nil, []byte("llo")}, b.LocalAddr()))
	all := gather(t, p, 2)
	compare(t, all[send], 5, nil)
	compare(t, all[recv], 5, nil)
	same(t, buf[:5], []byte("hello"))
	if from != a.LocalAddr() {
		t.Errorf("the sender is %v; want %v", from, a.LocalAddr())
	}
}

func TestDatagramThatIsTooLong(t *testing.T) {
	p := newPort(t)
	a, b := datagrams(t, p), datagrams(t, p)
	o, buf := &op{}, make([]byte, 4)
	var from netip.AddrPort
	for i, start := range []func() error{
		func() error { return b.Recv(o, buf, 0) },
		func() error { return b.Recvv(o, [][]byte{buf[:1], buf[1:]}, 0) },
		func() error { return b.RecvFrom(o, [][]byte{buf}, 0, &from) },
	} {
		clear(buf)
		for _, datagram := range []string{"too long", "next"} {
			ok(t, a.SendTo(o, [][]byte{[]byte(datagram)}, b.LocalAddr()))
			expect(t, p, o, int64(len(datagram)), nil)
		}
		ok(t, start())
		c := expect(t, p, o, 4, ErrTruncated) // I13
		if !isError(c.Err, syscall.EMSGSIZE) {
			t.Errorf("the error is %v", c.Err)
		}
		same(t, buf, []byte("too "))
		if i == 2 && from != a.LocalAddr() {
			t.Errorf("the sender is %v", from)
		}
		ok(t, start())
		expect(t, p, o, 4, nil) // the rest is lost
		same(t, buf, []byte("next"))
	}
}

func TestDatagramsOfNothing(t *testing.T) {
	p := newPort(t)
	a, b := datagrams(t, p), datagrams(t, p)
	o := &op{}
	send := func(s string) {
		ok(t, a.SendTo(o, [][]byte{[]byte(s)}, b.LocalAddr()))
		expect(t, p, o, int64(len(s)), nil)
	}
	send("")
	ok(t, b.Recv(o, make([]byte, 4), 0))
	expect(t, p, o, 0, nil) // I14
	send("gone")
	send("next")
	ok(t, b.Recv(o, nil, 0))
	expect(t, p, o, 0, ErrTruncated) // I12
	ok(t, b.Readable(o))
	expect(t, p, o, 0, nil) // takes nothing
	ok(t, b.Recv(o, make([]byte, 4), sys.MsgPeek))
	expect(t, p, o, 4, nil)
	ok(t, b.Recvv(o, nil, 0))
	expect(t, p, o, 0, ErrTruncated)
	send("")
	ok(t, b.Recv(o, nil, 0))
	expect(t, p, o, 0, nil)
	refuses(t, b.Recv(o, nil, sys.MsgWaitAll), syscall.EOPNOTSUPP)
}

func TestDatagramsFillReceivesInOrder(t *testing.T) {
	p := newPort(t)
	a, b := datagrams(t, p), datagrams(t, p)
	recvs, buf, o := make([]op, 3), make([]byte, 3), &op{}
	for i := range recvs {
		ok(t, b.Recv(&recvs[i], buf[i:i+1], 0))
	}
	for _, d := range []string{"a", "b", "c"} {
		ok(t, a.SendTo(o, [][]byte{[]byte(d)}, b.LocalAddr()))
		for c := get(t, p); c.Op != o; c = get(t, p) {
		}
	}
	eventually(t, "the datagrams", func() bool {
		p.Get(0)
		return !recvs[2].InFlight()
	})
	same(t, buf, []byte("abc")) // I17
}

func TestDatagramSocketThatIsNotBound(t *testing.T) {
	p := newPort(t)
	s, o := newTestSocket(t, p, sys.SockDgram), &op{}
	fails(t, p, s.Recv(o, make([]byte, 1), 0), syscall.EINVAL) // I09
	fails(t, p, s.RecvFrom(o, nil, 0, nil), syscall.EINVAL)
	fails(t, p, s.Send(o, []byte("x")), syscall.ENOTCONN)
	fails(t, p, s.Sendv(o, nil), syscall.ENOTCONN)
	fails(t, p, s.SendTo(o, nil, netip.AddrPort{}), ErrInvalidParameter)
	fails(t, p, s.SendTo(o, nil, netip.MustParseAddrPort("[::1]:1")), syscall.EAFNOSUPPORT)
	fails(t, p, s.Disconnect(o, true), syscall.EOPNOTSUPP)
	refuses(t, s.Listen(1), syscall.EOPNOTSUPP)
	b := datagrams(t, p)
	ok(t, s.SendTo(o, nil, b.LocalAddr()))
	expect(t, p, o, 0, nil)
	if !s.State().Bound || s.LocalAddr().Port() == 0 {
		t.Error("sending has not bound the socket")
	}
	recv := &op{}
	ok(t, s.Recv(recv, make([]byte, 1), 0))
	ok(t, b.SendTo(o, [][]byte{[]byte("x")}, netip.AddrPortFrom(loopback.Addr(), s.LocalAddr().Port())))
	gather(t, p, 2)
}

func TestDatagramTooLongToSend(t *testing.T) {
	p := newPort(t)
	s, o := datagrams(t, p), &op{}
	fails(t, p, s.SendTo(o, [][]byte{make([]byte, maxDatagram4+1)}, s.LocalAddr()), syscall.EMSGSIZE) // I16
	ok(t, s.SendTo(o, [][]byte{make([]byte, maxDatagram4)}, s.LocalAddr()))
	expect(t, p, o, maxDatagram4, nil)
	ok(t, s.Connect(o, s.LocalAddr(), nil))
	expect(t, p, o, 0, nil)
	fails(t, p, s.Send(o, make([]byte, maxDatagram4+1)), syscall.EMSGSIZE)
	ok(t, s.Sendv(o, nil)) // an empty one
	expect(t, p, o, 0, nil)
}

func TestConnectedDatagrams(t *testing.T) {
	p := newPort(t)
	a, b, c := datagrams(t, p), datagrams(t, p), datagrams(t, p)
	o, recv, buf := &op{}, &op{name: "receive"}, make([]byte, 9)
	ok(t, b.Connect(o, a.LocalAddr(), nil))
	expect(t, p, o, 0, nil)
	ok(t, c.SendTo(o, [][]byte{[]byte("stranger")}, b.LocalAddr()))
	expect(t, p, o, 8, nil)
	ok(t, b.Recv(recv, buf, 0))
	ok(t, a.SendTo(o, [][]byte{[]byte("friend")}, b.LocalAddr()))
	compare(t, gather(t, p, 2)[recv], 6, nil)
	ok(t, b.Send(o, []byte("hello")))
	expect(t, p, o, 5, nil)
	ok(t, a.Recv(o, buf, 0))
	expect(t, p, o, 5, nil)
	ok(t, b.Connect(o, netip.AddrPort{}, nil)) // the end of it
	expect(t, p, o, 0, nil)
	fails(t, p, b.Send(o, buf), syscall.ENOTCONN)
}

func TestConnectedDatagramsRefused(t *testing.T) {
	p := newPort(t)
	a, b, o := datagrams(t, p), datagrams(t, p), &op{}
	at := a.LocalAddr()
	ok(t, a.Close())
	ok(t, b.Connect(o, at, nil))
	expect(t, p, o, 0, nil)
	recv := &op{name: "receive"}
	ok(t, b.Recv(recv, make([]byte, 1), 0))
	ok(t, b.Send(o, []byte("x")))
	compare(t, gather(t, p, 2)[recv], 0, syscall.ECONNREFUSED) // I15
	ok(t, b.Recv(recv, make([]byte, 1), 0))                    // and it goes on
	flushed(t, p)
	ok(t, recv.Cancel())
	expect(t, p, recv, 0, ErrCanceled)
}

func TestDatagramShutdown(t *testing.T) {
	p := newPort(t)
	a, b := datagrams(t, p), datagrams(t, p)
	o, recv := &op{}, &op{name: "receive"}
	ok(t, b.Recv(recv, make([]byte, 5), 0))
	ok(t, b.Shutdown(ShutdownBoth))
	refuses(t, b.Recv(o, make([]byte, 5), 0), syscall.ESHUTDOWN)
	refuses(t, b.SendTo(o, nil, a.LocalAddr()), syscall.ESHUTDOWN)
	ok(t, a.SendTo(o, [][]byte{[]byte("hello")}, b.LocalAddr()))
	compare(t, gather(t, p, 2)[recv], 5, nil) // I20
}

func TestDatagramsOverIPv6(t *testing.T) {
	if l, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Skip("no IPv6 here: ", err)
	} else {
		l.Close()
	}
	p := newPort(t)
	s, err := NewSocket(sys.AFInet6, sys.SockDgram, 0)
	ok(t, err)
	associate(t, p, s, nil)
	ok(t, s.Bind(netip.MustParseAddrPort("[::]:0")))
	four, o, buf := datagrams(t, p), &op{}, make([]byte, 9)
	var from netip.AddrPort
	ok(t, four.SendTo(o, [][]byte{[]byte("4")}, netip.AddrPortFrom(loopback.Addr(), s.LocalAddr().Port())))
	expect(t, p, o, 1, nil)
	ok(t, s.RecvFrom(o, [][]byte{buf}, 0, &from))
	expect(t, p, o, 1, nil)
	if !from.Addr().Is4In6() || from.Port() != four.LocalAddr().Port() {
		t.Errorf("the sender is %v", from)
	}
	ok(t, s.SendTo(o, [][]byte{[]byte("back")}, four.LocalAddr()))
	expect(t, p, o, 4, nil)
	ok(t, s.SendTo(o, [][]byte{[]byte("6")}, netip.AddrPortFrom(netip.IPv6Loopback(), s.LocalAddr().Port())))
	expect(t, p, o, 1, nil)
	ok(t, s.RecvFrom(o, [][]byte{buf}, 0, &from))
	expect(t, p, o, 1, nil)
	if from.Addr() != netip.IPv6Loopback() {
		t.Errorf("the sender is %v", from)
	}
}

// What nobody takes on the other side is reported as the program wants it (I15).
func TestReportUnreachable(t *testing.T) {
	p := newPort(t)
	gone := datagrams(t, p)
	at := gone.LocalAddr()
	ok(t, gone.Close())
	for _, connected := range []bool{false, true} {
		s, send, recv := datagrams(t, p), &op{name: "send"}, &op{name: "receive"}
		if connected {
			ok(t, s.Connect(send, at, nil))
			expect(t, p, send, 0, nil)
		}
		shoot := func() {
			ok(t, s.SendTo(send, [][]byte{[]byte("x")}, at))
			expect(t, p, send, 1, nil)
		}
		if err := s.ReportUnreachable(true); !connected && isError(err, syscall.ENOPROTOOPT) {
			t.Log("skip: the system reports it on connected sockets alone")
			continue
		} else {
			ok(t, err)
		}
		for range 3 {
			shoot()
		}
		eventually(t, "a refusal", func() bool {
			if err := s.Recv(recv, make([]byte, 1), 0); err != nil {
				return isError(err, syscall.ECONNREFUSED)
			}
			return isError(get(t, p).Err, syscall.ECONNREFUSED)
		})
		for range 2 { // perhaps one for each of the others
			if s.Recv(recv, make([]byte, 1), 0) == nil {
				recv.Cancel()
				get(t, p)
			}
		}
		ok(t, s.ReportUnreachable(false))
		ok(t, s.Recv(recv, make([]byte, 1), 0))
		shoot()
		shoot()
		ok(t, recv.Cancel())
		expect(t, p, recv, 0, ErrCanceled)
	}
	refuses(t, newTestSocket(t, p, sys.SockStream).ReportUnreachable(true), syscall.EOPNOTSUPP)
}

func TestDatagramsNow(t *testing.T) {
	p := newPort(t)
	a, b := datagrams(t, p), newTestSocket(t, nil, sys.SockDgram)
	buf := make([]byte, 4)
	var from netip.AddrPort
	now := func(want int, wrong error) {
		t.Helper()
		if n, err := b.RecvNow([][]byte{buf[:1], buf[1:]}, 0, &from); n != want || !isError(err, wrong) {
			t.Errorf("RecvNow: %d, %v; want %d, %v", n, err, want, wrong)
		}
	}
	now(0, syscall.EINVAL)
	ok(t, b.Bind(loopback))
	now(0, syscall.EAGAIN)
	for _, d := range []string{"four", "longer", ""} {
		if n, err := a.SendNow([][]byte{[]byte(d)}, b.LocalAddr()); n != len(d) || err != nil {
			t.Errorf("SendNow: %d, %v", n, err)
		}
	}
	now(4, nil)
	if from != a.LocalAddr() {
		t.Errorf("the sender is %v", from)
	}
	now(4, ErrTruncated)
	now(0, nil)
	if _, err := a.SendNow(nil, netip.AddrPort{}); !isError(err, syscall.ENOTCONN) {
		t.Errorf("SendNow to nowhere: %v", err)
	}
}
