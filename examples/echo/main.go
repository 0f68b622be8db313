// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Echo is the classic completion port server: one port, a few workers, and one operation in
// flight for every connection. It needs no goroutine for a connection, and no locks: a
// connection's next operation starts when the packet of its last one is handled.
//
//	go run ./examples/echo [address]
package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime"
	"sync"

	"iocp"
)

// accept is the operation of the listener; the connection it fills comes with it.
type accept struct {
	iocp.Overlapped
	conn *iocp.TCPConn
}

// session is one connection: its receive, its send, and the buffer both use in turn.
type session struct {
	conn *iocp.TCPConn
	recv recv
	send send
	buf  [4096]byte
}

type recv struct {
	iocp.Overlapped
	*session
}

type send struct {
	iocp.Overlapped
	*session
}

type server struct {
	port     *iocp.Port
	listener *iocp.TCPListener
	workers  sync.WaitGroup
}

func main() {
	addr := "127.0.0.1:7777"
	if len(os.Args) > 1 {
		addr = os.Args[1]
	}
	s, err := start(addr, 2*runtime.NumCPU())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("echoing on", s.listener.Addr())
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	<-interrupt
	s.stop()
}

func start(addr string, workers int) (*server, error) {
	port, err := iocp.NewPort(iocp.Config{})
	if err != nil {
		return nil, err
	}
	l, err := iocp.ListenTCP("tcp", addr)
	if err != nil {
		return nil, err
	}
	if err := port.Associate(l, nil); err != nil {
		return nil, err
	}
	s := &server{port: port, listener: l}
	for range workers {
		s.workers.Go(s.work)
	}
	return s, s.accept(&accept{})
}

// stop ends accepting and the workers. Connections that are open end with the process.
func (s *server) stop() {
	s.listener.Close()
	s.port.Close()
	s.workers.Wait()
}

func (s *server) work() {
	for c := range s.port.All() {
		switch op := c.Op.(type) {
		case *accept:
			s.accepted(op, c.Err)
		case *recv:
			op.done(c)
		case *send:
			op.done(c)
		}
	}
}

func (s *server) accept(op *accept) error {
	op.conn = iocp.NewTCPConn()
	return s.listener.Accept(op, op.conn)
}

func (s *server) accepted(op *accept, err error) {
	if err != nil {
		log.Print("accept: ", err)
		return
	}
	ss := &session{conn: op.conn}
	ss.recv.session, ss.send.session = ss, ss
	if err := s.port.Associate(ss.conn, nil); err != nil {
		log.Print("associate: ", err)
		ss.conn.Close()
	} else {
		ss.receive()
	}
	if err := s.accept(op); err != nil {
		log.Print("accept: ", err)
	}
}

func (ss *session) receive() {
	if err := ss.conn.Recv(&ss.recv, ss.buf[:]); err != nil {
		ss.conn.Close()
	}
}

// done: what came goes back. At the end of the stream, or when the connection broke, the
// session is over; the packet was its only operation in flight.
func (op *recv) done(c iocp.Completion) {
	if c.Err != nil {
		op.conn.Close()
		return
	}
	if err := op.conn.Send(&op.send, op.buf[:c.Bytes]); err != nil {
		op.conn.Close()
	}
}

func (op *send) done(c iocp.Completion) {
	if c.Err != nil {
		op.conn.Close()
		return
	}
	op.receive()
}
