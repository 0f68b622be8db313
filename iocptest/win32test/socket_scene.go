// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"iocp/win32"
)

// loopback is where sockets of the rules are bound.
var loopback = &win32.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}

// newSocket makes a socket for overlapped I/O that is closed at the end.
func (s *scene) newSocket(typ int32) win32.SOCKET {
	s.Helper()
	return s.newSocketWith(typ, win32.WSA_FLAG_OVERLAPPED)
}

func (s *scene) newSocketWith(typ int32, flags uint32) win32.SOCKET {
	s.Helper()
	sock, err := win32.WSASocket(win32.AF_INET, typ, 0, nil, 0, flags)
	s.must(err, "making a socket")
	s.closingSocket(sock)
	return sock
}

// newStream makes a socket that is associated with the port.
func (s *scene) newStream(port win32.HANDLE, key uintptr) win32.SOCKET {
	s.Helper()
	sock := s.newSocket(win32.SOCK_STREAM)
	s.associate(win32.HANDLE(sock), port, key)
	return sock
}

// bound binds the socket to the loopback and returns its address.
func (s *scene) bound(sock win32.SOCKET) win32.Sockaddr {
	s.Helper()
	s.must(win32.Bind(sock, loopback), "binding")
	return s.nameOf(sock)
}

func (s *scene) nameOf(sock win32.SOCKET) win32.Sockaddr {
	s.Helper()
	a, err := win32.Getsockname(sock)
	s.must(err, "the address of a socket")
	return a
}

// listening returns a socket that listens, and its address.
func (s *scene) listening() (win32.SOCKET, win32.Sockaddr) {
	s.Helper()
	l := s.newSocket(win32.SOCK_STREAM)
	addr := s.bound(l)
	s.must(win32.Listen(l, 10), "listening")
	return l, addr
}

// connection returns two sockets that are connected with each other and have no port.
func (s *scene) connection() (near, far win32.SOCKET) {
	s.Helper()
	l, addr := s.listening()
	far = s.dial(addr)
	near, err := win32.Accept(l, nil, nil)
	s.must(err, "accepting")
	s.closingSocket(near)
	s.closeSocket(l)
	return near, far
}

// dial returns a socket that is connected to addr.
func (s *scene) dial(addr win32.Sockaddr) win32.SOCKET {
	s.Helper()
	c := s.newSocket(win32.SOCK_STREAM)
	s.must(win32.Connect(c, addr), "connecting")
	return c
}

// pair is a connection whose near end is associated with a port, with key 0x51.
func (s *scene) pair() (port win32.HANDLE, near, far win32.SOCKET) {
	s.Helper()
	port = s.newPort(1)
	near, far = s.connection()
	s.associate(win32.HANDLE(near), port, connKey)
	return port, near, far
}

const (
	connKey   = 0x51
	listenKey = 0x5A
)

// wsabufs makes buffers of slices.
func wsabufs(all ...[]byte) []win32.WSABUF {
	bufs := make([]win32.WSABUF, len(all))
	for i, b := range all {
		bufs[i].SetBytes(b)
	}
	return bufs
}

// recv starts a receive of one buffer.
func recv(sock win32.SOCKET, buf []byte, ov *win32.OVERLAPPED) error {
	return recvFlags(sock, buf, 0, ov)
}

func recvFlags(sock win32.SOCKET, buf []byte, flags uint32, ov *win32.OVERLAPPED) error {
	return win32.WSARecv(sock, wsabufs(buf), nil, &flags, ov, nil)
}

func send(sock win32.SOCKET, buf []byte, ov *win32.OVERLAPPED) error {
	return win32.WSASend(sock, wsabufs(buf), nil, 0, ov, nil)
}

// says sends text from a socket and waits for that.
func (s *scene) says(sock win32.SOCKET, text string) {
	s.Helper()
	s.must(send(sock, []byte(text), nil), "sending")
}

// hears receives as much as text is and compares it.
func (s *scene) hears(sock win32.SOCKET, text string) {
	s.Helper()
	got := make([]byte, len(text))
	for at := 0; at < len(got); {
		var n, flags uint32
		s.must(win32.WSARecv(sock, wsabufs(got[at:]), &n, &flags, nil, nil), "receiving")
		s.check(n > 0, "the end came after %q, want %q", got[:at], text)
		at += int(n)
	}
	s.check(string(got) == text, "got %q, want %q", got, text)
}

// ends receives the end of the stream.
func (s *scene) ends(sock win32.SOCKET) {
	s.Helper()
	n, flags := uint32(77), uint32(0)
	s.must(win32.WSARecv(sock, wsabufs(make([]byte, 1)), &n, &flags, nil, nil), "receiving the end")
	s.check(n == 0, "%d bytes came, want the end", n)
}

// reset closes a socket with a reset.
func (s *scene) reset(sock win32.SOCKET) {
	s.Helper()
	s.must(win32.Setsockopt(sock, win32.SOL_SOCKET, win32.SO_LINGER, []byte{1, 0, 0, 0}), "SO_LINGER")
	s.closeSocket(sock)
}

// isPending fails unless err is ERROR_IO_PENDING.
func (s *scene) isPending(err error, what string) {
	s.Helper()
	s.code(err, win32.ERROR_IO_PENDING, what)
}

// refusedNow fails unless err is code and no packet comes.
func (s *scene) refusedNow(port win32.HANDLE, err error, code win32.Errno, what string) {
	s.Helper()
	s.code(err, code, what)
	s.empty(port)
}

func (s *scene) option(sock win32.SOCKET, name int32) uint32 {
	s.Helper()
	var b [4]byte
	n := int32(len(b))
	s.must(win32.Getsockopt(sock, win32.SOL_SOCKET, name, b[:], &n), "an option")
	return binary.NativeEndian.Uint32(b[:])
}

func (s *scene) setOption(sock win32.SOCKET, name int32, value uint32) {
	s.Helper()
	s.must(win32.Setsockopt(sock, win32.SOL_SOCKET, name, binary.NativeEndian.AppendUint32(nil, value)), "setting an option")
}

func (s *scene) nonblocking(sock win32.SOCKET) {
	s.Helper()
	on := uint32(1)
	s.must(win32.Ioctlsocket(sock, win32.FIONBIO, &on), "FIONBIO")
}

// acceptContext is SO_UPDATE_ACCEPT_CONTEXT, connectContext SO_UPDATE_CONNECT_CONTEXT.
func (s *scene) acceptContext(accepted, listen win32.SOCKET) {
	s.Helper()
	value := unsafe.Slice((*byte)(unsafe.Pointer(&listen)), unsafe.Sizeof(listen))
	s.must(win32.Setsockopt(accepted, win32.SOL_SOCKET, win32.SO_UPDATE_ACCEPT_CONTEXT, value), "SO_UPDATE_ACCEPT_CONTEXT")
}

func (s *scene) connectContext(sock win32.SOCKET) {
	s.Helper()
	s.must(win32.Setsockopt(sock, win32.SOL_SOCKET, win32.SO_UPDATE_CONNECT_CONTEXT, nil), "SO_UPDATE_CONNECT_CONTEXT")
}

// addressRoom is what AcceptEx wants for one address of IPv4.
const addressRoom = win32.SizeofSockaddrInet4 + 16

// acceptEx starts an accept with room for n bytes.
func acceptEx(l, a win32.SOCKET, out []byte, n uint32, ov *win32.OVERLAPPED) error {
	return win32.AcceptEx(l, a, out, n, addressRoom, addressRoom, nil, ov)
}

// refusedAddr is an address where nobody listens, kept from being used by somebody else.
func (s *scene) refusedAddr() win32.Sockaddr {
	s.Helper()
	return s.bound(s.newSocket(win32.SOCK_STREAM))
}

// datagrams returns two bound sockets, the first associated with the port, and their addresses.
func (s *scene) datagrams() (port win32.HANDLE, a, b win32.SOCKET, at, bt win32.Sockaddr) {
	s.Helper()
	port = s.newPort(1)
	a, b = s.newSocket(win32.SOCK_DGRAM), s.newSocket(win32.SOCK_DGRAM)
	s.associate(win32.HANDLE(a), port, datagramKey)
	return port, a, b, s.bound(a), s.bound(b)
}

const datagramKey = 0x55

func (s *scene) sendsTo(sock win32.SOCKET, text string, to win32.Sockaddr) {
	s.Helper()
	s.must(win32.WSASendTo(sock, wsabufs([]byte(text)), nil, 0, to, nil, nil), "sending a datagram")
}

// same compares addresses.
func (s *scene) same(got, want win32.Sockaddr, what string) {
	s.Helper()
	s.check(fmt.Sprint(got) == fmt.Sprint(want), "%s is %v, want %v", what, got, want)
}

func (s *scene) equal(got []byte, want string) {
	s.Helper()
	s.check(bytes.Equal(got, []byte(want)), "got %q, want %q", got, want)
}

// resultOf waits for the end of an operation and returns what WSAGetOverlappedResult says.
func resultOf(sock win32.SOCKET, ov *win32.OVERLAPPED, wait bool) (n uint32, err error) {
	var flags uint32
	err = win32.WSAGetOverlappedResult(sock, ov, &n, wait, &flags)
	return n, err
}

func isCode(err error, code win32.Errno) bool { return errors.Is(err, code) }
