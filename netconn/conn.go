// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"io"
	"net"
	"syscall"
	"time"

	"iocp"
)

// Conn is a TCP connection over a completion port. It is a [net.Conn] with the methods of
// [net.TCPConn] that servers and clients use. Its methods may be called by any number of
// goroutines; concurrent Reads follow one another, and so do concurrent Writes.
//
// Errors are those of package net: *[net.OpError] around [net.ErrClosed], around
// [os.ErrDeadlineExceeded], or around the system's error.
//
// A Conn must be closed by its user. It is not closed when it is no longer reachable.
type Conn struct {
	n       *Network
	tcp     *iocp.TCPConn
	network string // as given to Listen or Dial, for errors
	laddr   net.Addr
	raddr   net.Addr

	keepAlive net.KeepAliveConfig // guarded by wr's lock
	rd, wr    half
}

var (
	_ net.Conn      = (*Conn)(nil)
	_ io.ReaderFrom = (*Conn)(nil)
	_ syscall.Conn  = (*Conn)(nil)
)

// newConn makes a Conn of tcp and associates it with the port; the key is the Conn. It
// takes tcp over, also when it fails.
func (n *Network) newConn(tcp *iocp.TCPConn, network string) (*Conn, error) {
	c := &Conn{n: n, tcp: tcp, network: network}
	c.rd.init()
	c.wr.init()
	err := n.port.Associate(tcp, c)
	if err == nil {
		err = n.admit(c)
	}
	if err != nil {
		tcp.Close()
		return nil, err
	}
	// A transfer that is over when it starts needs no packet, and no change of goroutines.
	tcp.SkipOnSuccess()
	return c, nil
}

// established is called once, when the connection exists and before anybody has it. A peer
// may have reset the connection by now: it has no remote address then, and the first Read
// says so.
func (c *Conn) established() {
	if c.laddr = c.tcp.LocalAddr(); c.laddr == nil {
		c.laddr = &net.TCPAddr{}
	}
	if c.raddr = c.tcp.RemoteAddr(); c.raddr == nil {
		c.raddr = &net.TCPAddr{}
	}
	c.keepAlive = defaultKeepAlive
	c.tcp.SetKeepAlive(defaultKeepAlive)
}

// Read receives up to len(b) bytes and blocks until there is at least one. It returns
// [io.EOF] after the peer's orderly end and after [Conn.CloseRead]. b belongs to the port
// while Read runs, also while a deadline or Close ends it. An empty b returns at once.
func (c *Conn) Read(b []byte) (int, error) {
	c.rd.turn.Lock()
	defer c.rd.turn.Unlock()
	if len(b) == 0 {
		return 0, c.opError("read", "read", c.rd.ended())
	}
	n, err := c.rd.recv(c.tcp, b)
	return n, c.opError("read", "read", err)
}

// Write sends all of b and blocks until the system has taken it. The bytes of one Write are
// never mixed with those of another. b belongs to the port while Write runs, also while a
// deadline or Close ends it; the count then says how much was sent. After [Conn.CloseWrite]
// the error is syscall.EPIPE. An empty b returns at once.
func (c *Conn) Write(b []byte) (int, error) {
	c.wr.turn.Lock()
	defer c.wr.turn.Unlock()
	n, err := c.wr.send(c.tcp, b)
	return n, c.opError("write", "write", err)
}

// Close closes the connection without waiting. Calls that block on it return with
// [net.ErrClosed] as soon as their operations are over, and so do all calls that follow,
// a second Close included.
func (c *Conn) Close() error {
	return c.opError("close", "close", c.shut())
}

// shut closes the connection; it must not look at the addresses, which are not yet known
// when a Dial is cut short.
func (c *Conn) shut() error {
	if !c.wr.end(net.ErrClosed) {
		return net.ErrClosed
	}
	c.rd.end(net.ErrClosed)
	err := c.tcp.Close()
	c.n.dismiss(c)
	return err
}

// CloseRead ends the reading half: a Read that blocks, and every later one, returns
// [io.EOF]. Bytes that have arrived unread are lost.
func (c *Conn) CloseRead() error {
	if !c.rd.end(io.EOF) {
		return c.opError("close", "shutdown", net.ErrClosed)
	}
	err := c.tcp.Shutdown(iocp.ShutdownRecv)
	// Linux ends a pending receive with that, Windows lets it wait for data (I20).
	c.rd.Lock()
	c.rd.interrupt()
	c.rd.Unlock()
	return c.opError("close", "shutdown", err)
}

// CloseWrite ends the writing half: after what was written the peer reads the end of the
// stream. A Write that blocks goes on to its end; later ones fail with syscall.EPIPE.
func (c *Conn) CloseWrite() error {
	if !c.wr.end(syscall.EPIPE) {
		return c.opError("close", "shutdown", net.ErrClosed)
	}
	return c.opError("close", "shutdown", c.tcp.Shutdown(iocp.ShutdownSend))
}

// LocalAddr returns the local address, a *[net.TCPAddr].
func (c *Conn) LocalAddr() net.Addr { return c.laddr }

// RemoteAddr returns the peer's address, a *[net.TCPAddr].
func (c *Conn) RemoteAddr() net.Addr { return c.raddr }

// SetDeadline sets the deadlines of reading and of writing. See [net.Conn]: a call that
// blocks when its deadline passes, or that starts later, fails with
// [os.ErrDeadlineExceeded] until the deadline is moved; the zero time means none.
func (c *Conn) SetDeadline(t time.Time) error {
	err := c.rd.setDeadline(t)
	if err == nil {
		err = c.wr.setDeadline(t)
	}
	return c.deadlineError(err)
}

// SetReadDeadline sets the deadline of Read, of those that block now too.
func (c *Conn) SetReadDeadline(t time.Time) error {
	return c.deadlineError(c.rd.setDeadline(t))
}

// SetWriteDeadline sets the deadline of Write and ReadFrom, of those that block now too. A
// Write that it ends may have sent a part of its bytes.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	return c.deadlineError(c.wr.setDeadline(t))
}

// deadlineError is shaped like package net's, which names the local address alone.
func (c *Conn) deadlineError(err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: "set", Net: c.network, Addr: c.laddr, Err: err}
}
