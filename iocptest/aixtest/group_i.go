// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aixtest

import (
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/aix"
)

// groupI: sockets.
var groupI = []rule{
	{id: "I01", run: readPendingAndNow},
	{id: "I02", run: writeNow},
	{id: "I03", run: largeWrite},
	{id: "I04", run: orderlyEnd},
	{id: "I05", run: resetUnderRead},
	{id: "I06", run: readAfterReset},
	{id: "I07", run: writeAfterReset},
	{id: "I08", run: notConnected},
	{id: "I10", run: notASocket},
	{id: "I11", run: emptyRead},
	{id: "I14", run: emptyDatagram},
	{id: "I15", run: nobodyThere},
	{id: "I16", run: datagramTooLong},
	{id: "I17", run: readsInOrder},
	{id: "I21", run: writeAfterShutdown},
	{id: "I22", run: nonblocking},
	{id: "I23", run: onlyInterface},
	{id: "I24", run: closedUnderRequests},
}

// I01
func readPendingAndNow(s *scene) {
	p, a, b := s.served(1)
	var ov aix.OVERLAPPED
	var n uint32
	buf := make([]byte, 8)
	s.pends(aix.ReadFile(a, buf, &n, &ov))
	s.write(b, "abc")
	s.expect(p, 3, 1, &ov, 0)
	s.check(string(buf[:3]) == "abc", "read %q", buf[:3])
	s.write(b, "defg")
	s.arrive(a)
	s.must(aix.ReadFile(a, buf, &n, &ov), "ReadFile")
	s.check(string(buf[:n]) == "defg", "read %q", buf[:n])
	s.nothing(p)
}

// I02
func writeNow(s *scene) {
	p, a, b := s.served(1)
	var ov aix.OVERLAPPED
	var n uint32
	s.must(aix.WriteFile(a, []byte("hello"), &n, &ov), "WriteFile")
	s.check(n == 5, "wrote %d bytes", n)
	s.must(aix.WriteFile(a, nil, &n, &ov), "WriteFile of nothing")
	s.check(n == 0, "wrote %d bytes of none", n)
	s.arrive(b)
	buf := make([]byte, 8)
	m, err := unix.Read(int(b), buf)
	s.check(string(buf[:max(m, 0)]) == "hello" && err == nil, "the peer read %q, %v", buf[:max(m, 0)], err)
	s.nothing(p)
}

// drain reads n bytes from h, a blocking socket, with read(2). Any goroutine may call it.
func (s *scene) drain(h aix.HANDLE, n int) {
	s.Helper()
	buf := make([]byte, 1<<16)
	for n > 0 {
		m, err := unix.Read(int(h), buf[:min(n, len(buf))])
		if err == unix.EINTR {
			continue
		}
		if err != nil || m == 0 {
			s.Errorf("the peer misses %d bytes: read %d, %v", n, m, err)
			return
		}
		n -= m
	}
}

// I03: the packet comes when the system has taken all of it, and says so.
func largeWrite(s *scene) {
	const size = 8 << 20
	p, a, b := s.served(1)
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.WriteFile(a, make([]byte, size), &n, &ov))
	s.nothing(p)
	s.drain(b, size)
	s.expect(p, size, 1, &ov, 0)
}

// I04: a count of 0, now and later.
func orderlyEnd(s *scene) {
	p, a, b := s.served(1)
	var ov aix.OVERLAPPED
	n := uint32(5)
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, &ov))
	s.must(unix.Shutdown(int(b), unix.SHUT_WR), "shutdown(2)")
	s.expect(p, 0, 1, &ov, 0)
	s.must(aix.ReadFile(a, make([]byte, 8), &n, &ov), "ReadFile at the end")
	s.must(aix.ReadFile(a, make([]byte, 8), &n, nil), "ReadFile at the end")
	s.check(n == 0, "the count is %d", n)
	s.must(aix.WriteFile(a, []byte("x"), &n, &ov), "WriteFile") // the other direction goes on
}

// I05
func resetUnderRead(s *scene) {
	p, a, b := s.served(1)
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, &ov))
	s.reset(b)
	s.expect(p, 0, 1, &ov, syscall.ENOTCONN)
}

// I06: at once, without a packet.
func readAfterReset(s *scene) {
	p, a, b := s.served(1)
	s.reset(b)
	s.arrive(a)
	var ov aix.OVERLAPPED
	var n uint32
	s.fails(aix.ReadFile(a, make([]byte, 8), &n, &ov), syscall.ENOTCONN, "ReadFile")
	s.nothing(p)
}

// I07
func writeAfterReset(s *scene) {
	p, a, b := s.served(1)
	s.reset(b)
	s.arrive(a)
	var ov aix.OVERLAPPED
	var n uint32
	s.fails(aix.WriteFile(a, []byte("x"), &n, &ov), syscall.ENOTCONN, "WriteFile")
	s.fails(aix.WriteFile(a, []byte("x"), &n, &ov), syscall.ENOTCONN, "WriteFile")
	s.fails(aix.WriteFile(a, []byte("x"), &n, nil), syscall.ENOTCONN, "a synchronous WriteFile")
	s.nothing(p)
}

// I08
func notConnected(s *scene) {
	p := s.port()
	l, _ := s.listener()
	var n uint32
	for i, h := range []aix.HANDLE{s.socket(unix.SOCK_STREAM), l} { // a connection there never was
		s.fails(aix.ReadFile(h, make([]byte, 8), &n, nil), syscall.ENOTCONN, "ReadFile")
		s.associate(h, p, uint32(i))
		s.fails(aix.ReadFile(h, make([]byte, 8), &n, new(aix.OVERLAPPED)), syscall.ENOTCONN, "ReadFile")
		s.fails(aix.WriteFile(h, make([]byte, 8), &n, new(aix.OVERLAPPED)), syscall.ENOTCONN, "WriteFile")
		s.fails(aix.WriteFile(h, make([]byte, 8), &n, nil), syscall.ENOTCONN, "a synchronous WriteFile")
	}
	s.nothing(p)
}

// I10
func notASocket(s *scene) {
	p := s.port()
	f := s.file("abc")
	var n uint32
	for _, h := range []aix.HANDLE{f, p, -1, -2, 1 << 20, 1<<31 - 1, -1 << 31} {
		for _, ov := range []*aix.OVERLAPPED{nil, new(aix.OVERLAPPED)} {
			for _, buf := range [][]byte{nil, make([]byte, 4)} {
				s.fails(aix.ReadFile(h, buf, &n, ov), syscall.EINVAL, "ReadFile")
				s.fails(aix.WriteFile(h, buf, &n, ov), syscall.EINVAL, "WriteFile")
			}
		}
	}
	a, _ := s.pair()
	s.fails(aix.ReadFile(a, make([]byte, 4), nil, nil), syscall.EINVAL, "ReadFile without a count")
}

// I11: like read(2), at once and with nothing taken.
func emptyRead(s *scene) {
	p, a, b := s.served(1)
	n := uint32(5)
	s.must(aix.ReadFile(a, nil, &n, new(aix.OVERLAPPED)), "ReadFile of nothing")
	s.check(n == 0, "the count is %d", n)
	s.write(b, "x")
	s.arrive(a)
	s.must(aix.ReadFile(a, nil, &n, new(aix.OVERLAPPED)), "ReadFile of nothing")
	s.must(aix.ReadFile(a, make([]byte, 4), &n, new(aix.OVERLAPPED)), "ReadFile")
	s.check(n == 1, "the count is %d", n)
	s.nothing(p)
}

// I14
func emptyDatagram(s *scene) {
	p := s.port()
	a, b := s.datagrams()
	s.associate(a, p, 1)
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, &ov))
	s.write(b, "")
	s.expect(p, 0, 1, &ov, 0)
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, &ov))
	s.write(b, "abc")
	s.expect(p, 3, 1, &ov, 0)
}

// I15: a datagram came back that nobody took.
func nobodyThere(s *scene) {
	p := s.port()
	a, b := s.datagrams()
	s.associate(a, p, 1)
	at, err := unix.Getsockname(int(b))
	s.must(err, "getsockname(2)")
	s.must(unix.Connect(int(b), at), "connect(2) to itself") // takes nothing of others, and keeps its port from them
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, &ov))
	s.write(a, "anybody?")
	s.expect(p, 0, 1, &ov, syscall.ECONNREFUSED)
}

// I16
func datagramTooLong(s *scene) {
	p := s.port()
	a, _ := s.datagrams()
	s.associate(a, p, 1)
	var n uint32
	s.fails(aix.WriteFile(a, make([]byte, 1<<17), &n, new(aix.OVERLAPPED)), syscall.EMSGSIZE, "WriteFile")
	s.fails(aix.WriteFile(a, make([]byte, 1<<17), &n, nil), syscall.EMSGSIZE, "WriteFile")
	s.nothing(p)
}

// I17
func readsInOrder(s *scene) {
	p, a, b := s.served(1)
	var ovs [3]aix.OVERLAPPED
	var bufs [3][2]byte
	var n uint32
	for i := range ovs {
		s.pends(aix.ReadFile(a, bufs[i][:], &n, &ovs[i]))
	}
	for i, data := range []string{"aa", "bb", "cc"} {
		s.write(b, data)
		s.expect(p, 2, 1, &ovs[i], 0)
		s.check(string(bufs[i][:]) == data, "buffer %d has %q", i, bufs[i])
	}
}

// I21: EPIPE, and the other direction is not disturbed.
func writeAfterShutdown(s *scene) {
	p, a, b := s.served(1)
	s.must(unix.Shutdown(int(a), unix.SHUT_WR), "shutdown(2)")
	var ov aix.OVERLAPPED
	var n uint32
	s.fails(aix.WriteFile(a, []byte("x"), &n, &ov), syscall.EPIPE, "WriteFile")
	s.fails(aix.WriteFile(a, []byte("x"), &n, &ov), syscall.EPIPE, "a second WriteFile")
	s.fails(aix.WriteFile(a, []byte("x"), &n, nil), syscall.EPIPE, "a synchronous WriteFile")
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, &ov))
	s.write(b, "abc")
	s.expect(p, 3, 1, &ov, 0)
}

// I22: asynchronous requests do not care; synchronous ones fail with EAGAIN.
func nonblocking(s *scene) {
	p := s.port()
	a, b := s.pair()
	s.must(unix.SetNonblock(int(a), true), "O_NONBLOCK")
	var ov aix.OVERLAPPED
	var n uint32
	s.fails(aix.ReadFile(a, make([]byte, 8), &n, nil), syscall.EAGAIN, "ReadFile")
	s.associate(a, p, 1)
	s.fails(aix.ReadFile(a, make([]byte, 8), &n, nil), syscall.EAGAIN, "ReadFile")
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, &ov))
	s.write(b, "abc")
	s.expect(p, 3, 1, &ov, 0)
	const size = 8 << 20
	s.pends(aix.WriteFile(a, make([]byte, size), &n, &ov))
	s.drain(b, size)
	s.expect(p, size, 1, &ov, 0)
	s.must(aix.WriteFile(a, make([]byte, size), &n, nil), "WriteFile")
	s.check(n > 0 && n < size, "a non-blocking socket took %d bytes", n)
}

// I23: there is no other way, and the offset means nothing.
func onlyInterface(s *scene) {
	p, a, b := s.served(1)
	ov := aix.OVERLAPPED{Offset: 1 << 31, OffsetHigh: 1<<32 - 1}
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, &ov))
	s.write(b, "abc")
	s.expect(p, 3, 1, &ov, 0)
	s.must(aix.WriteFile(a, []byte("x"), &n, &ov), "WriteFile")
}

// I24: every request ends with ENOTCONN, in both directions.
func closedUnderRequests(s *scene) {
	p, a, _ := s.served(8)
	var ovs [5]aix.OVERLAPPED
	var n uint32
	for i := range 3 {
		s.pends(aix.ReadFile(a, make([]byte, 8), &n, &ovs[i]))
	}
	for i := 3; i < 5; i++ {
		s.pends(aix.WriteFile(a, make([]byte, 8<<20), &n, &ovs[i]))
	}
	s.close(a)
	seen := map[*aix.OVERLAPPED]bool{}
	for range ovs {
		k := s.get(p, stepLimit)
		s.fails(k.err, syscall.ENOTCONN, "the packet")
		s.check(k.key == 8 && k.ov != nil && !seen[k.ov], "the packet is %+v", k)
		seen[k.ov] = true
	}
	s.nothing(p)
}
