// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"log"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"iocp/aix"
)

// stopKey is the completion key of the packets that tell workers to end. Connections have others.
const stopKey = 0

type server struct {
	listener int
	number   int // of the port it listens on
	port     aix.HANDLE
	n        int // of workers

	accepting, workers, open sync.WaitGroup

	mu       sync.Mutex
	sessions map[uint32]*session // by completion key
	lastKey  uint32
	stopping bool
}

// start listens, creates the completion port, and starts the workers and the thread that accepts.
func start(addr [4]byte, number, workers int) (*server, error) {
	s := &server{n: workers, sessions: make(map[uint32]*session)}
	if err := s.listen(addr, number); err != nil {
		return nil, err
	}
	port, err := aix.CreateIoCompletionPort(aix.INVALID_HANDLE_VALUE, aix.NULL, 0, 0)
	if err != nil {
		unix.Close(s.listener)
		return nil, err
	}
	s.port = port
	for range workers {
		s.workers.Go(s.work)
	}
	s.accepting.Go(s.accept)
	return s, nil
}

func (s *server) listen(addr [4]byte, number int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	err = unix.Bind(fd, &unix.SockaddrInet4{Addr: addr, Port: number})
	if err == nil {
		err = unix.Listen(fd, 1024)
	}
	if err != nil {
		unix.Close(fd)
		return err
	}
	if sa, err := unix.Getsockname(fd); err == nil {
		number = sa.(*unix.SockaddrInet4).Port
	}
	s.listener, s.number = fd, number
	return nil
}

// accept is the thread that takes connections: AIX's ports have no accept of their own.
func (s *server) accept() {
	for {
		fd, _, err := unix.Accept4(s.listener, unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			s.admit(aix.HANDLE(fd))
		case unix.EINTR, unix.ECONNABORTED:
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			log.Print("accept: ", err)
			time.Sleep(10 * time.Millisecond) // until a connection ends
		default:
			return // the listener has been shut down
		}
	}
}

// admit associates a connection with the port and lets a worker begin with it.
func (s *server) admit(fd aix.HANDLE) {
	ss := s.add(fd)
	if ss == nil {
		unix.Close(int(fd))
		return
	}
	if _, err := aix.CreateIoCompletionPort(fd, s.port, ss.key, 0); err != nil {
		log.Print("associate: ", err)
		s.end(ss)
		return
	}
	if err := aix.PostQueuedCompletionStatus(s.port, 0, ss.key, &ss.overlapped); err != nil {
		log.Print("post: ", err)
		s.end(ss)
	}
}

// add gives the connection a key and enters it in the table, unless the server is stopping.
func (s *server) add(fd aix.HANDLE) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return nil
	}
	for s.lastKey++; s.lastKey == stopKey || s.sessions[s.lastKey] != nil; s.lastKey++ {
	}
	ss := &session{fd: fd, key: s.lastKey}
	s.sessions[ss.key] = ss
	s.open.Add(1)
	return ss
}

func (s *server) session(key uint32) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[key]
}

// end closes a connection that has nothing in flight.
func (s *server) end(ss *session) {
	s.mu.Lock()
	delete(s.sessions, ss.key)
	s.mu.Unlock()
	aix.Close(ss.fd)
	s.open.Done()
}

// work is a worker: it takes packets and goes on with their connections.
func (s *server) work() {
	for {
		var count, key uint32
		var overlapped *aix.OVERLAPPED
		err := aix.GetQueuedCompletionStatus(s.port, &count, &key, &overlapped, aix.INFINITE)
		if overlapped == nil && err != nil {
			log.Print("get: ", err)
			return
		}
		if key == stopKey {
			return
		}
		ss := s.session(key)
		if err = ss.proceed(count, err); err != unix.EINPROGRESS {
			s.end(ss)
		}
	}
}

// stop ends accepting, then the connections, and then the workers.
func (s *server) stop() {
	unix.Shutdown(s.listener, unix.SHUT_RDWR)
	s.accepting.Wait()
	unix.Close(s.listener)
	s.mu.Lock()
	s.stopping = true
	for _, ss := range s.sessions {
		unix.Shutdown(int(ss.fd), unix.SHUT_RDWR) // what is pending on it ends
	}
	s.mu.Unlock()
	s.open.Wait()
	for range s.n {
		aix.PostQueuedCompletionStatus(s.port, 0, stopKey, nil)
	}
	s.workers.Wait()
	aix.Close(s.port)
}
