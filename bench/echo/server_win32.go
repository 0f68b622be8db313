// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"net/netip"
	"sync"
	"unsafe"

	"iocp/win32"
)

// conn32 is a connection of the server by the documented names. The key of its packets is the
// direction, and the OVERLAPPEDs are at the ends of the struct's beginning.
type conn32 struct {
	recv, send request32
	socket     win32.SOCKET
	buf        [bufferSize]byte
}

type request32 struct {
	win32.OVERLAPPED
	conn *conn32
	bufs [1]win32.WSABUF
}

type server32 struct {
	port      win32.HANDLE
	listener  win32.SOCKET
	accept    win32.OVERLAPPED
	next      win32.SOCKET
	addresses [64]byte
}

// serveWin32 is serveIOCP by the documented names.
func serveWin32(addr string, workers int) error {
	a, err := netip.ParseAddrPort(addr)
	if err != nil {
		return err
	}
	s := new(server32)
	if s.port, err = win32.CreateIoCompletionPort(win32.INVALID_HANDLE_VALUE, 0, 0, 0); err != nil {
		return err
	}
	if s.listener, err = newSocket32(); err != nil {
		return err
	}
	if err := win32.Bind(s.listener, &win32.SockaddrInet4{Port: a.Port(), Addr: a.Addr().As4()}); err != nil {
		return err
	}
	if err := win32.Listen(s.listener, win32.SOMAXCONN); err != nil {
		return err
	}
	if _, err := win32.CreateIoCompletionPort(win32.HANDLE(s.listener), s.port, 0, 0); err != nil {
		return err
	}
	if err := s.acceptNext(); err != nil {
		return err
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(s.work)
	}
	wg.Wait()
	return nil
}

func newSocket32() (win32.SOCKET, error) {
	return win32.WSASocket(win32.AF_INET, win32.SOCK_STREAM, win32.IPPROTO_TCP, nil, 0, win32.WSA_FLAG_OVERLAPPED)
}

func (s *server32) acceptNext() (err error) {
	if s.next, err = newSocket32(); err != nil {
		return err
	}
	return pending(win32.AcceptEx(s.listener, s.next, s.addresses[:], 0, 32, 32, nil, &s.accept))
}

// pending is nil for an operation that goes on: a packet will come.
func pending(err error) error {
	if err == win32.ERROR_IO_PENDING {
		return nil
	}
	return err
}

func (s *server32) work() {
	entries := make([]win32.OVERLAPPED_ENTRY, 64)
	for {
		var n uint32
		if win32.GetQueuedCompletionStatusEx(s.port, entries, &n, win32.INFINITE, false) != nil {
			return
		}
		for i := range entries[:n] {
			if e := &entries[i]; e.LpOverlapped == &s.accept {
				s.accepted(e)
			} else {
				(*request32)(unsafe.Pointer(e.LpOverlapped)).done(e)
			}
		}
	}
}

func (s *server32) accepted(e *win32.OVERLAPPED_ENTRY) {
	if e.Internal == 0 {
		c := &conn32{socket: s.next}
		c.recv.conn, c.send.conn = c, c
		on := []byte{1, 0, 0, 0}
		win32.Setsockopt(c.socket, win32.IPPROTO_TCP, win32.TCP_NODELAY, on)
		if _, err := win32.CreateIoCompletionPort(win32.HANDLE(c.socket), s.port, 1, 0); err != nil || c.receive() != nil {
			win32.Closesocket(c.socket)
		}
	}
	s.acceptNext()
}

// done is the end of a request.
func (r *request32) done(e *win32.OVERLAPPED_ENTRY) {
	c, err := r.conn, error(nil)
	switch {
	case e.Internal != 0, r == &c.recv && e.DwNumberOfBytesTransferred == 0:
		win32.Closesocket(c.socket)
		return
	case r == &c.recv:
		c.send.bufs[0].SetBytes(c.buf[:e.DwNumberOfBytesTransferred])
		err = pending(win32.WSASend(c.socket, c.send.bufs[:], nil, 0, &c.send.OVERLAPPED, nil))
	default:
		err = c.receive()
	}
	if err != nil {
		win32.Closesocket(c.socket)
	}
}

func (c *conn32) receive() error {
	var flags uint32
	c.recv.bufs[0].SetBytes(c.buf[:])
	return pending(win32.WSARecv(c.socket, c.recv.bufs[:], nil, &flags, &c.recv.OVERLAPPED, nil))
}
