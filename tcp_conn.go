// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"net"
	"net/netip"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// TCPConn is a TCP connection whose transfers are overlapped operations. Receives fill in the
// order they were started (I17), sends go out in the order they were started and whole (I03,
// H17); each direction may have any number in flight.
type TCPConn struct {
	Handle
}

func (c *TCPConn) endpoint() *Handle {
	if c == nil {
		return nil
	}
	return &c.Handle
}

// NewTCPConn returns a connection that is not connected yet, for [TCPListener.Accept] or
// [TCPConn.Connect]. It holds no descriptor until then.
func NewTCPConn() *TCPConn { return newTCPConnOn(sys.Host) }

func newTCPConnOn(s sys.System) *TCPConn {
	return &TCPConn{Handle: Handle{o: newObject(s, kindConn, -1, "")}}
}

// AdoptTCPConn takes the socket of c over. On success c is closed and must not be used any
// more; the connection lives on. Errors: [ErrInvalidParameter] if c has no connected TCP
// socket (a TLS connection has none of its own).
func AdoptTCPConn(c net.Conn) (*TCPConn, error) {
	fd, err := adopt(c)
	if err != nil {
		return nil, err
	}
	if _, errno := sys.Host.PeerAddr(fd); errno != 0 {
		sys.Host.Close(fd)
		return nil, parameterError("the socket to adopt is not connected")
	}
	if err := c.Close(); err != nil {
		sys.Host.Close(fd)
		return nil, err
	}
	o := newObject(sys.Host, kindConn, fd, "")
	o.state = connConnected
	return &TCPConn{Handle: Handle{o: o}}, nil
}

// Connect starts to connect to addr, and then sends data, which may be nil; both are one
// operation and Bytes the length of data (I36). The socket is bound to an address of the
// system's choice.
//
// Errors at the start: EISCONN if it is connected (I38), EALREADY while another accept or
// connect is under way. Errors in the packet: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH ...; after
// those, Connect may be called again (I37).
func (c *TCPConn) Connect(op Op, addr netip.AddrPort, data []byte) error {
	if !addr.IsValid() {
		return parameterError("the address to connect to is not valid")
	}
	o, p, ov, err := c.endpoint().start(op, opConnect, sendLine)
	if err != nil {
		return err
	}
	x := ov.extra()
	n := x.addr.Put(addr)
	fd, errno := o.sys.Socket(familyOf(addr), sys.SockStream, 0)
	if errno != 0 {
		ov.abandon()
		return o.failing(opConnect, errno)
	}
	o.sys.SetOption(fd, sys.NoDelay, 1)
	x.connFD, x.buf, x.dissolves = fd, data, false
	ov.req = engine.Op{Kind: engine.Connect, Addr: pointerTo(&x.addr), Off: int64(n)}
	ov.steps = len(data) > 0
	ov.admit = admitConnect
	ov.race.kernelReads(data)
	if err := o.begin(p, ov); err != nil {
		o.closeFD(fd)
		return err
	}
	return nil
}

func familyOf(addr netip.AddrPort) int {
	if addr.Addr().Is4() {
		return sys.AFInet
	}
	return sys.AFInet6
}

// admitConnect gives the connection the new socket. Locked.
func admitConnect(o *object, ov *Overlapped) error {
	switch o.state {
	case connConnected:
		return netError(opConnect, sys.EISCONN)
	case connReserved:
		return netError(opConnect, sys.EALREADY)
	}
	o.fd, o.state, o.sticky = ov.x.connFD, connReserved, 0
	ov.x.connFD = -1
	return nil
}

// connectStep: connected; what is left is the data. Results of the sends come here too.
func (ov *Overlapped) connectStep(c *core, res int32) bool {
	o := ov.obj.Load()
	if ov.req.Kind == engine.Connect {
		if o.state = connConnected; o.sock != nil {
			o.sock.connected(o, ov)
		}
		data := ov.x.buf
		ov.x.buf = nil
		if len(data) == 0 {
			return true
		}
		ov.setBuffer(engine.Send, data)
		ov.req.Flags, ov.req.Off = sendFlags, 0
		return ov.again(c)
	}
	return ov.writeStep(c, res)
}

// connectFailed makes the connection ready for another Connect, which brings a new socket:
// the state of this one after a failure is the kernel's secret. It is closed when the packet
// is taken. Locked.
func (ov *Overlapped) connectFailed() {
	o := ov.obj.Load()
	if o.state != connReserved {
		return
	}
	o.state = connNew
	if o.sock != nil {
		o.sock.dirty = true // ready dissolves what is left, under the same number
		return
	}
	ov.x.connFD = o.fd
	o.fd = -1
}

// leaveConnection gives back what a Connect or Disconnect leaves behind. Not locked.
func (ov *Overlapped) leaveConnection() {
	if o := ov.obj.Load(); o.sock != nil {
		o.sock.tidy(o)
	} else if ov.what == opConnect {
		o.forget(ov.x.connFD)
		o.closeFD(ov.x.connFD)
		ov.x.connFD = -1
	}
}

// admitsStream says whether the connection can carry a transfer. Locked.
func (o *object) admitsStream(what opKind, dir direction) error {
	switch {
	case o.state != connConnected:
		return netError(what, sys.ENOTCONN) // I08
	case dir == recvLine && o.sock != nil && o.sock.aborted:
		return netError(what, sys.ECONNABORTED) // I06
	case o.sticky != 0:
		return netError(what, o.sticky) // I06, I07
	case dir == sendLine && o.shutSend, dir == recvLine && o.shutRecv:
		return netError(what, sys.ESHUTDOWN)
	}
	return nil
}

// broken remembers that the connection was reset: the kernel reports it once. It returns what
// to report. Locked.
func (o *object) broken(errno sys.Errno) sys.Errno {
	switch errno {
	case sys.ECONNRESET, sys.ETIMEDOUT, sys.ECONNABORTED:
		o.sticky = errno
		if o.sock != nil {
			o.sock.aborted = false
		}
	case sys.EPIPE:
		o.shutSend = o.shutSend || o.sock != nil && !o.sys.HungUp(o.fd)
		if o.shutSend {
			break
		}
		if o.sock != nil {
			o.sock.aborted = o.sticky == 0
			errno = sys.ECONNRESET // I07
		}
		o.sticky = sys.ECONNRESET
	}
	return errno
}

// Recv starts to receive into buf, which belongs to the port until the packet is taken. The
// packet has at least one byte, or none and [io.EOF] when the peer has sent everything (I04).
// An empty buf makes it [TCPConn.Readable].
//
// Errors at the start: ENOTCONN (I08); ECONNRESET after a reset (I06); ESHUTDOWN after
// Shutdown. Errors in the packet: ECONNRESET (I05), ETIMEDOUT.
func (c *TCPConn) Recv(op Op, buf []byte) error {
	if len(buf) == 0 {
		return c.Readable(op)
	}
	o, p, ov, err := c.endpoint().start(op, opRecv, recvLine)
	if err != nil {
		return err
	}
	ov.setBuffer(engine.Recv, buf)
	ov.tries = true
	ov.race.kernelWrites(buf)
	return o.begin(p, ov)
}

// Recvv is Recv into several buffers, filled one after the other. bufs itself is the caller's
// again when Recvv returns.
func (c *TCPConn) Recvv(op Op, bufs [][]byte) error {
	o, p, ov, err := c.endpoint().start(op, opRecvv, recvLine)
	if err != nil {
		return err
	}
	if err := ov.setVectors(engine.RecvMsg, bufs); err != nil {
		ov.abandon()
		return err
	}
	if ov.total == 0 {
		ov.abandon()
		return c.Readable(op)
	}
	ov.race.kernelWritesAll(bufs)
	return o.begin(p, ov)
}

// Readable waits until a receive would not wait, and takes nothing (I11). It stands in line
// with the receives. A connection that is idle for long needs no buffer that way.
func (c *TCPConn) Readable(op Op) error {
	o, p, ov, err := c.endpoint().start(op, opReadable, recvLine)
	if err != nil {
		return err
	}
	return o.readable(p, ov, nil)
}

// sendFlags: the kernel goes on until everything is sent (I03), and a broken connection is an
// error, not a signal.
const sendFlags = sys.MsgWaitAll | sys.MsgNoSignal

// Send starts to send buf, which must not be changed until the packet is taken. It completes
// when the system has taken all of it (I03); fewer Bytes come only with an error. An empty
// buf completes at once with 0 bytes.
//
// Errors at the start: ENOTCONN (I08); ECONNRESET after a reset (I07); ESHUTDOWN after
// Shutdown or Disconnect. Errors in the packet: ECONNRESET, EPIPE, ETIMEDOUT.
func (c *TCPConn) Send(op Op, buf []byte) error {
	o, p, ov, err := c.endpoint().start(op, opSend, sendLine)
	if err != nil {
		return err
	}
	ov.setBuffer(engine.Send, buf)
	ov.req.Flags = sendFlags
	ov.tries = true
	ov.race.kernelReads(buf)
	return o.begin(p, ov)
}

// Sendv is Send from several buffers, one after the other. bufs itself is the caller's again
// when Sendv returns.
func (c *TCPConn) Sendv(op Op, bufs [][]byte) error {
	o, p, ov, err := c.endpoint().start(op, opSendv, sendLine)
	if err != nil {
		return err
	}
	if err := ov.setVectors(engine.SendMsg, bufs); err != nil {
		ov.abandon()
		return err
	}
	ov.req.Flags = sendFlags
	ov.race.kernelReadsAll(bufs)
	return o.begin(p, ov)
}

// Duplicate returns another handle on the same connection. It shares the association and the
// key (F19).
func (c *TCPConn) Duplicate() (*TCPConn, error) {
	o, err := c.endpoint().object()
	if err != nil {
		return nil, err
	}
	if err := o.duplicate(); err != nil {
		return nil, err
	}
	return &TCPConn{Handle: Handle{o: o}}, nil
}
