// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
	"unsafe"

	"iocp/internal/engine"
	"iocp/internal/engine/sim"
	"iocp/internal/sys"
)

// Dial connects to a listener on the machine from somewhere else: the result is an ordinary
// connection of package net's kind, for the part of the client. Nothing befalls it but delays,
// and what happens to the connection. It blocks until the connection is there or ctx is done.
//
// Errors: a [*net.OpError], such as ECONNREFUSED if nobody listens. address is numeric.
func (s *Sim) Dial(ctx context.Context, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: err}
	}
	fd := s.m.PeerSocket(familyOf(to))
	var sa sys.Sockaddr
	op := &engine.Op{Kind: engine.Connect, FD: fd, Addr: unsafe.Pointer(&sa), Off: int64(sa.Put(to))}
	call := s.m.Call(op)
	stop := context.AfterFunc(ctx, call.Stop)
	res := call.Wait()
	stop()
	if res != 0 {
		s.s.Close(fd)
		err := sys.Error(sys.Errno(-res))
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: err}
	}
	return s.peer(fd, to), nil
}

func familyOf(addr netip.AddrPort) int {
	if addr.Addr().Unmap().Is4() {
		return sys.AFInet
	}
	return sys.AFInet6
}

// Listen waits for connections to address on the machine, from somewhere else: an ordinary listener of
// package net's kind, for programs that connect. address is numeric; port 0 is one of the machine's choice.
func (s *Sim) Listen(address string) (net.Listener, error) {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Err: err}
	}
	fd := s.m.PeerSocket(familyOf(at))
	errno := s.s.Bind(fd, at)
	if errno == 0 {
		errno = s.s.Listen(fd, 128)
	}
	if errno != 0 {
		s.s.Close(fd)
		return nil, &net.OpError{Op: "listen", Net: "tcp", Addr: net.TCPAddrFromAddrPort(at), Err: sys.Error(errno)}
	}
	return &simListener{simSocket{sim: s, fd: fd}}, nil
}

// simSocket is a descriptor that is closed once, when the calls on it are over.
type simSocket struct {
	sim *Sim
	fd  int32

	mu     sync.Mutex
	closed bool
	calls  int
	halves [2]half
}

// half is one direction, with its deadline.
type half struct {
	turn  sync.Mutex // one call at a time
	call  *sim.Call
	timer *time.Timer
	late  bool
}

const (
	reading = iota
	writing
)

// do makes a call that Close and the deadline end.
func (c *simSocket) do(dir int, op *engine.Op) (int, error) {
	h := &c.halves[dir]
	h.turn.Lock()
	defer h.turn.Unlock()
	c.mu.Lock()
	if err := c.ended(h); err != nil {
		c.mu.Unlock()
		return 0, err
	}
	op.FD = c.fd
	call := c.sim.m.Call(op)
	h.call = call
	c.calls++
	c.mu.Unlock()
	res := call.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	h.call = nil
	if c.calls--; c.calls == 0 && c.closed {
		c.sim.s.Close(c.fd)
	}
	if res >= 0 {
		return int(res), nil
	}
	if err := c.ended(h); err != nil && res == -int32(sys.ECANCELED) {
		return 0, err
	}
	return 0, sys.Error(sys.Errno(-res))
}

// ended is why no call can be made.
func (c *simSocket) ended(h *half) error {
	switch {
	case c.closed:
		return net.ErrClosed
	case h.late:
		return os.ErrDeadlineExceeded
	}
	return nil
}

// Close closes the descriptor. Calls in flight end with net.ErrClosed.
func (c *simSocket) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	for i := range c.halves {
		h := &c.halves[i]
		if h.timer != nil {
			h.timer.Stop()
		}
		if h.call != nil {
			h.call.Stop()
		}
	}
	if c.calls == 0 {
		c.sim.s.Close(c.fd)
	}
	return nil
}

func (c *simSocket) setDeadline(dir int, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	h := &c.halves[dir]
	if h.timer != nil {
		h.timer.Stop()
		h.timer = nil
	}
	h.late = false
	if t.IsZero() {
		return nil
	}
	var timer *time.Timer
	timer = time.AfterFunc(time.Until(t), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if h.timer != timer {
			return // another deadline was set
		}
		if h.late = true; h.call != nil {
			h.call.Stop()
		}
	})
	h.timer = timer
	return nil
}

// simConn is the peer's end of a connection. It knows its addresses when that is reset, too.
type simConn struct {
	simSocket
	local, remote net.Addr
}

func (s *Sim) peer(fd int32, remote netip.AddrPort) *simConn {
	local, _ := s.s.LocalAddr(fd)
	return &simConn{simSocket{sim: s, fd: fd}, net.TCPAddrFromAddrPort(local), net.TCPAddrFromAddrPort(remote)}
}

func (c *simConn) fail(what string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: what, Net: "tcp", Err: err}
}

func (c *simConn) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	op := &engine.Op{Kind: engine.Recv, Addr: unsafe.Pointer(&b[0]), Len: uint32(min(len(b), 1<<30))}
	n, err := c.do(reading, op)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, c.fail("read", err)
}

func (c *simConn) Write(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		op := &engine.Op{Kind: engine.Send, Addr: unsafe.Pointer(&b[n]), Len: uint32(min(len(b)-n, 1<<30)), Flags: sys.MsgNoSignal}
		m, err = c.do(writing, op)
		n += m
	}
	return n, c.fail("write", err)
}

// CloseWrite ends sending.
func (c *simConn) CloseWrite() error {
	if errno := c.sim.s.Shutdown(c.fd, sys.ShutWrite); errno != 0 {
		return c.fail("close", sys.Error(errno))
	}
	return nil
}

// SetLinger with 0 makes Close reset the connection.
func (c *simConn) SetLinger(sec int) error {
	if errno := c.sim.s.SetOption(c.fd, sys.Linger, sec); errno != 0 {
		return c.fail("set", sys.Error(errno))
	}
	return nil
}

func (c *simConn) LocalAddr() net.Addr  { return c.local }
func (c *simConn) RemoteAddr() net.Addr { return c.remote }

func (c *simConn) SetReadDeadline(t time.Time) error  { return c.setDeadline(reading, t) }
func (c *simConn) SetWriteDeadline(t time.Time) error { return c.setDeadline(writing, t) }

func (c *simConn) SetDeadline(t time.Time) error {
	if err := c.setDeadline(reading, t); err != nil {
		return err
	}
	return c.setDeadline(writing, t)
}

// simListener is a listener without a port.
type simListener struct{ simSocket }

func (l *simListener) Addr() net.Addr {
	local, _ := l.sim.s.LocalAddr(l.fd)
	return net.TCPAddrFromAddrPort(local)
}

func (l *simListener) Accept() (net.Conn, error) {
	for {
		fd, err := l.do(reading, &engine.Op{Kind: engine.Accept, Flags: sys.AcceptFlags})
		switch err {
		case nil:
			remote, errno := l.sim.s.PeerAddr(int32(fd))
			if errno == 0 {
				return l.sim.peer(int32(fd), remote), nil
			}
			l.sim.s.Close(int32(fd)) // reset meanwhile: as if before
		case sys.ECONNABORTED:
			continue // gone before it was accepted
		}
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: err}
	}
}
