// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"iocp/win32"
)

var _ = group(
	rule{id: "I25", run: listenerClosedWithAccepts},
	rule{id: "I26", run: acceptSocketClosed},
	rule{id: "I27", run: acceptWithoutData},
	rule{id: "I28", run: acceptWithData},
	rule{id: "I29", run: acceptOfWhoCloses},
	rule{id: "I30", run: acceptAfterAReset, wine: "it reports 59 (W8:S47)"},
	rule{id: "I31", run: acceptContextIsSet},
	rule{id: "I32", run: acceptedIsNotAssociated},
	rule{id: "I33", part: "arguments", run: acceptArguments, wine: "it accepts most of them (W8:S09)"},
	rule{id: "I33", part: "sockets", run: acceptSockets, wine: "it accepts most of them (W8:S09)"},
	rule{id: "I33", part: "room for addresses", run: acceptRoom, wine: "it checks the lengths at once (W8:S09)"},
	rule{id: "I34", run: connectionAlreadyWaiting},
	rule{id: "O13", part: "accept socket", run: cancelOnTheAcceptSocket},
	rule{id: "O13", part: "first claim", run: acceptExFirst},
)

// acceptor is a listener on a port, for AcceptEx.
type acceptor struct {
	*scene
	port   win32.HANDLE
	listen win32.SOCKET
	addr   win32.Sockaddr
	out    []byte
	ov     *win32.OVERLAPPED
}

func (s *scene) newAcceptor() *acceptor {
	s.Helper()
	a := &acceptor{scene: s, port: s.newPort(1), out: make([]byte, 10+2*addressRoom), ov: new(win32.OVERLAPPED)}
	a.listen, a.addr = s.listening()
	s.associate(win32.HANDLE(a.listen), a.port, listenKey)
	return a
}

// accept starts an accept into a new socket that waits for n bytes.
func (a *acceptor) accept(n uint32) win32.SOCKET {
	a.Helper()
	sock := a.newSocket(win32.SOCK_STREAM)
	a.isPending(acceptEx(a.listen, sock, a.out, n, a.ov), "AcceptEx")
	return sock
}

func listenerClosedWithAccepts(s *scene) {
	a, ovs := s.newAcceptor(), make([]win32.OVERLAPPED, 2)
	for i := range ovs {
		s.isPending(acceptEx(a.listen, s.newSocket(win32.SOCK_STREAM), make([]byte, 2*addressRoom), 0, &ovs[i]), "AcceptEx")
	}
	s.closeSocket(a.listen)
	s.bothEnd(a.port, ovs, listenKey, win32.ERROR_OPERATION_ABORTED)
	s.check(win32.NTSTATUS(ovs[0].Internal) == win32.STATUS_CANCELLED, "the status is %v", win32.NTSTATUS(ovs[0].Internal))
}

func acceptSocketClosed(s *scene) {
	a := s.newAcceptor()
	for _, n := range []uint32{0, 10} {
		s.closeSocket(a.accept(n))
		p := s.get(a.port, stepMS)
		s.check(p.ov == a.ov && p.key == listenKey, "overlapped %p, key %#x", p.ov, p.key)
		s.check(isCode(p.err, win32.ERROR_OPERATION_ABORTED) || isCode(p.err, win32.ERROR_NETNAME_DELETED) ||
			isCode(p.err, win32.ERROR_CONNECTION_ABORTED), "the packet has %v", p.err)
	}
}

func acceptWithoutData(s *scene) {
	a := s.newAcceptor()
	sock := a.accept(0)
	s.empty(a.port)
	far := s.dial(a.addr)
	s.expect(a.port, a.ov, 0, listenKey, 0)
	s.acceptContext(sock, a.listen)
	var local, remote win32.Sockaddr
	var localLen, remoteLen int32
	win32.GetAcceptExSockaddrs(a.out, 0, addressRoom, addressRoom, &local, &localLen, &remote, &remoteLen)
	s.same(local, a.addr, "the local address")
	s.same(remote, s.nameOf(far), "the remote address")
	s.check(localLen == win32.SizeofSockaddrInet4 && remoteLen == win32.SizeofSockaddrInet4, "their lengths are %d and %d", localLen, remoteLen)
	peer, err := win32.Getpeername(sock)
	s.must(err, "Getpeername")
	s.same(peer, s.nameOf(far), "the peer")
	s.same(s.nameOf(sock), a.addr, "the accepted socket's address")
}

func acceptWithData(s *scene) {
	a := s.newAcceptor()
	sock := a.accept(10)
	s.check(s.option(sock, win32.SO_CONNECT_TIME) == 0xFFFFFFFF, "it is connected already")
	far := s.dial(a.addr)
	s.empty(a.port)
	s.check(s.option(sock, win32.SO_CONNECT_TIME) < 100, "it has been connected for %d s", s.option(sock, win32.SO_CONNECT_TIME))
	s.says(far, "hello")
	s.expect(a.port, a.ov, 5, listenKey, 0)
	s.equal(a.out[:5], "hello")
	var remote win32.Sockaddr
	win32.GetAcceptExSockaddrs(a.out, 10, addressRoom, addressRoom, nil, nil, &remote, nil)
	s.same(remote, s.nameOf(far), "the remote address")
}

func acceptOfWhoCloses(s *scene) {
	a := s.newAcceptor()
	a.accept(10)
	s.closeSocket(s.dial(a.addr))
	s.expect(a.port, a.ov, 0, listenKey, 0)
	a.accept(10)
	far := s.dial(a.addr)
	s.empty(a.port)
	s.reset(far)
	s.expect(a.port, a.ov, 0, listenKey, win32.ERROR_NETNAME_DELETED)
}

func acceptAfterAReset(s *scene) {
	a := s.newAcceptor()
	s.reset(s.dial(a.addr))
	sock := s.newSocket(win32.SOCK_STREAM)
	s.pending(acceptEx(a.listen, sock, a.out, 0, a.ov), "AcceptEx")
	far := s.dial(a.addr)
	p := s.get(a.port, stepMS) // the one that was reset, or the other
	if isCode(p.err, win32.ERROR_NETNAME_DELETED) {
		return
	}
	s.must(p.err, "the packet")
	s.closeSocket(far)
}

func acceptContextIsSet(s *scene) {
	a := s.newAcceptor()
	sock := a.accept(0)
	s.dial(a.addr)
	s.expect(a.port, a.ov, 0, listenKey, 0)
	s.acceptContext(sock, a.listen)
	_, err := win32.Getpeername(sock)
	s.must(err, "Getpeername with the context")
	s.must(win32.Shutdown(sock, win32.SD_SEND), "Shutdown with the context")
}

func acceptedIsNotAssociated(s *scene) {
	a := s.newAcceptor()
	sock := a.accept(0)
	far := s.dial(a.addr)
	s.expect(a.port, a.ov, 0, listenKey, 0)
	ov, buf := new(win32.OVERLAPPED), make([]byte, 5)
	s.isPending(recv(sock, buf, ov), "a receive on the accepted socket")
	s.says(far, "hello")
	n, err := resultOf(sock, ov, true)
	s.must(err, "its result")
	s.check(n == 5, "%d bytes", n)
	s.empty(a.port)
}

func acceptArguments(s *scene) {
	a := s.newAcceptor()
	sock, ov := s.newSocket(win32.SOCK_STREAM), a.ov
	const room = uint32(addressRoom)
	for what, c := range map[string]struct {
		err  error
		code win32.Errno
	}{
		"no listener":    {acceptEx(win32.INVALID_SOCKET, sock, a.out, 0, ov), win32.WSAENOTSOCK},
		"no socket":      {acceptEx(a.listen, win32.INVALID_SOCKET, a.out, 0, ov), win32.WSAENOTSOCK},
		"no OVERLAPPED":  {acceptEx(a.listen, sock, a.out, 0, nil), win32.ERROR_INVALID_PARAMETER},
		"no buffer":      {acceptEx(a.listen, sock, nil, 0, ov), win32.WSAEFAULT},
		"remote no room": {win32.AcceptEx(a.listen, sock, a.out, 0, room, 0, nil, ov), win32.WSAEFAULT},
	} {
		s.code(c.err, c.code, what)
	}
	s.empty(a.port)
	s.isPending(win32.AcceptEx(a.listen, sock, a.out, 0, 0, room, nil, ov), "no local address")
	far := s.dial(a.addr)
	s.expect(a.port, ov, 0, listenKey, 0)
	local, remote := win32.Sockaddr(loopback), win32.Sockaddr(nil)
	localLen := int32(77)
	win32.GetAcceptExSockaddrs(a.out, 0, 0, room, &local, &localLen, &remote, nil)
	s.check(local == win32.Sockaddr(loopback) && localLen == 77, "the local address was written: %v, %d", local, localLen)
	s.same(remote, s.nameOf(far), "the remote address")
}

func acceptSockets(s *scene) {
	a := s.newAcceptor()
	plain := s.newSocket(win32.SOCK_STREAM)
	bound := s.newSocket(win32.SOCK_STREAM)
	s.bound(bound)
	connected, _ := s.connection()
	datagram := s.newSocket(win32.SOCK_DGRAM)
	s.refusedNow(a.port, acceptEx(bound, plain, a.out, 0, a.ov), win32.WSAEINVAL, "a listener that does not listen")
	for what, sock := range map[string]win32.SOCKET{"bound": bound, "connected": connected, "datagram": datagram} {
		s.refusedNow(a.port, acceptEx(a.listen, sock, a.out, 0, a.ov), win32.WSAEINVAL, what)
	}
	used, other := a.accept(0), new(win32.OVERLAPPED)
	s.code(acceptEx(a.listen, used, make([]byte, 2*addressRoom), 0, other), win32.WSAEINVAL, "a socket in use")
	s.code(win32.Connect(used, a.addr), win32.WSAEINVAL, "Connect on a socket in use")
	s.code(win32.ConnectEx(used, a.addr, nil, nil, other), win32.WSAEINVAL, "ConnectEx on a socket in use")
	s.empty(a.port)
	s.check(win32.NTSTATUS(other.Internal) == win32.STATUS_PENDING || other.Internal == 0, "the status is %#x", other.Internal) // F08
}

func acceptRoom(s *scene) {
	a := s.newAcceptor()
	const room = uint32(addressRoom)
	for _, short := range []uint32{3, win32.SizeofSockaddrInet4 + 4, win32.SizeofSockaddrInet4 + 15} {
		s.isPending(win32.AcceptEx(a.listen, s.newSocket(win32.SOCK_STREAM), a.out, 0, short, room, nil, a.ov), "too little room for the local address")
		far := s.dial(a.addr)
		s.expect(a.port, a.ov, 0, listenKey, win32.ERROR_INSUFFICIENT_BUFFER)
		s.check(win32.NTSTATUS(a.ov.Internal) == win32.STATUS_BUFFER_TOO_SMALL, "the status is %v", win32.NTSTATUS(a.ov.Internal))
		sock := s.newSocket(win32.SOCK_STREAM)
		s.pending(acceptEx(a.listen, sock, a.out, 0, a.ov), "AcceptEx of the connection that waits")
		s.expect(a.port, a.ov, 0, listenKey, 0)
		s.acceptContext(sock, a.listen)
		s.says(sock, "x")
		s.hears(far, "x")
	}
	s.isPending(win32.AcceptEx(a.listen, s.newSocket(win32.SOCK_STREAM), a.out, 0, room, room-1, nil, a.ov), "too little room for the remote address")
}

func connectionAlreadyWaiting(s *scene) {
	a := s.newAcceptor()
	s.dial(a.addr)
	sock := s.newSocket(win32.SOCK_STREAM)
	s.pending(acceptEx(a.listen, sock, a.out, 0, a.ov), "AcceptEx")
	s.expect(a.port, a.ov, 0, listenKey, 0)
	far := s.dial(a.addr)
	s.says(far, "hello")
	s.pending(acceptEx(a.listen, s.newSocket(win32.SOCK_STREAM), a.out, 10, a.ov), "AcceptEx with data")
	s.expect(a.port, a.ov, 5, listenKey, 0)
}

func cancelOnTheAcceptSocket(s *scene) {
	a := s.newAcceptor()
	sock := a.accept(0)
	s.must(win32.CancelIo(win32.HANDLE(sock)), "cancelling on the accept socket")
	s.empty(a.port)
	s.must(win32.CancelIo(win32.HANDLE(a.listen)), "cancelling on the listener")
	s.expect(a.port, a.ov, 0, listenKey, win32.ERROR_OPERATION_ABORTED)
}

func acceptExFirst(s *scene) {
	a := s.newAcceptor()
	a.accept(0)
	s.nonblocking(a.listen)
	s.dial(a.addr)
	s.expect(a.port, a.ov, 0, listenKey, 0)
	_, err := win32.Accept(a.listen, nil, nil)
	s.code(err, win32.WSAEWOULDBLOCK, "accept")
}
