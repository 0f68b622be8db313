// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"net"
	"net/netip"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// TCPListener is a listening TCP socket whose accepts are overlapped operations.
type TCPListener struct {
	Handle
}

func (l *TCPListener) endpoint() *Handle {
	if l == nil {
		return nil
	}
	return &l.Handle
}

// ListenTCP listens on address, in the form and with the meaning of [net.Listen]; network is
// "tcp", "tcp4" or "tcp6". It may look a name up, and block for that. Accepted connections
// send small messages at once (TCP_NODELAY), as package net's do.
//
// Errors: those of net.Listen, [*net.OpError].
func ListenTCP(network, address string) (*TCPListener, error) {
	return listenTCPOn(sys.Host, network, address)
}

func listenTCPOn(s sys.System, network, address string) (*TCPListener, error) {
	addr, err := net.ResolveTCPAddr(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	fd, errno := listen(s, network, addr)
	if errno != 0 {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: addr, Err: sys.Error(errno)}
	}
	return &TCPListener{Handle: Handle{o: newObject(s, kindListener, fd, "")}}, nil
}

// listen makes a listening socket as package net does: dual stack for "tcp" without an IPv4
// address, where the system has IPv6, and with the longest backlog the system allows.
func listen(s sys.System, network string, addr *net.TCPAddr) (int32, sys.Errno) {
	family := sys.AFInet6
	if network == "tcp4" || addr.IP.To4() != nil {
		family = sys.AFInet
	}
	fd, errno := s.Socket(family, sys.SockStream, 0)
	if errno == sys.EAFNOSUPPORT && network == "tcp" && addr.IP == nil {
		family = sys.AFInet
		fd, errno = s.Socket(family, sys.SockStream, 0)
	}
	if errno != 0 {
		return -1, errno
	}
	if errno := bindAndListen(s, fd, family, network, addr); errno != 0 {
		s.Close(fd)
		return -1, errno
	}
	return fd, 0
}

func bindAndListen(s sys.System, fd int32, family int, network string, addr *net.TCPAddr) sys.Errno {
	if errno := s.SetOption(fd, sys.ReuseLingering, 1); errno != 0 {
		return errno
	}
	if errno := s.SetOption(fd, sys.NoDelay, 1); errno != 0 { // accepted sockets inherit it
		return errno
	}
	to := addr.AddrPort()
	ip := to.Addr().Unmap()
	if family == sys.AFInet6 {
		if errno := s.SetOption(fd, sys.OnlyIPv6, boolInt(network == "tcp6")); errno != 0 {
			return errno
		}
		if ip = to.Addr(); !ip.IsValid() {
			ip = netip.IPv6Unspecified()
		}
	} else if !ip.IsValid() {
		ip = netip.IPv4Unspecified()
	}
	if errno := s.Bind(fd, netip.AddrPortFrom(ip, uint16(addr.Port))); errno != 0 {
		return errno
	}
	// The kernel cuts the backlog to net.core.somaxconn: listen(2).
	return s.Listen(fd, 1<<16-1)
}

// AdoptTCPListener takes the socket of l over. On success l is closed and must not be used any
// more; the socket goes on listening. Errors: [ErrInvalidParameter] if l has no TCP socket.
func AdoptTCPListener(l net.Listener) (*TCPListener, error) {
	fd, err := adopt(l)
	if err != nil {
		return nil, err
	}
	if on, errno := sys.Host.Option(fd, sys.Listening); errno != 0 || on == 0 {
		sys.Host.Close(fd)
		return nil, parameterError("the socket to adopt does not listen")
	}
	if err := l.Close(); err != nil {
		sys.Host.Close(fd)
		return nil, err
	}
	return &TCPListener{Handle: Handle{o: newObject(sys.Host, kindListener, fd, "")}}, nil
}

// Accept starts to accept a connection into c, which [NewTCPConn] made and nobody has connected.
// c is connected when the packet that says so has been taken; it is not associated with a
// port by that (I32), but may be before or after. The packet has the listener's key and 0
// bytes (I27). Any number of accepts may be in flight.
//
// Errors at the start, without a packet: EINVAL if c is connected or in use; a closed handle;
// [ErrNotAssociated]. Errors in the packet: EMFILE and ENFILE when descriptors have run out;
// closed, if l or c was closed meanwhile (I25, I26). A connection that is reset before it is
// accepted is passed over (I30).
func (l *TCPListener) Accept(op Op, c *TCPConn) error {
	return l.accept(op, opAccept, c, nil)
}

// AcceptData is Accept that also waits for the first bytes and receives them into buf, which
// belongs to the port until the packet is taken (I28). Bytes is 0 if the peer closed without
// sending any (I29). Further errors in the packet: ECONNRESET.
func (l *TCPListener) AcceptData(op Op, c *TCPConn, buf []byte) error {
	if len(buf) == 0 {
		return parameterError("AcceptData needs a buffer; use Accept to wait for a connection only")
	}
	return l.accept(op, opAcceptData, c, buf)
}

func (l *TCPListener) accept(op Op, what opKind, conn *TCPConn, buf []byte) error {
	o, err := l.endpoint().object()
	if err != nil {
		return err
	}
	target, err := conn.endpoint().object()
	if err != nil {
		return err
	}
	return l.endpoint().acceptInto(o, op, what, target, buf, nil)
}

func (h *Handle) acceptInto(o *object, op Op, what opKind, target *object, buf []byte, admit func(*object, *Overlapped) error) error {
	if target.sys != o.sys {
		return errOtherMachine
	}
	_, c, ov, err := h.start(op, what, noLine)
	if err != nil {
		return err
	}
	x := ov.extra()
	if err := target.reserve(ov); err != nil {
		ov.abandon()
		return err
	}
	x.target.Store(target)
	x.connFD, x.buf = -1, buf
	ov.req = engine.Op{Kind: engine.Accept, Flags: sys.AcceptFlags}
	ov.steps, ov.admit = what == opAcceptData, admit
	if len(buf) > 0 {
		ov.race.kernelWrites(buf)
	}
	if err := o.begin(c, ov); err != nil {
		x.target.CompareAndSwap(target, nil)
		target.unreserve()
		return err
	}
	if target.isClosing() { // since it was reserved, perhaps too early for close to find the accept
		o.cancelAccept(ov, target)
	}
	return nil
}

// cancelAccept ends ov because target was closed, if it still accepts into target: its packet may
// have been taken, and ov started again for something else.
func (o *object) cancelAccept(ov *Overlapped, target *object) {
	c := o.port.Load()
	c.q.Lock()
	c.q.Gather()
	if o.pending(ov) && ov.x.target.Load() == target {
		ov.cancel(c, errClosedHandle)
	}
	c.q.Submit()
}

func (o *object) isClosing() bool {
	c := o.lock()
	defer o.unlock(c)
	return o.closing
}

// reserve makes sure that no other accept or connect uses the connection.
func (o *object) reserve(ov *Overlapped) error {
	c := o.lock()
	defer o.unlock(c)
	if o.closing {
		return errClosedHandle
	}
	if o.state != connNew || o.sock != nil && !o.sock.acceptable() {
		return netError(opAccept, sys.EINVAL)
	}
	o.state, o.accept = connReserved, ov
	if o.sock != nil {
		o.sock.look(awaitsAccept, true)
	}
	return nil
}

func (o *object) unreserve() {
	c := o.lock()
	if o.state == connReserved {
		o.state, o.accept = connNew, nil
		if o.sock != nil {
			o.sock.look(awaitsAccept, false)
			o.sock.since.Store(0)
		}
	}
	o.unlock(c)
}

// acceptDataStep: the connection is there, now for the first bytes.
func (ov *Overlapped) acceptDataStep(c *core, res int32) bool {
	x := ov.x
	if x.connFD >= 0 {
		ov.n = int64(res) // 0: closed at once (I29)
		return true
	}
	x.connFD = res
	ov.arrived()
	ov.setBuffer(engine.Recv, x.buf)
	ov.req.FD = res
	return ov.again(c)
}

// passesOver reports whether errno is about a connection that was gone before it was accepted:
// accept(2), "treat them like EAGAIN by retrying" (I30).
func (ov *Overlapped) passesOver(errno sys.Errno) bool {
	return ov.req.Kind == engine.Accept && (errno == sys.ECONNABORTED || errno == sys.EPROTO)
}

// attach gives the accepted socket to its connection, when the packet is taken: then no lock
// of the listener's port is held, and the connection has one of its own. A Socket that is used
// before does it itself, and then only is that object. It reports whether the connection was
// closed meanwhile (I26).
func (ov *Overlapped) attach(only *object) (gone bool) {
	x := ov.x
	x.attaching.Lock() // and as long as it is held, ov stays finished
	defer x.attaching.Unlock()
	o := x.target.Load()
	if o == nil || only != nil && (o != only || ov.state.Load() != finished) {
		return false
	}
	fd := x.connFD
	x.target.Store(nil)
	x.connFD, x.buf = -1, nil
	if ov.what == opAcceptData {
		ov.obj.Load().forget(fd) // its engine received from fd, which is, or gets, the business of another one or of none
	}
	if ov.err != nil {
		o.unreserve()
		o.closeFD(fd)
		return false
	}
	return !o.receiveAccepted(fd)
}

// receiveAccepted makes fd the connection's socket, unless that is closed.
func (o *object) receiveAccepted(fd int32) bool {
	if o.sock != nil {
		return o.sock.install(o, fd)
	}
	c := o.lock()
	gone := o.closing
	if !gone {
		o.fd, o.state, o.accept = fd, connConnected, nil
	}
	o.unlock(c)
	if gone {
		o.closeFD(fd)
	}
	return !gone
}

// Addr returns the address the socket listens on, or nil if it is closed.
func (l *TCPListener) Addr() net.Addr { return l.endpoint().localAddr() }

// Duplicate returns another handle on the same listening socket. It shares the association and
// the key (F19).
func (l *TCPListener) Duplicate() (*TCPListener, error) {
	o, err := l.endpoint().object()
	if err != nil {
		return nil, err
	}
	if err := o.duplicate(); err != nil {
		return nil, err
	}
	return &TCPListener{Handle: Handle{o: o}}, nil
}
