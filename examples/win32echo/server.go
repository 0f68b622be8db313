// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package main

import (
	"log"
	"sync"

	"iocp/win32"
)

// server is a port, a socket that listens, workers, and connections.
type server struct {
	port     win32.HANDLE
	listener win32.SOCKET
	family   int32

	workers int
	running sync.WaitGroup // workers
	serving sync.WaitGroup // accepts, and connections: for each a packet is still to come

	mu          sync.Mutex
	stopping    bool                 // nothing new shall begin
	connections map[*connection]bool // those whose sockets are open
}

// start listens on addr and begins to serve.
func start(addr string, workers int) (*server, error) {
	s := &server{workers: workers, connections: make(map[*connection]bool)}
	if err := s.open(addr); err != nil {
		return nil, err
	}
	for range workers {
		s.running.Go(s.work)
	}
	for range workers {
		if err := s.accept(new(accept)); err != nil {
			s.stop()
			return nil, err
		}
	}
	return s, nil
}

// open makes the socket that listens, and a port for it and its connections.
func (s *server) open(addr string) error {
	name, family, err := sockaddr(addr)
	if err != nil {
		return err
	}
	s.family = family
	if s.listener, err = s.newSocket(); err != nil {
		return err
	}
	if err = win32.Bind(s.listener, name); err == nil {
		err = win32.Listen(s.listener, win32.SOMAXCONN)
	}
	if err == nil {
		s.port, err = win32.CreateIoCompletionPort(win32.HANDLE(s.listener), 0, keyListener, 0)
	}
	if err != nil {
		win32.Closesocket(s.listener)
	}
	return err
}

// newSocket makes a socket for overlapped I/O.
func (s *server) newSocket() (win32.SOCKET, error) {
	return win32.WSASocket(s.family, win32.SOCK_STREAM, win32.IPPROTO_TCP, nil, 0, win32.WSA_FLAG_OVERLAPPED)
}

// work takes packets and does what they ask for, until one tells it to stop.
func (s *server) work() {
	for {
		var n uint32
		var key uintptr
		var ov *win32.OVERLAPPED
		err := win32.GetQueuedCompletionStatus(s.port, &n, &key, &ov, win32.INFINITE)
		switch {
		case ov == nil && err != nil:
			log.Print("no packet: ", err)
			return
		case key == keyStop:
			return
		case key == keyListener:
			s.accepted(acceptOf(ov), err)
		default:
			s.moved(requestOf(ov), n, err)
		}
	}
}

// stop accepts no more, lets what has been received go back, closes the connections and ends
// the workers. Nothing is left afterwards. A client that does not read what is sent to it delays
// that.
func (s *server) stop() {
	s.mu.Lock()
	s.stopping = true
	win32.Closesocket(s.listener) // which ends the accepts
	for c := range s.connections {
		c.interrupt()
	}
	s.mu.Unlock()
	s.serving.Wait()
	for range s.workers {
		win32.PostQueuedCompletionStatus(s.port, 0, keyStop, nil)
	}
	s.running.Wait()
	win32.CloseHandle(s.port)
}
