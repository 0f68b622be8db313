// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"bytes"

	"iocp/win32"
)

var _ = group(
	rule{id: "I01", run: recvPendsOrNot},
	rule{id: "I02", run: sendsOfAllKinds},
	rule{id: "I03", run: largeSendIsWhole},
	rule{id: "I04", run: gracefulClose},
	rule{id: "I05", run: resetUnderAReceive},
	rule{id: "I06", part: "reset", run: receiveAfterAReset, wine: "it returns 0 bytes (W8:S05)"},
	rule{id: "I06", part: "by our own send", run: receiveAfterOurOwnReset, wine: "it returns 0 bytes (W8:S46)"},
	rule{id: "I07", run: sendAfterAReset},
	rule{id: "I08", run: notConnected, wine: "sends end with 10054 (W8:S06)"},
	rule{id: "I10", run: notASocket},
	rule{id: "I11", run: zeroLengthReceive},
	rule{id: "I17", run: receivesFillInOrder},
	rule{id: "I18", run: peekLeavesTheData},
	rule{id: "I19", run: waitAllFills, wine: "it ends early (W8:S27)"},
	rule{id: "I20", run: shutdownOfReceives},
	rule{id: "I21", run: sendAfterShutdown},
	rule{id: "I22", run: nonBlockingMode},
	rule{id: "I23", run: readFileOnASocket},
	rule{id: "I24", run: closedWithOperations, wine: "they end with 676 (W8:S28)"},
	rule{id: "I44", run: cancelledReceiveLeavesTheData},
	rule{id: "I45", run: cancelledSendReportsWhatWent, wine: "while it moves bytes it finds nothing to cancel"},
	rule{id: "I46", run: duplicatedSocket},
	rule{id: "I47", run: noBuffers, wine: "it accepts them (W8:S43)"},
	rule{id: "I48", run: threadOfASocketEnds},
	rule{id: "I49", run: cannot("registered I/O is no part of package win32")},
)

func recvPendsOrNot(s *scene) {
	port, near, far := s.pair()
	ov, buf := new(win32.OVERLAPPED), make([]byte, 10)
	s.isPending(recv(near, buf, ov), "a receive without data")
	s.empty(port)
	s.says(far, "hello")
	s.expect(port, ov, 5, connKey, 0)
	s.equal(buf[:5], "hello")
	s.says(far, "again")
	for at, want := range []string{"aga", "in"} { // part of what is there, then the rest
		s.pending(recv(near, buf[:3], ov), "a receive of what is there")
		p := s.get(port, stepMS)
		s.check(p.err == nil && p.ov == ov && int(p.bytes) == len(want), "packet %d: %d bytes, %v", at, p.bytes, p.err)
		s.equal(buf[:p.bytes], want)
	}
}

func sendsOfAllKinds(s *scene) {
	port, near, far := s.pair()
	ov := new(win32.OVERLAPPED)
	s.pending(send(near, []byte("hello"), ov), "a send")
	s.expect(port, ov, 5, connKey, 0)
	s.pending(send(near, []byte{}, ov), "a send of nothing")
	s.expect(port, ov, 0, connKey, 0)
	three := wsabufs([]byte("wo"), nil, []byte("rld"))
	s.pending(win32.WSASend(near, three, nil, 0, ov, nil), "three buffers, one of them NULL")
	s.expect(port, ov, 5, connKey, 0)
	s.hears(far, "helloworld")
}

func largeSendIsWhole(s *scene) {
	port, near, far := s.pair()
	ov, data := new(win32.OVERLAPPED), bytes.Repeat([]byte("0123456789abcdef"), 8<<20/16)
	s.isPending(send(near, data, ov), "a send larger than all buffers")
	s.empty(port)
	s.hears(far, string(data))
	s.expect(port, ov, uint32(len(data)), connKey, 0)
}

func gracefulClose(s *scene) {
	port, near, far := s.pair()
	ov, buf := new(win32.OVERLAPPED), make([]byte, 4)
	s.isPending(recv(near, buf, ov), "a receive")
	s.closeSocket(far)
	s.expect(port, ov, 0, connKey, 0)
	s.pending(recv(near, buf, ov), "a receive after the end")
	s.expect(port, ov, 0, connKey, 0)
}

func resetUnderAReceive(s *scene) {
	port, near, far := s.pair()
	ov := new(win32.OVERLAPPED)
	s.isPending(recv(near, make([]byte, 4), ov), "a receive")
	s.reset(far)
	s.expect(port, ov, 0, connKey, win32.ERROR_NETNAME_DELETED)
	s.check(win32.NTSTATUS(ov.Internal) == win32.STATUS_CONNECTION_RESET, "the status is %v", win32.NTSTATUS(ov.Internal))
	_, err := resultOf(near, ov, false)
	s.code(err, win32.WSAECONNRESET, "the result") // F26
	var n uint32
	s.code(win32.GetOverlappedResult(win32.HANDLE(near), ov, &n, false), win32.ERROR_NETNAME_DELETED, "the file's result")
}

func (s *scene) afterAReset() (port win32.HANDLE, near win32.SOCKET) {
	s.Helper()
	port, near, far := s.pair()
	ov := new(win32.OVERLAPPED)
	s.isPending(recv(near, make([]byte, 4), ov), "a receive")
	s.reset(far)
	s.expect(port, ov, 0, connKey, win32.ERROR_NETNAME_DELETED)
	return port, near
}

func receiveAfterAReset(s *scene) {
	port, near := s.afterAReset()
	s.refusedNow(port, recv(near, make([]byte, 4), new(win32.OVERLAPPED)), win32.WSAECONNRESET, "a receive after a reset")
	s.check(s.option(near, win32.SO_ERROR) == 0, "SO_ERROR is not 0") // O14
}

func receiveAfterOurOwnReset(s *scene) {
	port, near, far := s.pair()
	ov, buf := new(win32.OVERLAPPED), make([]byte, 4)
	s.closeSocket(far)
	s.pending(recv(near, buf, ov), "a receive of the end")
	s.expect(port, ov, 0, connKey, 0)
	s.pending(send(near, []byte("x"), ov), "the first send to a peer that closed") // I07
	s.expect(port, ov, 1, connKey, 0)
	var err error
	s.eventually(func() bool {
		if err = recv(near, buf, ov); err == nil || isCode(err, win32.ERROR_IO_PENDING) {
			err = s.get(port, stepMS).err // the reset is on its way
		}
		return err != nil
	}, "the reset")
	s.check(isCode(err, win32.WSAECONNABORTED) || isCode(err, win32.ERROR_CONNECTION_ABORTED), "the receive ended with %v", err)
	s.refusedNow(port, recv(near, buf, ov), win32.WSAECONNABORTED, "a receive after that")
}

func sendAfterAReset(s *scene) {
	port, near := s.afterAReset()
	s.refusedNow(port, send(near, []byte("x"), new(win32.OVERLAPPED)), win32.WSAECONNRESET, "a send after a reset")
}

func notConnected(s *scene) {
	port := s.newPort(1)
	sock := s.newStream(port, connKey)
	l, _ := s.listening()
	s.associate(win32.HANDLE(l), port, listenKey)
	for _, sock := range []win32.SOCKET{sock, l} {
		n := uint32(0xAAAA)
		flags := uint32(0)
		s.refusedNow(port, win32.WSARecv(sock, wsabufs(make([]byte, 4)), &n, &flags, new(win32.OVERLAPPED), nil), win32.WSAENOTCONN, "a receive")
		s.check(n == 0xAAAA, "the count was written: %d", n) // F27
		s.refusedNow(port, send(sock, []byte("x"), new(win32.OVERLAPPED)), win32.WSAENOTCONN, "a send")
		s.code(win32.Shutdown(sock, win32.SD_BOTH), win32.WSAENOTCONN, "a shutdown")
		_, err := win32.Getpeername(sock)
		s.code(err, win32.WSAENOTCONN, "the peer")
	}
}

func notASocket(s *scene) {
	closed := s.newSocket(win32.SOCK_STREAM)
	s.closeSocket(closed)
	for _, bad := range []win32.SOCKET{0, win32.INVALID_SOCKET, closed, win32.SOCKET(s.newEvent())} {
		ov, flags := new(win32.OVERLAPPED), uint32(0)
		var n uint32
		buf := wsabufs(make([]byte, 1))
		for what, err := range map[string]error{
			"WSARecv":      win32.WSARecv(bad, buf, &n, &flags, ov, nil),
			"WSASend":      win32.WSASend(bad, buf, &n, 0, ov, nil),
			"WSARecvFrom":  win32.WSARecvFrom(bad, buf, &n, &flags, nil, nil, ov, nil),
			"WSASendTo":    win32.WSASendTo(bad, buf, &n, 0, loopback, ov, nil),
			"Bind":         win32.Bind(bad, loopback),
			"Listen":       win32.Listen(bad, 1),
			"Shutdown":     win32.Shutdown(bad, win32.SD_BOTH),
			"Connect":      win32.Connect(bad, loopback),
			"ConnectEx":    win32.ConnectEx(bad, loopback, nil, nil, ov),
			"DisconnectEx": win32.DisconnectEx(bad, ov, 0, 0),
			"Closesocket":  win32.Closesocket(bad),
			"Ioctlsocket":  win32.Ioctlsocket(bad, win32.FIONBIO, &n),
			"Setsockopt":   win32.Setsockopt(bad, win32.SOL_SOCKET, win32.SO_KEEPALIVE, make([]byte, 4)),
		} {
			s.code(err, win32.WSAENOTSOCK, what)
		}
	}
}

func zeroLengthReceive(s *scene) {
	port, near, far := s.pair()
	ov, buf := new(win32.OVERLAPPED), make([]byte, 10)
	s.isPending(recv(near, nil, ov), "a receive of nothing")
	s.empty(port)
	s.says(far, "abc")
	s.expect(port, ov, 0, connKey, 0)
	s.pending(recv(near, nil, ov), "a receive of nothing, with data")
	s.expect(port, ov, 0, connKey, 0)
	s.pending(recv(near, buf, ov), "a receive")
	s.expect(port, ov, 3, connKey, 0)
}

func receivesFillInOrder(s *scene) {
	port, near, far := s.pair()
	ovs, buf := make([]win32.OVERLAPPED, 3), make([]byte, 6)
	for i := range ovs {
		s.isPending(recv(near, buf[2*i:2*i+2], &ovs[i]), "a receive")
	}
	s.says(far, "aabbcc")
	for i := range ovs {
		s.expect(port, &ovs[i], 2, connKey, 0)
	}
	s.equal(buf, "aabbcc")
}

func peekLeavesTheData(s *scene) {
	port, near, far := s.pair()
	ov, buf := new(win32.OVERLAPPED), make([]byte, 3)
	s.isPending(recvFlags(near, buf, win32.MSG_PEEK, ov), "a peek")
	s.empty(port)
	s.says(far, "abc")
	s.expect(port, ov, 3, connKey, 0)
	clear(buf)
	s.pending(recv(near, buf, ov), "a receive")
	s.expect(port, ov, 3, connKey, 0)
	s.equal(buf, "abc")
}

func waitAllFills(s *scene) {
	port, near, far := s.pair()
	ov, buf := new(win32.OVERLAPPED), make([]byte, 6)
	s.isPending(recvFlags(near, buf, win32.MSG_WAITALL, ov), "a receive of all")
	s.says(far, "abc")
	s.empty(port)
	s.says(far, "def")
	s.expect(port, ov, 6, connKey, 0)
	s.equal(buf, "abcdef")
}

func shutdownOfReceives(s *scene) {
	port, near, far := s.pair()
	ov, buf := new(win32.OVERLAPPED), make([]byte, 4)
	s.isPending(recv(near, buf, ov), "a receive")
	s.must(win32.Shutdown(near, win32.SD_RECEIVE), "a shutdown")
	s.refusedNow(port, recv(near, make([]byte, 4), new(win32.OVERLAPPED)), win32.WSAESHUTDOWN, "a receive after the shutdown")
	s.says(far, "late")
	s.expect(port, ov, 4, connKey, 0)
	s.equal(buf, "late")
	s.pending(send(near, []byte("x"), ov), "a send after that")
	s.expect(port, ov, 1, connKey, 0)
}

func sendAfterShutdown(s *scene) {
	port, near, far := s.pair()
	s.must(win32.Shutdown(near, win32.SD_SEND), "a shutdown")
	s.refusedNow(port, send(near, []byte("x"), new(win32.OVERLAPPED)), win32.WSAESHUTDOWN, "a send after the shutdown")
	s.ends(far)
	s.code(win32.Shutdown(near, 3), win32.WSAEINVAL, "a shutdown of nothing")
}

func nonBlockingMode(s *scene) {
	port, near, far := s.pair()
	s.nonblocking(near)
	ov, buf := new(win32.OVERLAPPED), make([]byte, 4)
	s.code(recv(near, buf, nil), win32.WSAEWOULDBLOCK, "a receive that would wait")
	s.isPending(recv(near, buf, ov), "an overlapped receive")
	s.says(far, "abc")
	s.expect(port, ov, 3, connKey, 0)
	s.must(send(near, []byte("now"), nil), "a send that need not wait")
	s.hears(far, "now")
	s.empty(port)
}

func readFileOnASocket(s *scene) {
	port, near, far := s.pair()
	ov, buf := &win32.OVERLAPPED{Offset: 12345}, make([]byte, 4)
	s.isPending(win32.ReadFile(win32.HANDLE(near), buf, nil, ov), "ReadFile")
	s.says(far, "abc")
	s.expect(port, ov, 3, connKey, 0)
	s.equal(buf[:3], "abc")
	s.pending(win32.WriteFile(win32.HANDLE(near), []byte("xyz"), nil, ov), "WriteFile")
	s.expect(port, ov, 3, connKey, 0)
	s.hears(far, "xyz")
	s.closeSocket(far)
	s.pending(win32.ReadFile(win32.HANDLE(near), buf, nil, ov), "ReadFile at the end")
	s.expect(port, ov, 0, connKey, 0)
}

func closedWithOperations(s *scene) {
	port, near, _ := s.pair()
	ovs := make([]win32.OVERLAPPED, 2)
	for i := range ovs {
		s.isPending(recv(near, make([]byte, 4), &ovs[i]), "a receive")
	}
	s.closeSocket(near)
	s.bothEnd(port, ovs, connKey, win32.ERROR_CONNECTION_ABORTED)
	a := s.newSocket(win32.SOCK_DGRAM)
	s.associate(win32.HANDLE(a), port, datagramKey)
	s.bound(a)
	for i := range ovs {
		s.isPending(recv(a, make([]byte, 4), &ovs[i]), "a receive of datagrams")
	}
	s.closeSocket(a)
	s.bothEnd(port, ovs, datagramKey, win32.ERROR_OPERATION_ABORTED)
}

// bothEnd takes the packets of two operations in any order.
func (s *scene) bothEnd(port win32.HANDLE, ovs []win32.OVERLAPPED, key uintptr, code win32.Errno) {
	s.Helper()
	seen := map[*win32.OVERLAPPED]bool{}
	for range ovs {
		p := s.get(port, stepMS)
		s.code(p.err, code, "the packet of a closed socket")
		s.check(p.key == key && p.bytes == 0 && !seen[p.ov], "key %#x, %d bytes, overlapped %p", p.key, p.bytes, p.ov)
		seen[p.ov] = true
	}
	s.check(seen[&ovs[0]] && seen[&ovs[1]], "packets came for other operations")
	s.empty(port)
}

func cancelledReceiveLeavesTheData(s *scene) {
	port, near, far := s.pair()
	ov, buf := new(win32.OVERLAPPED), make([]byte, 4)
	s.isPending(recv(near, buf, ov), "a receive")
	s.must(win32.CancelIoEx(win32.HANDLE(near), ov), "cancelling it")
	s.expect(port, ov, 0, connKey, win32.ERROR_OPERATION_ABORTED)
	_, err := resultOf(near, ov, false)
	s.code(err, win32.ERROR_OPERATION_ABORTED, "its result")
	s.says(far, "abc")
	s.pending(recv(near, buf, ov), "the next receive")
	s.expect(port, ov, 3, connKey, 0)
	s.must(win32.CancelIo(win32.HANDLE(near)), "cancelling nothing")
}

func cancelledSendReportsWhatWent(s *scene) {
	port, near, far := s.pair()
	ov, data := new(win32.OVERLAPPED), make([]byte, 16<<20)
	s.isPending(send(near, data, ov), "a send larger than all buffers")
	s.hears(far, string(make([]byte, 1<<20))) // some of it has gone
	s.must(win32.CancelIoEx(win32.HANDLE(near), ov), "cancelling it")
	p := s.get(port, stepMS)
	s.code(p.err, win32.ERROR_OPERATION_ABORTED, "the cancelled send")
	s.check(p.ov == ov && p.bytes < uint32(len(data)), "overlapped %p, %d bytes", p.ov, p.bytes)
}

func duplicatedSocket(s *scene) {
	port, near, far := s.pair()
	d := win32.SOCKET(s.duplicate(win32.HANDLE(near), 0, win32.DUPLICATE_SAME_ACCESS))
	ov := new(win32.OVERLAPPED)
	s.isPending(recv(d, make([]byte, 4), ov), "a receive through the duplicate")
	s.closeSocket(near)
	s.empty(port)
	s.says(far, "abc")
	s.expect(port, ov, 3, connKey, 0)
}

func noBuffers(s *scene) {
	port, near, _ := s.pair()
	flags := uint32(0)
	s.refusedNow(port, win32.WSARecv(near, nil, nil, &flags, new(win32.OVERLAPPED), nil), win32.WSAEINVAL, "a receive without buffers")
	s.refusedNow(port, win32.WSASend(near, nil, nil, 0, new(win32.OVERLAPPED), nil), win32.WSAEINVAL, "a send without buffers")
}

func threadOfASocketEnds(s *scene) {
	port, near, far := s.pair()
	th, ov := s.newThread(), new(win32.OVERLAPPED)
	var err error
	th.do(func() { err = recv(near, make([]byte, 4), ov) })
	s.isPending(err, "a receive of another thread")
	th.exit()
	s.empty(port)
	s.says(far, "abc")
	s.expect(port, ov, 3, connKey, 0)
}
