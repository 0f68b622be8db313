// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Chat is a chat server in which everything, messages between the connections too, is a packet
// of one port. What a client types is posted to the port once for every other client. One
// worker serves the room, so its lists need no lock, and a slow reader delays nobody.
//
//	go run ./examples/chat [address]      then, several times: nc 127.0.0.1 7778
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"os/signal"
	"slices"

	"iocp"
)

type accept struct {
	iocp.Overlapped
	conn *iocp.TCPConn
}

type client struct {
	name    string
	conn    *iocp.TCPConn
	recv    recv
	send    send
	buf     [1024]byte
	line    []byte
	queue   [][]byte // messages to send
	sending [][]byte // those that are under way
	gone    bool
}

type recv struct {
	iocp.Overlapped
	*client
}

type send struct {
	iocp.Overlapped
	*client
}

// message is posted for every client that shall see it.
type message struct {
	iocp.Overlapped
	to   *client
	text []byte
}

// backlog is how many messages a client may leave unread before it is disconnected.
const backlog = 1000

type room struct {
	port     *iocp.Port
	listener *iocp.TCPListener
	clients  []*client
	names    int
	done     chan struct{}
}

func main() {
	addr := "127.0.0.1:7778"
	if len(os.Args) > 1 {
		addr = os.Args[1]
	}
	r, err := open(addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("chatting on", r.listener.Addr())
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	<-interrupt
	r.close()
}

func open(addr string) (*room, error) {
	port, err := iocp.NewPort(iocp.Config{Concurrency: 1})
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
	r := &room{port: port, listener: l, done: make(chan struct{})}
	go r.serve()
	return r, r.accept(&accept{})
}

func (r *room) close() {
	r.listener.Close()
	r.port.Close()
	<-r.done
	for _, c := range r.clients {
		c.conn.Close()
	}
}

func (r *room) serve() {
	defer close(r.done)
	for c := range r.port.All() {
		switch op := c.Op.(type) {
		case *accept:
			r.accepted(op, c.Err)
		case *recv:
			r.received(op.client, c)
		case *send:
			r.sent(op.client, c)
		case *message:
			r.deliver(op.to, op.text)
		}
	}
}

func (r *room) accept(op *accept) error {
	op.conn = iocp.NewTCPConn()
	return r.listener.Accept(op, op.conn)
}

func (r *room) accepted(op *accept, err error) {
	if err != nil {
		return
	}
	r.names++
	c := &client{name: fmt.Sprintf("guest %d", r.names), conn: op.conn}
	c.recv.client, c.send.client = c, c
	if err := r.port.Associate(c.conn, nil); err == nil {
		r.clients = append(r.clients, c)
		r.tell(c, []byte(c.name+" has come\n"))
		r.receive(c)
	}
	if err := r.accept(op); err != nil {
		log.Print("accept: ", err)
	}
}

func (r *room) receive(c *client) {
	if err := c.conn.Recv(&c.recv, c.buf[:]); err != nil {
		r.leave(c)
	}
}

func (r *room) received(c *client, k iocp.Completion) {
	if k.Err != nil {
		r.leave(c)
		return
	}
	c.line = append(c.line, c.buf[:k.Bytes]...)
	for {
		i := bytes.IndexByte(c.line, '\n')
		if i < 0 {
			break
		}
		r.tell(c, append([]byte(c.name+": "), c.line[:i+1]...))
		c.line = c.line[i+1:]
	}
	if len(c.line) > len(c.buf) {
		c.line = nil // nobody types that much without a new line
	}
	r.receive(c)
}

// tell posts text to everybody but from.
func (r *room) tell(from *client, text []byte) {
	for _, c := range r.clients {
		if c != from {
			r.port.Post(iocp.Completion{Op: &message{to: c, text: text}})
		}
	}
}

func (r *room) deliver(c *client, text []byte) {
	if c.gone {
		return
	}
	if c.queue = append(c.queue, text); len(c.queue) > backlog {
		r.leave(c)
		return
	}
	r.flush(c)
}

// flush sends all that is waiting in one operation, unless one is under way.
func (r *room) flush(c *client) {
	if c.gone || len(c.sending) > 0 || len(c.queue) == 0 {
		return
	}
	c.sending, c.queue = c.queue, nil
	if err := c.conn.Sendv(&c.send, c.sending); err != nil {
		c.sending = nil
		r.leave(c)
	}
}

func (r *room) sent(c *client, k iocp.Completion) {
	c.sending = nil
	if k.Err != nil {
		r.leave(c)
		return
	}
	r.flush(c)
}

func (r *room) leave(c *client) {
	if c.gone {
		return
	}
	c.gone = true
	c.conn.Close()
	r.clients = slices.DeleteFunc(r.clients, func(o *client) bool { return o == c })
	r.tell(c, []byte(c.name+" has gone\n"))
}
