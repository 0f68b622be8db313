// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest_test

import (
	"context"
	"fmt"
	"io"

	"iocp"
	"iocp/iocptest"
)

// session is one connection of the server under test.
type session struct {
	iocp.Overlapped
	conn  *iocp.TCPConn
	buf   []byte
	state int
}

// serve is the server under test: it accepts, and sends back what it receives. Errors of a connection
// end that connection, and nothing else.
func serve(port *iocp.Port, l *iocp.TCPListener, newConn func() *iocp.TCPConn) {
	accept := func(s *session) {
		s.conn, s.state = newConn(), accepting
		l.Accept(s, s.conn) // an error means that the listener is closed
	}
	receive := func(s *session) {
		s.state = receiving
		if s.conn.Recv(s, s.buf) != nil {
			s.conn.Close()
		}
	}
	accept(new(session))
	for c := range port.All() {
		switch s := c.Op.(*session); {
		case s.state == accepting:
			if c.Err == nil && port.Associate(s.conn, nil) == nil {
				receive(&session{conn: s.conn, buf: make([]byte, 100)})
			}
			accept(s)
		case c.Err != nil:
			s.conn.Close()
		case s.state == receiving:
			s.state = sending
			if s.conn.Send(s, s.buf[:c.Bytes]) != nil {
				s.conn.Close()
			}
		default:
			receive(s)
		}
	}
}

// A server on a machine where one thing in twenty goes wrong: connections break, there are no
// descriptors, no memory, and operations are interrupted. Clients try again until their text has come
// back, so in the end all are served, unless the server has died of it.
func ExampleNewSim() {
	sim := iocptest.NewSim(2026, iocptest.Hostile(0.05))
	port, _ := sim.Port(iocp.Config{Concurrency: 1})
	var l *iocp.TCPListener
	for l == nil {
		l, _ = sim.ListenTCP("tcp", "10.0.0.1:7") // at times there is no descriptor for it
	}
	port.Associate(l, nil)
	go serve(port, l, sim.NewTCPConn)

	served := 0
	for served < 100 {
		text := fmt.Sprintf("this is text %d", served)
		c, err := sim.Dial(context.Background(), "10.0.0.1:7")
		if err != nil {
			fmt.Println(err)
			return
		}
		c.Write([]byte(text))
		echo := make([]byte, len(text))
		if _, err := io.ReadFull(c, echo); err == nil && string(echo) == text {
			served++
		}
		c.Close()
	}
	fmt.Println(served, "clients have been served")
	l.Close()
	port.Close()
	// Output: 100 clients have been served
}
