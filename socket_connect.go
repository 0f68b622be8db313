// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"net/netip"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// Connect starts to connect to addr, and then sends data, which may be nil; both are one operation
// and Bytes the length of data (I36). data must not be changed until the packet is taken. A
// socket that is not bound gets an address of the system's choice.
//
// When it fails the socket is what it was before, bound where it was, and Connect may be called
// again (I37). On a socket for datagrams it sets where Send goes and whose datagrams are received,
// any number of times; the zero address ends that.
//
// Errors at the start: EISCONN if it is connected (I38, I42), EALREADY while another Connect or an
// Accept into it is under way (O12), EINVAL if it listens, EAFNOSUPPORT for an address of another
// family, EMFILE and ENFILE. Errors in the packet: ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ....
func (s *Socket) Connect(op Op, addr netip.AddrPort, data []byte) error {
	o, err := s.open()
	if err != nil {
		return err
	}
	dissolve := !o.sock.stream && addr == netip.AddrPort{}
	if !dissolve {
		if addr, err = o.sock.fit(addr); err != nil {
			return err
		}
	}
	_, p, ov, err := s.Handle.start(op, opConnect, sendLine)
	if err != nil {
		return err
	}
	if err := o.reserveConnect(); err != nil {
		ov.abandon()
		return err
	}
	if err := o.sock.ready(o); err != nil {
		o.unreserve()
		ov.abandon()
		return err
	}
	x := ov.extra()
	n := x.addr.Clear()
	if !dissolve {
		n = x.addr.Put(addr)
	}
	x.connFD, x.buf, x.dissolves = -1, data, dissolve
	ov.req = engine.Op{Kind: engine.Connect, Addr: pointerTo(&x.addr), Off: int64(n)}
	ov.steps = len(data) > 0
	ov.race.kernelReads(data)
	if err := o.begin(p, ov); err != nil {
		o.unreserve()
		return err
	}
	return nil
}

// reserveConnect makes sure that no other accept or connect uses the socket. A socket for
// datagrams needs no such thing.
func (o *object) reserveConnect() error {
	c := o.lock()
	defer o.unlock(c)
	switch {
	case o.closing:
		return errClosedHandle
	case !o.sock.stream:
		return nil
	case o.state == connConnected:
		return netError(opConnect, sys.EISCONN)
	case o.state == connReserved:
		return netError(opConnect, sys.EALREADY)
	case o.state == connListening:
		return netError(opConnect, sys.EINVAL)
	}
	o.state = connReserved
	return nil
}

// connected notes what the kernel has agreed to. Locked.
func (s *socketState) connected(o *object, ov *Overlapped) {
	s.bound = true
	if ov.x.dissolves {
		o.state, s.remote = connNew, netip.AddrPort{}
		s.since.Store(0)
		return
	}
	s.remote = ov.x.addr.AddrPort()
	s.since.Store(nanotime())
}

// Disconnect starts to end the connection. Its packet, with 0 bytes, says that everything sent
// before has been handed to the system and the end of the stream behind it (I40). Later sends
// fail at once with ESHUTDOWN.
//
// Without reuse receives go on until the peer has ended its side as well, and the socket stays
// connected to it (I42). With reuse receiving ends, too: receives in flight end with [io.EOF],
// and then the packet comes. The socket is ready for another Accept or Connect, with its
// options, except for the sizes of buffers; associated as it is (I41); and bound where Bind has
// put it, or at the system's choice if somebody else is there. It does not wait for the peer, nor for
// TIME_WAIT, as a TF_REUSE_SOCKET of Windows does: the connection comes to its end in the background,
// and what is connected next is another socket of the system, on Windows with a handle of its own.
//
// Errors at the start: ENOTCONN (I08), EOPNOTSUPP for datagrams, a closed handle.
func (s *Socket) Disconnect(op Op, reuse bool) error {
	o, err := s.open()
	if err != nil {
		return err
	}
	if !o.sock.stream {
		return newNetError("udp", opDisconnect, sys.EOPNOTSUPP)
	}
	_, p, ov, err := s.Handle.start(op, opDisconnect, sendLine)
	if err != nil {
		return err
	}
	x := ov.extra()
	x.parked = false
	ov.req = p.endOfSending()
	if ov.steps = reuse; reuse {
		ov.req = engine.Op{Kind: engine.Shutdown, Len: sys.ShutBoth}
	}
	ov.admit = admitDisconnect
	return o.begin(p, ov)
}

// disconnectStep: ended. A socket that is to be reused first gets rid of its receives: they end
// by themselves now, but one that still waited in the line would find the next connection.
func (ov *Overlapped) disconnectStep(c *core) bool {
	o := ov.obj.Load()
	if !ov.steps {
		return true // not for another use
	}
	if o.lines[recvLine].now != nil {
		o.sock.parked, ov.x.parked = ov, true
		return false
	}
	o.state, o.sticky = connNew, 0
	o.shutSend, o.shutRecv = false, false
	s := o.sock
	s.stale, s.reused, s.aborted = true, true, false
	s.look(atEnd, false)
	s.since.Store(0)
	return true
}

// drained goes on with a Disconnect when the last receive has ended. Locked.
func (s *socketState) drained(c *core) {
	if ov := s.parked; ov != nil {
		s.parked, ov.x.parked = nil, false
		ov.req = engine.Op{Kind: engine.Nop}
		c.eng.Queue(&ov.req)
	}
}
