// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"net"
	"net/netip"
	"time"

	"iocp/internal/sys"
)

// ShutdownMode says which direction of a connection [TCPConn.Shutdown] ends.
type ShutdownMode int

// The directions: shutdown(2).
const (
	ShutdownRecv ShutdownMode = sys.ShutRead
	ShutdownSend ShutdownMode = sys.ShutWrite
	ShutdownBoth ShutdownMode = sys.ShutBoth
)

// Shutdown ends a direction of the connection. Sends that were started before still go out:
// the end follows the last of them. Later ones fail at once with ESHUTDOWN. It does not block
// and sends no packet; [TCPConn.Disconnect] is the overlapped form.
//
// Errors: ENOTCONN (I08); a closed handle; [ErrInvalidParameter] for another mode.
func (c *TCPConn) Shutdown(how ShutdownMode) error {
	o, err := c.endpoint().object()
	if err != nil {
		return err
	}
	return o.shutdown(how)
}

func (o *object) shutdown(how ShutdownMode) error {
	if how < ShutdownRecv || how > ShutdownBoth {
		return parameterError("Shutdown takes ShutdownRecv, ShutdownSend or ShutdownBoth")
	}
	p := o.lock()
	if o.closing {
		o.unlock(p)
		return errClosedHandle
	}
	if o.state != connConnected && (o.sock == nil || o.sock.stream) {
		o.unlock(p)
		return netError(opDisconnect, sys.ENOTCONN)
	}
	recv, send := how != ShutdownSend, how != ShutdownRecv
	o.shutRecv = o.shutRecv || recv
	o.shutSend = o.shutSend || send
	if o.sock != nil {
		recv, send = false, send && o.sock.stream // the rest is admission's (I20)
	}
	if send && p != nil && o.lines[sendLine].now != nil {
		if send = false; !o.endAfter { // advanceLine does it behind the last send
			o.endAfter = true
			p.held++
		}
	}
	fd := o.fd
	o.handles++
	o.unlock(p)
	defer o.close()
	if recv && sys.ShutdownLeavesReceives {
		defer o.restartReceive()
	}
	switch {
	case recv && send:
		return o.shutdownFD(fd, ShutdownBoth)
	case recv:
		return o.shutdownFD(fd, ShutdownRecv)
	case send:
		return o.shutdownFD(fd, ShutdownSend)
	}
	return nil
}

func (o *object) shutdownFD(fd int32, how ShutdownMode) error {
	if errno := o.sys.Shutdown(fd, int(how)); errno != 0 {
		return netError(opDisconnect, errno)
	}
	return nil
}

// restartReceive has the receive that waits made again, which finds the end then: to the operation it is as
// if the kernel had given its request up.
func (o *object) restartReceive() {
	c := o.port.Load()
	if c == nil {
		return
	}
	c.q.Lock()
	if ov := o.lines[recvLine].now; ov != nil && !ov.trying {
		c.eng.Cancel(&ov.req)
	}
	c.q.Submit()
}

// Disconnect ends sending as an overlapped operation: its packet, with 0 bytes, says that
// everything sent before has been handed to the system and the end of the stream behind it
// (I40). Later sends fail at once with ESHUTDOWN; receives go on. On Windows the system does it
// (DisconnectEx), and may take as long as the peer takes for what was sent before.
//
// Errors at the start: ENOTCONN (I08); a closed handle.
func (c *TCPConn) Disconnect(op Op) error {
	o, p, ov, err := c.endpoint().start(op, opDisconnect, sendLine)
	if err != nil {
		return err
	}
	ov.req = p.endOfSending()
	ov.admit = admitDisconnect
	return o.begin(p, ov)
}

func admitDisconnect(o *object, ov *Overlapped) error {
	if o.state != connConnected || o.sock != nil && o.sock.ending {
		return netError(opDisconnect, sys.ENOTCONN)
	}
	o.shutSend = true
	if ov.steps { // a Socket that is to be used again: nothing may start that would find the next connection
		o.shutRecv, o.sock.ending = true, true
	}
	return nil
}

// LocalAddr returns the connection's own address, or nil if it has none.
func (c *TCPConn) LocalAddr() net.Addr { return c.endpoint().localAddr() }

// RemoteAddr returns the peer's address, or nil if there is none.
func (c *TCPConn) RemoteAddr() net.Addr { return c.endpoint().addr(sys.System.PeerAddr) }

func (h *Handle) localAddr() net.Addr { return h.addr(sys.System.LocalAddr) }

// addr returns a TCP address that the system knows; nil if there is none.
func (h *Handle) addr(of func(sys.System, int32) (netip.AddrPort, sys.Errno)) net.Addr {
	var addr net.Addr
	h.control(func(s sys.System, fd int32) error {
		if a, errno := of(s, fd); errno == 0 && a.IsValid() {
			addr = net.TCPAddrFromAddrPort(a)
		}
		return nil
	})
	return addr
}

// control runs f with the descriptor and its machine.
func (h *Handle) control(f func(s sys.System, fd int32) error) error {
	o, err := h.object()
	if err != nil {
		return err
	}
	fd, err := o.borrow()
	if err != nil {
		return err
	}
	defer o.close()
	return f(o.sys, fd)
}

func (c *TCPConn) set(option sys.Option, value int) error {
	return c.endpoint().control(func(s sys.System, fd int32) error {
		if errno := s.SetOption(fd, option, value); errno != 0 {
			return &net.OpError{Op: "set", Net: "tcp", Err: sys.Error(errno)}
		}
		return nil
	})
}

// SetNoDelay says whether small messages go out at once (TCP_NODELAY), which is the default,
// or are collected while earlier ones are not acknowledged. Errors: ENOTCONN while there is
// no socket; a closed handle.
func (c *TCPConn) SetNoDelay(on bool) error {
	return c.set(sys.NoDelay, boolInt(on))
}

// SetLinger says what closing does with data that is not sent yet: with sec < 0 it goes out in
// the background, with 0 it is discarded and the connection reset, with more the system tries
// for that many seconds. Errors: as SetNoDelay.
func (c *TCPConn) SetLinger(sec int) error { return c.set(sys.Linger, max(sec, -1)) }

// SetReadBuffer sets the size, in bytes, of the system's receive buffer. Errors: as SetNoDelay.
func (c *TCPConn) SetReadBuffer(bytes int) error {
	return c.set(sys.RecvBuffer, bytes)
}

// SetWriteBuffer sets the size, in bytes, of the system's send buffer. Errors: as SetNoDelay.
func (c *TCPConn) SetWriteBuffer(bytes int) error {
	return c.set(sys.SendBuffer, bytes)
}

// SetKeepAlive sets the probing of an idle connection. Zero values of k mean 15 s, 15 s and
// 9 probes, negative ones leave the system's, as in package net. Errors: as SetNoDelay.
func (c *TCPConn) SetKeepAlive(k net.KeepAliveConfig) error {
	if err := c.set(sys.KeepAlive, boolInt(k.Enable)); err != nil || !k.Enable {
		return err
	}
	for _, o := range []struct {
		name            sys.Option
		value, standard int
	}{
		{sys.KeepIdle, inSeconds(k.Idle), 15},
		{sys.KeepInterval, inSeconds(k.Interval), 15},
		{sys.KeepCount, k.Count, 9},
	} {
		if o.value == 0 {
			o.value = o.standard
		}
		if o.value < 0 {
			continue
		}
		if err := c.set(o.name, o.value); err != nil {
			return err
		}
	}
	return nil
}

// inSeconds rounds d up to whole seconds; what is negative stays so.
func inSeconds(d time.Duration) int {
	if d <= 0 {
		return int(max(d, -1))
	}
	return int((d-1)/time.Second) + 1
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
