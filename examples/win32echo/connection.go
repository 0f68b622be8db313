// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package main

import (
	"log"
	"net"
	"unsafe"

	"iocp/win32"
)

// Completion keys tell from what kind of handle a packet comes. Which one it is, the OVERLAPPED
// tells: a key is a number, which keeps nothing from the garbage collector.
const (
	keyStop       = 0 // posted: the worker shall end
	keyListener   = 1
	keyConnection = 2
)

// accept is an AcceptEx in flight, and the socket for whoever comes. The OVERLAPPED is the first
// field, so that its address is that of the accept.
type accept struct {
	win32.OVERLAPPED
	socket    win32.SOCKET
	addresses [2 * addressLength]byte
}

// addressLength is the room that AcceptEx wants for an address.
const addressLength = win32.SizeofSockaddrInet6 + 16

// connection is one client. It has one operation in flight, either a receive or a send.
type connection struct {
	socket  win32.SOCKET
	receive request
	send    request
	buffer  [4096]byte
}

// request is an operation of a connection.
type request struct {
	win32.OVERLAPPED
	connection *connection
	data       [1]win32.WSABUF
}

// acceptOf and requestOf are what C calls CONTAINING_RECORD.
func acceptOf(ov *win32.OVERLAPPED) *accept   { return (*accept)(unsafe.Pointer(ov)) }
func requestOf(ov *win32.OVERLAPPED) *request { return (*request)(unsafe.Pointer(ov)) }

// accept starts to accept a connection with a, which is new or has been used before.
func (s *server) accept(a *accept) (err error) {
	if a.socket, err = s.newSocket(); err != nil {
		return err
	}
	a.OVERLAPPED = win32.OVERLAPPED{}
	s.mu.Lock()
	defer s.mu.Unlock()
	err = net.ErrClosed
	if !s.stopping {
		s.serving.Add(1)
		err = win32.AcceptEx(s.listener, a.socket, a.addresses[:], 0, addressLength, addressLength, nil, &a.OVERLAPPED)
		if started(err) {
			return nil
		}
		s.serving.Done()
	}
	win32.Closesocket(a.socket)
	return err
}

// started reports whether an operation goes on, or is done: in both cases a packet comes.
func started(err error) bool { return err == nil || err == win32.ERROR_IO_PENDING }

// accepted is called with the packet of an accept. It serves the client, if one is left, and
// accepts the next.
func (s *server) accepted(a *accept, err error) {
	defer s.serving.Done()
	if err == nil {
		err = s.serve(a.socket)
	}
	if err != nil {
		win32.Closesocket(a.socket)
	}
	if err := s.accept(a); err != nil && err != net.ErrClosed {
		log.Print("accepting: ", err)
	}
}

// serve makes a connection of an accepted socket, and receives.
func (s *server) serve(socket win32.SOCKET) error {
	listener := unsafe.Slice((*byte)(unsafe.Pointer(&s.listener)), unsafe.Sizeof(s.listener))
	if err := win32.Setsockopt(socket, win32.SOL_SOCKET, win32.SO_UPDATE_ACCEPT_CONTEXT, listener); err != nil {
		return err
	}
	if _, err := win32.CreateIoCompletionPort(win32.HANDLE(socket), s.port, keyConnection, 0); err != nil {
		return err
	}
	c := &connection{socket: socket}
	c.receive.connection, c.send.connection = c, c
	s.serving.Add(1)
	s.mu.Lock()
	s.connections[c] = true
	s.mu.Unlock()
	s.receive(c)
	return nil
}

// receive waits for what the client sends next.
func (s *server) receive(c *connection) {
	r := &c.receive
	r.OVERLAPPED = win32.OVERLAPPED{}
	r.data[0].SetBytes(c.buffer[:])
	var flags uint32
	if !started(win32.WSARecv(c.socket, r.data[:], nil, &flags, &r.OVERLAPPED, nil)) {
		s.end(c)
		return
	}
	s.mu.Lock()
	if s.stopping && s.connections[c] {
		c.interrupt() // stop may have come before the receive
	}
	s.mu.Unlock()
}

// echo sends the first n bytes of the buffer back.
func (s *server) echo(c *connection, n uint32) {
	r := &c.send
	r.OVERLAPPED = win32.OVERLAPPED{}
	r.data[0].SetBytes(c.buffer[:n])
	if !started(win32.WSASend(c.socket, r.data[:], nil, 0, &r.OVERLAPPED, nil)) {
		s.end(c)
	}
}

// moved is called with the packet of a request. An error, and the 0 bytes that are the end of what
// the client sends, end the connection.
func (s *server) moved(r *request, n uint32, err error) {
	c := r.connection
	switch {
	case err != nil || n == 0:
		s.end(c)
	case r == &c.receive:
		s.echo(c, n)
	default:
		s.receive(c)
	}
}

// interrupt ends the receive, if one is in flight; its packet comes as an error. The socket must
// be open.
func (c *connection) interrupt() {
	win32.CancelIoEx(win32.HANDLE(c.socket), &c.receive.OVERLAPPED)
}

// end closes a connection that has nothing in flight.
func (s *server) end(c *connection) {
	s.mu.Lock()
	delete(s.connections, c)
	s.mu.Unlock()
	win32.Shutdown(c.socket, win32.SD_SEND)
	win32.Closesocket(c.socket)
	s.serving.Done()
}
