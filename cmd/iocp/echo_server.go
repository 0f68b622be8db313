// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"iocp"
)

const (
	// acceptsPending is how many accepts wait at a time: so many connections are taken
	// without a worker in between.
	acceptsPending = 16

	// packetsPerGet is how many packets a worker takes at a time. A batch costs one
	// slot of the port (C12), and answering a message never blocks.
	packetsPerGet = 64

	// acceptPause is how long an accept waits after an error. Most often descriptors
	// have run out, and only connections that end can help.
	acceptPause = 100 * time.Millisecond
)

// An echoServer sends back what its connections receive. Its workers share the port and
// keep no state of their own; the lock is taken when a connection begins or ends, never
// for a message.
type echoServer struct {
	port     *iocp.Port
	listener *iocp.TCPListener
	size     int // of a connection's buffer
	log      *slog.Logger
	workers  sync.WaitGroup

	mu       sync.Mutex
	stopping bool
	sessions map[*session]struct{}
	accepts  int           // accept operations that will still bring a packet
	served   int           // connections so far
	idle     chan struct{} // closed when stopping and nothing is left
	ended    bool          // idle is closed
}

// A session is one connection: it receives, sends back what came, and receives again, so
// that one operation and one buffer are all it ever needs.
type session struct {
	iocp.Overlapped
	conn    *iocp.TCPConn
	buf     []byte
	sending bool // what the operation in flight does
}

// An acceptance is an accept with the connection that it will fill.
type acceptance struct {
	iocp.Overlapped
	conn *iocp.TCPConn
}

func newEchoServer(port *iocp.Port, size int, log *slog.Logger) *echoServer {
	return &echoServer{
		port:     port,
		size:     size,
		log:      log,
		sessions: make(map[*session]struct{}),
		idle:     make(chan struct{}),
	}
}

// listen opens the listener and starts the accepts that keep it served.
func (e *echoServer) listen(addr string) error {
	l, err := iocp.ListenTCP("tcp", addr)
	if err != nil {
		return err
	}
	e.listener = l
	if err := e.port.Associate(l, nil); err != nil {
		l.Close()
		return err
	}
	for range acceptsPending {
		if err := e.accept(new(acceptance)); err != nil {
			l.Close()
			return err
		}
	}
	return nil
}

// work starts n workers.
func (e *echoServer) work(n int) {
	for range n {
		e.workers.Go(e.worker)
	}
}

// worker takes packets until the port is closed.
func (e *echoServer) worker() {
	var batch [packetsPerGet]iocp.Completion
	for {
		n, err := e.port.GetBatch(batch[:], iocp.Infinite)
		if err != nil {
			return
		}
		for i := range batch[:n] {
			switch op := batch[i].Op.(type) {
			case *session:
				e.step(op, &batch[i])
			case *acceptance:
				e.accepted(op, batch[i].Err)
			}
		}
	}
}

// step starts the next operation of s, whose last one ended with c. Once that is done the
// session may be in the hands of another worker already: nothing of s is touched after.
func (e *echoServer) step(s *session, c *iocp.Completion) {
	err := c.Err
	if err == nil {
		if s.sending = !s.sending; s.sending {
			err = s.conn.Send(s, s.buf[:c.Bytes])
		} else {
			err = s.conn.Recv(s, s.buf)
		}
	}
	if err != nil {
		e.drop(s)
	}
}

// accept starts an accept, which counts as pending until acceptEnded.
func (e *echoServer) accept(a *acceptance) error {
	a.conn = iocp.NewTCPConn()
	e.mu.Lock()
	e.accepts++
	e.mu.Unlock()
	err := e.listener.Accept(a, a.conn)
	if err != nil {
		e.acceptEnded()
	}
	return err
}

func (e *echoServer) acceptEnded() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.accepts--
	e.settle()
}

// accepted takes over the connection that a brought and accepts the next one.
func (e *echoServer) accepted(a *acceptance, err error) {
	defer e.acceptEnded()
	if err != nil {
		e.acceptLater(a, err)
		return
	}
	e.serve(a.conn)
	e.acceptAgain(a)
}

func (e *echoServer) acceptAgain(a *acceptance) {
	if err := e.accept(a); err != nil {
		e.acceptLater(a, err)
	}
}

func (e *echoServer) acceptLater(a *acceptance, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopping {
		return
	}
	e.log.Warn("accept", "error", explain(err), "retry", acceptPause)
	time.AfterFunc(acceptPause, func() { e.acceptAgain(a) })
}

// serve starts the first receive on a new connection.
func (e *echoServer) serve(conn *iocp.TCPConn) {
	s := &session{conn: conn, buf: make([]byte, e.size)}
	if !e.add(s) {
		conn.Close()
		return
	}
	err := e.port.Associate(conn, nil)
	if err == nil {
		err = conn.Recv(s, s.buf)
	}
	if err != nil {
		e.log.Warn("connection", "remote", conn.RemoteAddr(), "error", explain(err))
		e.drop(s)
	}
}

func (e *echoServer) add(s *session) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopping {
		return false
	}
	e.sessions[s] = struct{}{}
	e.served++
	return true
}

// drop ends a session that has no operation in flight.
func (e *echoServer) drop(s *session) {
	s.conn.Close()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.sessions, s)
	e.settle()
}

// settle tells stop when nothing is left. The caller holds e.mu.
func (e *echoServer) settle() {
	if e.stopping && !e.ended && e.accepts == 0 && len(e.sessions) == 0 {
		e.ended = true
		close(e.idle)
	}
}

// stop ends the server: it accepts nothing more and lets every connection send back what
// has arrived. Connections that are not done within drain are closed all the same, and
// counted in the error.
func (e *echoServer) stop(drain time.Duration) error {
	e.mu.Lock()
	e.stopping = true
	e.settle()
	e.mu.Unlock()
	e.listener.Close()
	e.each(endReading)
	late := 0
	select {
	case <-e.idle:
	case <-time.After(drain):
		late = e.each(func(c *iocp.TCPConn) { c.Close() })
		<-e.idle
	}
	e.port.Close()
	e.workers.Wait()
	if late > 0 {
		return fmt.Errorf("%s cut off after %v; -drain sets the time they get", count(late, "connection", "connections"), drain)
	}
	return nil
}

// each calls f for the connection of every session and returns how many there were.
func (e *echoServer) each(f func(*iocp.TCPConn)) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	for s := range e.sessions {
		f(s.conn)
	}
	return len(e.sessions)
}
