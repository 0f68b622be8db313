// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"net"
	"sync"

	"iocp"
)

const bufferSize = 4096

// serveNet is the usual server: a goroutine for every connection.
func serveNet(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			buf := make([]byte, bufferSize)
			for {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				if _, err := c.Write(buf[:n]); err != nil {
					return
				}
			}
		}()
	}
}

type accept struct {
	iocp.Overlapped
	conn *iocp.TCPConn
}

type recv struct {
	iocp.Overlapped
	*session
}

type send struct {
	iocp.Overlapped
	*session
}

type session struct {
	conn *iocp.TCPConn
	recv recv
	send send
	buf  [bufferSize]byte
}

// serveIOCP is the same over a completion port.
func serveIOCP(addr, driver string, workers int) error {
	port, err := iocp.NewPort(iocp.Config{Engine: driver})
	if err != nil {
		return err
	}
	l, err := iocp.ListenTCP("tcp", addr)
	if err != nil {
		return err
	}
	if err := port.Associate(l, nil); err != nil {
		return err
	}
	op := &accept{conn: iocp.NewTCPConn()}
	if err := l.Accept(op, op.conn); err != nil {
		return err
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() { work(port, l) })
	}
	wg.Wait()
	return nil
}

func work(port *iocp.Port, l *iocp.TCPListener) {
	packets := make([]iocp.Completion, 64)
	for {
		n, err := port.GetBatch(packets, iocp.Infinite)
		if err != nil {
			return
		}
		for i := range packets[:n] {
			c := &packets[i]
			switch op := c.Op.(type) {
			case *recv:
				if c.Err != nil || op.conn.Send(&op.send, op.buf[:c.Bytes]) != nil {
					op.conn.Close()
				}
			case *send:
				if c.Err != nil || op.conn.Recv(&op.recv, op.buf[:]) != nil {
					op.conn.Close()
				}
			case *accept:
				if c.Err == nil {
					open(port, op.conn)
				}
				op.conn = iocp.NewTCPConn()
				if l.Accept(op, op.conn) != nil {
					return
				}
			}
		}
	}
}

func open(port *iocp.Port, conn *iocp.TCPConn) {
	s := &session{conn: conn}
	s.recv.session, s.send.session = s, s
	if port.Associate(conn, nil) != nil || conn.Recv(&s.recv, s.buf[:]) != nil {
		conn.Close()
	}
}
