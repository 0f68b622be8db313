// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aixtest

import (
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/aix"
)

// groupJ: cancelling and closing.
var groupJ = []rule{
	{id: "J07", run: canceledSendsItsPacket},
	{id: "J08", run: cancelDoesNotWait},
	{id: "J10", run: closeWithPending},
	{id: "J12", run: packetOutlivesTheSocket},
	{id: "J13", part: "sockets", run: portClosedFirst},
	{id: "J13", part: "files", run: portOfFileClosedFirst},
	{id: "J13", part: "end", run: portIsGoneInTheEnd},
	{id: "J14", run: queuedPacketsAreDropped},
}

// J07: one packet for every request.
func canceledSendsItsPacket(s *scene) {
	p := s.port()
	f := s.file("abc")
	s.associate(f, p, 1)
	const n = 50
	for range n {
		c := s.aio(f, 0, make([]byte, 3)).to(p)
		s.must(aix.AioRead(&c.AIOCB), "AioRead")
	}
	_, err := aix.AioCancel(f, nil)
	s.must(err, "AioCancel")
	for range n {
		k := s.get(p, stepLimit)
		s.check(k.err == nil && k.count == 3 || k.err == error(syscall.ECANCELED), "the packet is %+v", k)
	}
	s.nothing(p)
}

// J08: whatever goes on, AioCancel returns, and says that it does.
func cancelDoesNotWait(s *scene) {
	f := s.file("abc")
	c := s.aio(f, 0, make([]byte, 3))
	s.must(aix.AioRead(&c.AIOCB), "AioRead")
	said, err := aix.AioCancel(f, nil)
	s.must(err, "AioCancel")
	s.check(said >= aix.AIO_CANCELED && said <= aix.AIO_ALLDONE, "AioCancel returned %d", said)
	s.must(aix.AioSuspend([]*aix.AIOCB{&c.AIOCB}, -1), "AioSuspend")
	err = aix.AioError(&c.AIOCB)
	s.check(err == nil || err == error(syscall.ECANCELED), "the request ended with %v", err)
}

// J10, I24
func closeWithPending(s *scene) {
	p, a, b := s.served(2)
	var ov aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, &ov))
	s.close(a)
	s.expect(p, 0, 2, &ov, syscall.ENOTCONN)
	s.arrive(b)
	m, err := unix.Read(int(b), make([]byte, 8))
	s.check(m == 0 && err == nil, "the peer does not see the end: %d, %v", m, err)
}

// J12
func packetOutlivesTheSocket(s *scene) {
	p, a, b := s.served(2)
	var ov, last aix.OVERLAPPED
	var n uint32
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, &ov))
	s.write(b, "abc")
	s.post(p, 1, 0, nil)
	s.expectBoth(p, packet{count: 3, key: 2, ov: &ov}, packet{count: 1})
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, &ov))
	s.pends(aix.ReadFile(a, make([]byte, 8), &n, &last))
	s.write(b, "defg")
	s.expect(p, 4, 2, &ov, 0)
	s.close(a)
	s.expect(p, 0, 2, &last, syscall.ENOTCONN)
}

// expectBoth takes two packets, in any order.
func (s *scene) expectBoth(port aix.HANDLE, one, other packet) {
	s.Helper()
	k, l := s.get(port, stepLimit), s.get(port, stepLimit)
	s.check(k == one && l == other || k == other && l == one, "the packets are %+v and %+v", k, l)
}

// J13: requests go on, and their packets go to nobody.
func portClosedFirst(s *scene) {
	p, a, b := s.served(1)
	var ov aix.OVERLAPPED
	var n uint32
	buf := make([]byte, 8)
	s.pends(aix.ReadFile(a, buf, &n, &ov))
	s.close(p)
	s.write(b, "abc")
	s.write(b, "def")
	s.must(aix.WriteFile(a, []byte("x"), &n, &ov), "WriteFile")
	s.arrive(b)
}

// J13, J14: a control block is free again when its packet has been dropped.
func portOfFileClosedFirst(s *scene) {
	p := s.port()
	f := s.file("abc")
	s.associate(f, p, 1)
	c := s.aio(f, 0, make([]byte, 3)).to(p)
	s.must(aix.AioRead(&c.AIOCB), "AioRead")
	s.close(p)
	s.check(c.wait() == 3, "the read was short")
	c.Flags = 0
	for {
		err := aix.AioRead(&c.AIOCB)
		if err == error(syscall.EINVAL) {
			continue // the packet is about to be dropped
		}
		s.must(err, "AioRead")
		break
	}
	s.check(c.wait() == 3, "the second read was short")
}

// J14: nobody can get them any more.
func queuedPacketsAreDropped(s *scene) {
	p := s.port()
	s.post(p, 1, 2, new(aix.OVERLAPPED))
	s.close(p)
	s.fails(s.get(p, 0).err, syscall.EINVAL, "GetQueuedCompletionStatus")
}

// J13: the scene looks for what is left.
func portIsGoneInTheEnd(s *scene) {
	for range 20 {
		p, a, _ := s.served(1)
		var n uint32
		s.pends(aix.ReadFile(a, make([]byte, 8), &n, new(aix.OVERLAPPED)))
		s.close(p)
		s.close(a)
	}
}

// groupK: notification modes.
var groupK = []rule{
	{id: "K01", run: immediateSendsNone}, // the natural behaviour of AIX
	{id: "K02", run: immediateFailureSendsNone},
}
