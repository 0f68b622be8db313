// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"bytes"
	"os"
	"path/filepath"

	"iocp/win32"
)

var _ = group(
	rule{id: "I35", run: connectNeedsABoundSocket},
	rule{id: "I36", run: connectSendsData},
	rule{id: "I37", run: connectRefused, wine: "a second attempt ends with 10053 (W8:S16)"},
	rule{id: "I38", run: connectedAlready},
	rule{id: "I39", run: connectContextIsSet, wine: "it works without (W8:S14)"},
	rule{id: "I40", part: "packet", run: disconnects},
	rule{id: "I40", part: "refused", run: disconnectRefused, wine: "it takes any flags (W8:S19)"},
	rule{id: "I40", part: "waiting", run: disconnectWaits},
	rule{id: "I40", part: "skip mode", run: disconnectInSkipMode, wine: "no packet comes"},
	rule{id: "I41", run: reuseOfASocket, wine: "an accept loses the association of its socket"},
	rule{id: "I42", run: noReuseWithoutTheFlag},
	rule{id: "I43", part: "file", run: transmitsAFile},
	rule{id: "I43", part: "buffers", run: transmitsBuffersOnly},
	rule{id: "O12", run: whileItConnects, wine: "it differs in the codes"},
	rule{id: "O14", run: receiveAfterAReset, wine: "it returns 0 bytes (W8:S05)"},
)

// connector returns a bound socket on a new port.
func (s *scene) connector() (port win32.HANDLE, sock win32.SOCKET, ov *win32.OVERLAPPED) {
	s.Helper()
	port = s.newPort(1)
	sock = s.newStream(port, connKey)
	s.bound(sock)
	return port, sock, new(win32.OVERLAPPED)
}

func connectNeedsABoundSocket(s *scene) {
	port := s.newPort(1)
	sock, ov := s.newStream(port, connKey), new(win32.OVERLAPPED)
	_, addr := s.listening()
	s.refusedNow(port, win32.ConnectEx(sock, addr, nil, nil, ov), win32.WSAEINVAL, "ConnectEx unbound")
	s.bound(sock)
	s.pending(win32.ConnectEx(sock, addr, nil, nil, ov), "ConnectEx bound")
	s.expect(port, ov, 0, connKey, 0)
}

func connectSendsData(s *scene) {
	port, sock, ov := s.connector()
	l, addr := s.listening()
	s.pending(win32.ConnectEx(sock, addr, []byte("hello"), nil, ov), "ConnectEx")
	s.expect(port, ov, 5, connKey, 0)
	far, err := win32.Accept(l, nil, nil)
	s.must(err, "accepting")
	s.closingSocket(far)
	s.hears(far, "hello")
}

func connectRefused(s *scene) {
	port, sock, ov := s.connector()
	at := s.nameOf(sock)
	for range 2 {
		s.isPending(win32.ConnectEx(sock, s.refusedAddr(), nil, nil, ov), "ConnectEx to nobody")
		s.expect(port, ov, 0, connKey, win32.ERROR_CONNECTION_REFUSED)
		_, err := resultOf(sock, ov, false)
		s.code(err, win32.WSAECONNREFUSED, "the result")
	}
	_, addr := s.listening()
	s.pending(win32.ConnectEx(sock, addr, nil, nil, ov), "ConnectEx again")
	s.expect(port, ov, 0, connKey, 0)
	s.connectContext(sock)
	s.same(s.nameOf(sock), at, "the address")
}

func (s *scene) connected() (port win32.HANDLE, sock, far win32.SOCKET) {
	s.Helper()
	port, sock, ov := s.connector()
	l, addr := s.listening()
	s.pending(win32.ConnectEx(sock, addr, nil, nil, ov), "ConnectEx")
	s.expect(port, ov, 0, connKey, 0)
	far, err := win32.Accept(l, nil, nil)
	s.must(err, "accepting")
	s.closingSocket(far)
	return port, sock, far
}

func connectedAlready(s *scene) {
	port, sock, far := s.connected()
	s.connectContext(sock)
	ov := new(win32.OVERLAPPED)
	addr := s.nameOf(far)
	s.refusedNow(port, win32.ConnectEx(sock, addr, nil, nil, ov), win32.WSAEISCONN, "ConnectEx of a connected socket")
	s.code(win32.ConnectEx(s.newSocket(win32.SOCK_STREAM), addr, nil, nil, nil), win32.ERROR_INVALID_PARAMETER, "no OVERLAPPED")
}

func connectContextIsSet(s *scene) {
	port, sock, far := s.connected()
	addr := s.nameOf(far)
	s.code(win32.Connect(sock, addr), win32.WSAEINVAL, "Connect without the context")
	s.refusedNow(port, win32.ConnectEx(sock, addr, nil, nil, new(win32.OVERLAPPED)), win32.WSAEISCONN, "ConnectEx without the context")
	s.connectContext(sock)
	_, err := win32.Getpeername(sock)
	s.must(err, "Getpeername with the context")
	s.code(win32.Connect(sock, addr), win32.WSAEISCONN, "Connect with the context")
	s.must(win32.Shutdown(sock, win32.SD_SEND), "Shutdown with the context")
	s.ends(far)
}

func disconnects(s *scene) {
	port, near, far := s.pair()
	ov := new(win32.OVERLAPPED)
	s.pending(win32.DisconnectEx(near, ov, 0, 0), "DisconnectEx")
	s.expect(port, ov, 0, connKey, 0)
	s.ends(far)
	s.refusedNow(port, send(near, []byte("x"), ov), win32.WSAESHUTDOWN, "a send after that")
	s.says(far, "abc")
	s.pending(recv(near, make([]byte, 4), ov), "a receive after that")
	s.expect(port, ov, 3, connKey, 0)
	_, err := win32.Getpeername(near)
	s.must(err, "Getpeername after that")
}

func disconnectRefused(s *scene) {
	port := s.newPort(1)
	sock, ov := s.newStream(port, connKey), new(win32.OVERLAPPED)
	s.refusedNow(port, win32.DisconnectEx(sock, ov, 0, 0), win32.WSAENOTCONN, "an unconnected socket")
	other, near, _ := s.pair()
	s.refusedNow(other, win32.DisconnectEx(near, ov, 0xFF, 0), win32.WSAEINVAL, "other flags")
	s.refusedNow(other, win32.DisconnectEx(near, ov, 0, 1), win32.WSAEINVAL, "reserved not 0")
}

func disconnectWaits(s *scene) {
	port, near, far := s.pair()
	s.must(win32.DisconnectEx(near, nil, 0, 0), "DisconnectEx without OVERLAPPED")
	s.must(win32.DisconnectEx(near, nil, 0, 0), "a second time")
	s.ends(far)
	s.empty(port)
}

func disconnectInSkipMode(s *scene) {
	port, near, _ := s.pair()
	s.must(win32.SetFileCompletionNotificationModes(win32.HANDLE(near), win32.FILE_SKIP_COMPLETION_PORT_ON_SUCCESS), "skip mode")
	ov := new(win32.OVERLAPPED)
	s.isPending(win32.DisconnectEx(near, ov, 0, 0), "DisconnectEx")
	s.expect(port, ov, 0, connKey, 0)
}

func reuseOfASocket(s *scene) {
	a := s.newAcceptor()
	sock := s.newStream(a.port, connKey)
	for range 3 {
		s.pending(acceptEx(a.listen, sock, a.out, 0, a.ov), "AcceptEx")
		far := s.dial(a.addr)
		s.expect(a.port, a.ov, 0, listenKey, 0)
		s.acceptContext(sock, a.listen)
		s.pending(recv(sock, make([]byte, 4), a.ov), "a receive")
		s.says(far, "abc")
		s.expect(a.port, a.ov, 3, connKey, 0)
		s.must(win32.Shutdown(far, win32.SD_SEND), "the end of the peer")
		s.pending(recv(sock, make([]byte, 4), a.ov), "a receive of the end")
		s.expect(a.port, a.ov, 0, connKey, 0)
		s.pending(win32.DisconnectEx(sock, a.ov, win32.TF_REUSE_SOCKET, 0), "DisconnectEx")
		s.expect(a.port, a.ov, 0, connKey, 0)
		s.ends(far)
		_, err := win32.CreateIoCompletionPort(win32.HANDLE(sock), a.port, 1, 0)
		s.code(err, win32.ERROR_INVALID_PARAMETER, "associating it again")
	}
}

func noReuseWithoutTheFlag(s *scene) {
	port, sock, far := s.connected()
	s.connectContext(sock)
	ov := new(win32.OVERLAPPED)
	s.pending(win32.DisconnectEx(sock, ov, 0, 0), "DisconnectEx")
	s.expect(port, ov, 0, connKey, 0)
	s.code(win32.Connect(sock, s.nameOf(far)), win32.WSAEISCONN, "Connect again")
	s.refusedNow(port, win32.ConnectEx(sock, s.nameOf(far), nil, nil, ov), win32.WSAEISCONN, "ConnectEx again")
}

func transmitsAFile(s *scene) {
	content := bytes.Repeat([]byte("0123456789"), 500)
	name := filepath.Join(s.TempDir(), "file")
	s.must(os.WriteFile(name, content, 0o600), "making a file")
	port, near, far := s.pair()
	ov := new(win32.OVERLAPPED)
	head, tail := []byte("head"), []byte("tail!")
	buffers := &win32.TRANSMIT_FILE_BUFFERS{Head: &head[0], HeadLength: 4, Tail: &tail[0], TailLength: 5}
	for _, flags := range []uint32{0, win32.FILE_FLAG_OVERLAPPED} {
		file, err := win32.CreateFile(name, win32.GENERIC_READ, win32.FILE_SHARE_READ, win32.OPEN_EXISTING, flags, 0)
		s.must(err, "opening it")
		s.closing(file)
		*ov = win32.OVERLAPPED{}
		s.pending(win32.TransmitFile(near, file, 0, 0, ov, buffers, 0), "TransmitFile")
		s.hears(far, "head"+string(content)+"tail!")
		s.expect(port, ov, 5009, connKey, 0)
		ov.Offset = 4990
		s.pending(win32.TransmitFile(near, file, 0, 0, ov, nil, 0), "TransmitFile from an offset")
		s.hears(far, "0123456789")
		s.expect(port, ov, 10, connKey, 0)
		ov.Offset = 7
		s.pending(win32.TransmitFile(near, file, 3, 0, ov, nil, 0), "TransmitFile of a part")
		s.hears(far, "789")
		s.expect(port, ov, 3, connKey, 0)
	}
}

func transmitsBuffersOnly(s *scene) {
	port, near, far := s.pair()
	ov, head := new(win32.OVERLAPPED), []byte("head")
	s.pending(win32.TransmitFile(near, 0, 0, 0, ov, &win32.TRANSMIT_FILE_BUFFERS{Head: &head[0], HeadLength: 4}, 0), "TransmitFile without a file")
	s.hears(far, "head")
	s.expect(port, ov, 4, connKey, 0)
	unconnected := s.newStream(port, connKey)
	s.refusedNow(port, win32.TransmitFile(unconnected, 0, 0, 0, ov, nil, 0), win32.WSAENOTCONN, "an unconnected socket")
}

func whileItConnects(s *scene) {
	port, sock, ov := s.connector()
	l := s.newSocket(win32.SOCK_STREAM)
	addr := s.bound(l)
	s.must(win32.Listen(l, 0), "listening")
	s.dial(addr) // the backlog is full
	s.isPending(win32.ConnectEx(sock, addr, nil, nil, ov), "ConnectEx")
	other := new(win32.OVERLAPPED)
	s.code(win32.ConnectEx(sock, addr, nil, nil, other), win32.WSAEINVAL, "a second ConnectEx")
	s.code(win32.Connect(sock, addr), win32.WSAEINVAL, "Connect")
	s.code(recv(sock, make([]byte, 1), other), win32.WSAENOTCONN, "a receive")
	s.code(send(sock, []byte("x"), other), win32.WSAENOTCONN, "a send")
	s.code(win32.Shutdown(sock, win32.SD_BOTH), win32.WSAENOTCONN, "Shutdown")
	s.empty(port)
	s.must(win32.CancelIoEx(win32.HANDLE(sock), ov), "cancelling it")
	s.expect(port, ov, 0, connKey, win32.ERROR_OPERATION_ABORTED)
	plain := s.newStream(port, connKey) // and Connect and Shutdown queue nothing
	_, live := s.listening()
	s.must(win32.Connect(plain, live), "Connect")
	s.must(win32.Shutdown(plain, win32.SD_BOTH), "Shutdown")
	s.empty(port)
}
