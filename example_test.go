// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"

	"iocp"
)

// A port as a queue: nothing but posts.
func Example() {
	port, err := iocp.NewPort(iocp.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer port.Close()

	port.Post(iocp.Completion{Key: "greeting", Bytes: 5})
	port.Post(iocp.Completion{Key: "farewell", Bytes: 3})
	for range 2 {
		c, err := port.Get(iocp.Infinite)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(c.Key, c.Bytes)
	}
	// Output:
	// greeting 5
	// farewell 3
}

// block is an operation of the copy below: one piece of the file on its way.
type block struct {
	iocp.Overlapped
	buf     []byte
	off     int64
	writing bool
}

// Several blocks of a file are on their way at one time, each read and then written where it
// belongs.
func ExampleFile() {
	port, err := iocp.NewPort(iocp.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer port.Close()
	dir, err := os.MkdirTemp("", "iocp")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	if err := os.WriteFile(from, make([]byte, 1_000_000), 0o600); err != nil {
		log.Fatal(err)
	}

	src, err := iocp.OpenFile(from, os.O_RDONLY, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer src.Close()
	dst, err := iocp.OpenFile(to, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	defer dst.Close()
	for _, f := range []*iocp.File{src, dst} {
		if err := port.Associate(f, nil); err != nil {
			log.Fatal(err)
		}
	}
	copied, err := copyFile(port, src, dst)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(copied, "bytes copied")
	// Output: 1000000 bytes copied
}

func copyFile(port *iocp.Port, src, dst *iocp.File) (copied int64, err error) {
	const size, depth = 64 << 10, 8
	inFlight := 0
	for i := range int64(depth) {
		b := &block{buf: make([]byte, size), off: i * size}
		if err := src.Read(b, b.buf, b.off); err != nil {
			return copied, err
		}
		inFlight++
	}
	for inFlight > 0 {
		c, err := port.Get(iocp.Infinite)
		if err != nil {
			return copied, err
		}
		b := c.Op.(*block)
		switch {
		case c.Err == io.EOF:
			inFlight--
			continue
		case c.Err != nil:
			return copied, c.Err
		case b.writing:
			copied += c.Bytes
			b.writing = false
			b.off += depth * size
			err = src.Read(b, b.buf, b.off)
		default:
			b.writing = true
			err = dst.Write(b, b.buf[:c.Bytes], b.off)
		}
		if err != nil {
			return copied, err
		}
	}
	return copied, nil
}

// session is a connection of the echo server below. It has one operation in flight at a time,
// so it can be that operation itself.
type session struct {
	iocp.Overlapped
	conn    *iocp.TCPConn
	buf     [4096]byte
	sending bool
}

// Complete goes on after a receive or a send.
func (s *session) Complete(c iocp.Completion) {
	if c.Err != nil { // io.EOF, mostly
		s.conn.Close()
		return
	}
	if s.sending = !s.sending; s.sending {
		c.Err = s.conn.Send(s, s.buf[:c.Bytes])
	} else {
		c.Err = s.conn.Recv(s, s.buf[:])
	}
	if c.Err != nil {
		s.conn.Close()
	}
}

// acceptor is the operation that waits for the next connection.
type acceptor struct {
	iocp.Overlapped
	port     *iocp.Port
	listener *iocp.TCPListener
	conn     *iocp.TCPConn
}

func (a *acceptor) start() error {
	a.conn = iocp.NewTCPConn()
	return a.listener.Accept(a, a.conn)
}

// Complete starts to serve the connection, and to wait for another.
func (a *acceptor) Complete(c iocp.Completion) {
	if c.Err != nil { // the listener was closed
		return
	}
	s := &session{conn: a.conn}
	if err := a.port.Associate(s.conn, nil); err != nil {
		log.Fatal(err)
	}
	if err := s.conn.Recv(s, s.buf[:]); err != nil {
		s.conn.Close()
	}
	if err := a.start(); err != nil {
		log.Print(err)
	}
}

// An echo server: a pool of workers, and operations that know how to go on.
func ExamplePool() {
	port, err := iocp.NewPort(iocp.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer port.Close()
	listener, err := iocp.ListenTCP("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	if err := port.Associate(listener, nil); err != nil {
		log.Fatal(err)
	}
	pool := iocp.NewPool(port, iocp.PoolConfig{})
	if err := (&acceptor{port: port, listener: listener}).start(); err != nil {
		log.Fatal(err)
	}

	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprint(client, "hello")
	answer := make([]byte, 5)
	if _, err := io.ReadFull(client, answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(answer))

	client.Close()
	listener.Close()
	if err := pool.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output: hello
}

// Two sockets for datagrams: one asks, and the other answers whoever has asked.
func ExampleSocket() {
	port, err := iocp.NewPort(iocp.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer port.Close()
	var sockets [2]*iocp.Socket
	for i, key := range []string{"client", "server"} {
		s, err := iocp.NewSocket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
		if err != nil {
			log.Fatal(err)
		}
		defer s.Close()
		if err := s.Bind(netip.MustParseAddrPort("127.0.0.1:0")); err != nil {
			log.Fatal(err)
		}
		if err := port.Associate(s, key); err != nil {
			log.Print(err) // no engine works here
			return
		}
		sockets[i] = s
	}
	client, server := sockets[0], sockets[1]

	var ask, hear, answer, learn iocp.Overlapped
	var who netip.AddrPort
	question, reply := make([]byte, 100), make([]byte, 100)
	server.RecvFrom(&hear, [][]byte{question}, 0, &who)
	client.Recv(&learn, reply, 0)
	client.SendTo(&ask, [][]byte{[]byte("what time is it?")}, server.LocalAddr())
	for c := range port.All() {
		switch c.Op {
		case &hear:
			fmt.Printf("%s hears %q\n", c.Key, question[:c.Bytes])
			server.SendTo(&answer, [][]byte{[]byte("high time")}, who)
		case &learn:
			fmt.Printf("%s hears %q\n", c.Key, reply[:c.Bytes])
			return
		}
	}
	// Output:
	// server hears "what time is it?"
	// client hears "high time"
}
