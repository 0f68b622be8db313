// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"net"
	"net/netip"

	"iocp/internal/sys"
)

// fit makes addr one of the socket's family.
func (s *socketState) fit(addr netip.AddrPort) (netip.AddrPort, error) {
	ip := addr.Addr()
	switch {
	case !addr.IsValid():
		return addr, parameterError("the address is not valid; give it an IP address, perhaps an unspecified one")
	case s.family == sys.AFInet && ip.Unmap().Is4():
		return netip.AddrPortFrom(ip.Unmap(), addr.Port()), nil
	case s.family == sys.AFInet6 && ip.Is4():
		return netip.AddrPortFrom(netip.AddrFrom16(ip.As16()), addr.Port()), nil
	case s.family == sys.AFInet6:
		return addr, nil
	}
	return addr, newNetError("tcp", opNop, sys.EAFNOSUPPORT)
}

// Bind gives the socket an address of its own; port 0 lets the system choose one. It stays bound
// there when a Connect fails or the socket is used again (I37, I41), if the system lets it.
//
// Errors: EINVAL if it is bound or connected already; those of bind(2), such as EADDRINUSE;
// a closed handle.
func (s *Socket) Bind(addr netip.AddrPort) error {
	o, err := s.open()
	if err != nil {
		return err
	}
	if addr, err = o.sock.fit(addr); err != nil {
		return err
	}
	fd, err := o.borrow()
	if err != nil {
		return err
	}
	defer o.close()
	o.sock.mu.Lock()
	defer o.sock.mu.Unlock()
	if errno := o.sys.Bind(fd, addr); errno != 0 {
		return &net.OpError{Op: "bind", Net: o.network(), Err: sys.Error(errno)}
	}
	local, _ := o.sys.LocalAddr(fd)
	c := o.lock()
	o.sock.bound, o.sock.local = true, local
	o.unlock(c)
	return nil
}

// Listen makes the socket one that listens; backlog is how many connections may wait for an
// accept, which the system bounds: listen(2). A socket that is not bound gets an address of the
// system's choice. It may be called again for another backlog.
//
// Errors: EINVAL if the socket is connected or about to be; EOPNOTSUPP for datagrams; EADDRINUSE; a
// closed handle.
func (s *Socket) Listen(backlog int) error {
	o, err := s.open()
	if err != nil {
		return err
	}
	fd, err := o.borrow()
	if err != nil {
		return err
	}
	defer o.close()
	c := o.lock()
	busy := o.state == connReserved || o.state == connConnected
	o.unlock(c)
	errno := sys.EINVAL
	if !busy {
		errno = o.sys.Listen(fd, backlog)
	}
	if errno != 0 {
		return &net.OpError{Op: "listen", Net: o.network(), Err: sys.Error(errno)}
	}
	c = o.lock()
	if o.state == connNew {
		o.state = connListening
	}
	o.sock.bound = true
	o.unlock(c)
	return nil
}

// LocalAddr returns the address of the socket; the zero value if it has none or is closed.
func (s *Socket) LocalAddr() (addr netip.AddrPort) {
	o, err := s.open()
	if err != nil || !s.State().Bound {
		return addr
	}
	if fd, err := o.borrow(); err == nil {
		addr, _ = o.sys.LocalAddr(fd)
		o.close()
	}
	return addr
}

// RemoteAddr returns the address of the peer, also after the peer has gone; the zero value if
// there has been none, or the socket is closed.
func (s *Socket) RemoteAddr() (addr netip.AddrPort) {
	o, err := s.open()
	if err != nil {
		return addr
	}
	c := o.lock()
	defer o.unlock(c)
	if o.state == connConnected {
		addr = o.sock.remote
	}
	return addr
}

// Shutdown ends a direction of the connection, or of a socket for datagrams, connected or not.
// Sends that were started before still go out; the end follows the last of them, and later ones
// fail at once with ESHUTDOWN (I21). Receives that were started before stay pending and still get
// what arrives; later ones fail at once with ESHUTDOWN (I20). It does not block and sends no packet.
//
// Errors: ENOTCONN (I08); a closed handle; [ErrInvalidParameter] for another mode.
func (s *Socket) Shutdown(how ShutdownMode) error {
	o, err := s.open()
	if err != nil {
		return err
	}
	return o.shutdown(how)
}
