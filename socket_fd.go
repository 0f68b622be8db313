// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"net/netip"

	"iocp/internal/sys"
)

// The descriptor of a Socket: made late, mended after a failed connect, replaced when the socket
// is used for another connection. Its number stays the same where the system can do that, since
// the program may know it.

// ready makes sure that the socket has a descriptor that can be used. Not locked; it does not
// block.
func (s *socketState) ready(o *object) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := o.lock()
	fd, closing, stale, dirty := o.fd, o.closing, s.stale, s.dirty
	if !closing {
		o.handles++
	}
	o.unlock(c)
	if closing {
		return errClosedHandle
	}
	defer o.close()
	switch {
	case fd < 0:
		return s.make(o)
	case stale:
		return s.renew(o, fd)
	case dirty:
		return s.mend(o, fd)
	}
	return nil
}

// tidy is ready after a Connect or Disconnect, if they left anything to be done: an attempt that
// was cancelled might otherwise come off, and a connection that is over would stay. What fails
// here is tried again, and reported, by the next that needs the descriptor.
func (s *socketState) tidy(o *object) {
	c := o.lock()
	needed := (s.dirty || s.stale) && o.state == connNew
	o.unlock(c)
	if needed {
		s.ready(o)
	}
}

func (s *socketState) make(o *object) error {
	fd, errno := o.sys.Socket(s.family, s.typ, s.proto)
	if errno != 0 {
		return socketError(o, opNop, errno)
	}
	return o.replace(fd)
}

// mend makes the socket of a failed connect fit for another. The kernel gives up a port that it
// chose itself, other systems do not, so the socket is bound again where it was (I37). A system
// that cannot mend a socket gives a new one.
func (s *socketState) mend(o *object, fd int32) error {
	if errno := o.sys.Dissolve(fd); errno == sys.EOPNOTSUPP {
		return s.renew(o, fd)
	}
	if is, errno := o.sys.LocalAddr(fd); errno == 0 && s.local.IsValid() && is != s.local {
		if o.sys.Bind(fd, s.local) != 0 {
			o.sys.Bind(fd, netip.AddrPortFrom(s.local.Addr(), 0)) // somebody was faster
		}
	}
	local, errno := o.sys.LocalAddr(fd)
	c := o.lock()
	s.dirty = false
	if s.bound = s.local.IsValid() && errno == 0; s.bound {
		s.local = local
	}
	o.unlock(c)
	return nil
}

// renew replaces the descriptor of a connection that is over by one for the next. The old
// connection comes to its end in the background.
func (s *socketState) renew(o *object, old int32) error {
	fd, errno := o.sys.Socket(s.family, s.typ, s.proto)
	if errno != 0 {
		return socketError(o, opNop, errno)
	}
	copyOptions(o.sys, fd, old)
	bound := s.local.IsValid()
	if bound {
		bound = rebind(o.sys, fd, old, s.local)
	}
	o.sys.SetOption(old, sys.Linger, -1) // else closing may wait
	if err := o.replace(fd); err != nil {
		return err
	}
	if !bound && s.local.IsValid() { // where two cannot be bound at one address
		bound = s.bindAgain(o)
	}
	c := o.lock()
	if s.stale, s.dirty, s.bound = false, false, bound; !bound {
		s.local = netip.AddrPort{}
	}
	o.unlock(c)
	return nil
}

// copyOptions gives a new descriptor the options of the one that it replaces, except for the
// sizes of buffers: setting those would end their growth.
func copyOptions(m sys.System, to, from int32) {
	for _, o := range [...]sys.Option{sys.ReuseAddr, sys.KeepAlive, sys.OutOfBand, sys.NoDelay, sys.OnlyIPv6, sys.Linger} {
		if v, errno := m.Option(from, o); errno == 0 {
			m.SetOption(to, o, v)
		}
	}
}

// rebind binds fd to where old, which still is there, has been bound.
func rebind(m sys.System, fd, old int32, addr netip.AddrPort) bool {
	was, _ := m.Option(fd, sys.ReuseAddr)
	m.SetOption(old, sys.ReuseAddr, 1)
	m.SetOption(fd, sys.ReuseAddr, 1)
	errno := m.Bind(fd, addr)
	m.SetOption(fd, sys.ReuseAddr, was)
	return errno == 0
}

// bindAgain binds the descriptor where the one before it has been bound, unless somebody was faster.
func (s *socketState) bindAgain(o *object) bool {
	c := o.lock()
	fd := o.fd
	o.unlock(c)
	was, _ := o.sys.Option(fd, sys.ReuseLingering)
	o.sys.SetOption(fd, sys.ReuseLingering, 1)
	errno := o.sys.Bind(fd, s.local)
	o.sys.SetOption(fd, sys.ReuseLingering, was)
	return errno == 0
}

// install makes the accepted fd the socket's descriptor and the socket a connected one. It
// reports false if that is closed. Not locked.
func (s *socketState) install(o *object, fd int32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	remote, _ := o.sys.PeerAddr(fd)
	if o.replace(fd) != nil {
		o.unreserve()
		return false
	}
	c := o.lock()
	defer o.unlock(c)
	o.state, o.accept = connConnected, nil
	s.look(awaitsAccept, false)
	s.bound, s.dirty, s.stale, s.remote = true, false, false, remote
	return !o.closing
}

// replace makes fd the object's descriptor, under the number of the old one if there is one and
// the system can do that; the old one is closed. fd is closed if it fails.
func (o *object) replace(fd int32) error {
	c := o.lock()
	if o.closing {
		o.unlock(c)
		o.closeFD(fd)
		return errClosedHandle
	}
	old := o.fd
	if old < 0 {
		o.fd = fd
		o.unlock(c)
		return nil
	}
	o.handles++
	o.unlock(c)
	o.forget(old)
	now, errno := o.sys.Replace(fd, old)
	if errno == 0 && now != old {
		c := o.lock()
		o.fd = now
		o.unlock(c)
	}
	o.close()
	return errorOf(errno)
}
