// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"strings"

	"iocp/win32"
)

var _ = group(
	rule{id: "I09", run: datagramsUnbound, wine: "the receive pends (W8:S06)"},
	rule{id: "I12", run: zeroLengthReceiveTakesADatagram},
	rule{id: "I13", part: "too long", run: datagramTooLong},
	rule{id: "I14", run: emptyDatagram},
	rule{id: "I15", part: "reported", run: unreachableIsReported, wine: "the receive stays pending (W8:S23)"},
	rule{id: "I15", part: "turned off", run: unreachableIsNotReported},
	rule{id: "I16", run: datagramTooLongToSend, wine: "a packet comes as well (W8:S49)"},
	rule{id: "I17", part: "datagrams", run: datagramsFillInOrder},
	rule{id: "I13", part: "no room for the sender", run: noRoomForTheSender, wine: "it looks when the datagram is there"},
	rule{id: "I20", part: "datagrams", run: shutdownOfDatagrams},
)

func datagramsUnbound(s *scene) {
	port := s.newPort(1)
	sock := s.newSocket(win32.SOCK_DGRAM)
	s.associate(win32.HANDLE(sock), port, datagramKey)
	ov := new(win32.OVERLAPPED)
	s.refusedNow(port, recv(sock, make([]byte, 4), ov), win32.WSAEINVAL, "a receive")
	s.refusedNow(port, send(sock, []byte("x"), ov), win32.WSAENOTCONN, "a send to nowhere")
	_, err := win32.Getsockname(sock)
	s.code(err, win32.WSAEINVAL, "the address")
}

// receiveFrom starts a receive that tells the sender.
func receiveFrom(sock win32.SOCKET, buf []byte, from *win32.RawSockaddrAny, length *int32, ov *win32.OVERLAPPED) error {
	flags := uint32(0)
	return win32.WSARecvFrom(sock, wsabufs(buf), nil, &flags, from, length, ov, nil)
}

func zeroLengthReceiveTakesADatagram(s *scene) {
	port, a, b, at, _ := s.datagrams()
	ov, buf := new(win32.OVERLAPPED), make([]byte, 8)
	s.sendsTo(b, "gone", at)
	s.sendsTo(b, "next", at)
	s.warning(recv(a, nil, ov), "a receive of nothing")
	s.expect(port, ov, 0, datagramKey, win32.ERROR_MORE_DATA)
	s.pending(recv(a, buf, ov), "the next")
	s.expect(port, ov, 4, datagramKey, 0)
	s.equal(buf[:4], "next")
}

// warning fails unless an operation goes on, or ended at once with WSAEMSGSIZE: both send a packet
// (F04).
func (s *scene) warning(err error, what string) {
	s.Helper()
	if !isCode(err, win32.WSAEMSGSIZE) {
		s.isPending(err, what)
	}
}

func datagramTooLong(s *scene) {
	port, a, b, at, bt := s.datagrams()
	ov, buf := new(win32.OVERLAPPED), make([]byte, 4)
	for _, pends := range []bool{true, false} {
		var from win32.RawSockaddrAny
		length := win32.SizeofSockaddrAny
		if pends {
			s.isPending(receiveFrom(a, buf, &from, &length, ov), "a receive")
			s.sendsTo(b, "too long", at)
		} else {
			s.sendsTo(b, "too long", at)
			s.warning(receiveFrom(a, buf, &from, &length, ov), "a receive of what is there")
		}
		s.expect(port, ov, 4, datagramKey, win32.ERROR_MORE_DATA)
		s.equal(buf, "too ")
		s.same(from.Sockaddr(), bt, "the sender")
		s.check(length == win32.SizeofSockaddrInet4, "its length is %d", length)
		s.check(win32.NTSTATUS(ov.Internal) == win32.STATUS_BUFFER_OVERFLOW && ov.InternalHigh == 4, "the outcome is %#x, %d", ov.Internal, ov.InternalHigh)
		n, err := resultOf(a, ov, false)
		s.code(err, win32.WSAEMSGSIZE, "the result")
		s.check(n == 4, "%d bytes", n)
	}
	s.isPending(recv(a, buf, ov), "a receive of the rest, which is lost")
	s.sendsTo(b, "next", at)
	s.expect(port, ov, 4, datagramKey, 0)
}

func emptyDatagram(s *scene) {
	port, a, b, at, _ := s.datagrams()
	ov := new(win32.OVERLAPPED)
	s.isPending(recv(a, make([]byte, 4), ov), "a receive")
	s.sendsTo(b, "", at)
	s.expect(port, ov, 0, datagramKey, 0)
}

func unreachableIsReported(s *scene) {
	port, a, b, _, bt := s.datagrams()
	s.closeSocket(b)
	ov := new(win32.OVERLAPPED)
	s.isPending(recv(a, make([]byte, 4), ov), "a receive")
	s.sendsTo(a, "x", bt)
	p := s.get(port, stepMS)
	s.check(p.ov == ov && p.bytes == 0, "overlapped %p, %d bytes", p.ov, p.bytes)
	s.check(isCode(p.err, win32.ERROR_PORT_UNREACHABLE) || isCode(p.err, win32.ERROR_NETNAME_DELETED), "the packet has %v", p.err)
	_, err := resultOf(a, ov, false)
	s.code(err, win32.WSAECONNRESET, "the result")
}

func unreachableIsNotReported(s *scene) {
	port, a, b, at, bt := s.datagrams()
	s.closeSocket(b)
	var n uint32
	s.must(win32.WSAIoctl(a, win32.SIO_UDP_CONNRESET, make([]byte, 4), nil, &n, nil, nil), "SIO_UDP_CONNRESET")
	ov, buf := new(win32.OVERLAPPED), make([]byte, 8)
	s.isPending(recv(a, buf, ov), "a receive")
	for range 3 {
		s.sendsTo(a, "x", bt)
	}
	s.empty(port)
	s.sendsTo(a, "to me", at)
	s.expect(port, ov, 5, datagramKey, 0)
}

func datagramTooLongToSend(s *scene) {
	port, a, _, _, bt := s.datagrams()
	ov, long := new(win32.OVERLAPPED), []byte(strings.Repeat("x", 66000))
	s.refusedNow(port, win32.WSASendTo(a, wsabufs(long), nil, 0, bt, ov, nil), win32.WSAEMSGSIZE, "a datagram of 66,000 bytes")
	s.pending(win32.WSASendTo(a, wsabufs([]byte("he"), []byte("llo")), nil, 0, bt, ov, nil), "a datagram")
	s.expect(port, ov, 5, datagramKey, 0)
}

func datagramsFillInOrder(s *scene) {
	port, a, b, at, bt := s.datagrams()
	ovs, buf := make([]win32.OVERLAPPED, 3), make([]byte, 3)
	from, lengths := make([]win32.RawSockaddrAny, 3), make([]int32, 3)
	for i := range ovs {
		lengths[i] = win32.SizeofSockaddrInet4
		s.isPending(receiveFrom(a, buf[i:i+1], &from[i], &lengths[i], &ovs[i]), "a receive")
	}
	for _, text := range []string{"a", "b", "c"} {
		s.sendsTo(b, text, at)
	}
	for i := range ovs {
		s.expect(port, &ovs[i], 1, datagramKey, 0)
		s.same(from[i].Sockaddr(), bt, "the sender")
	}
	s.equal(buf, "abc")
}

func noRoomForTheSender(s *scene) {
	port, a, _, _, _ := s.datagrams()
	var from win32.RawSockaddrAny
	short := int32(win32.SizeofSockaddrInet4 - 1)
	s.refusedNow(port, receiveFrom(a, make([]byte, 4), &from, &short, new(win32.OVERLAPPED)), win32.WSAEFAULT, "a receive")
}

func shutdownOfDatagrams(s *scene) {
	port, a, b, at, _ := s.datagrams()
	ov := new(win32.OVERLAPPED)
	s.isPending(recv(a, make([]byte, 4), ov), "a receive")
	s.must(win32.Shutdown(a, win32.SD_RECEIVE), "a shutdown")
	s.refusedNow(port, recv(a, make([]byte, 4), new(win32.OVERLAPPED)), win32.WSAESHUTDOWN, "a receive after the shutdown")
	s.sendsTo(b, "late", at)
	s.expect(port, ov, 4, datagramKey, 0)
}
