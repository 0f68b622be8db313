// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package iocp

import (
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// The descriptor of a Socket: made late, mended after a failed connect, replaced when the socket
// is used for another connection. Its number never changes, since the program may know it.

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

func (s *socketState) socket() (int32, error) {
	fd, err := unix.Socket(s.family, s.typ|unix.SOCK_CLOEXEC, s.proto)
	if err != nil {
		return -1, err
	}
	return int32(fd), nil
}

func (s *socketState) make(o *object) error {
	fd, err := s.socket()
	if err != nil {
		return socketError(o, opNop, err.(syscall.Errno))
	}
	return o.replace(fd)
}

// mend dissolves what a failed connect has left: connect(2), AF_UNSPEC. The kernel gives up a port
// that it chose itself, other systems do not, so the socket is bound again where it was (I37).
func (s *socketState) mend(o *object, fd int32) error {
	var none syscall.RawSockaddrAny // AF_UNSPEC
	syscall.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(pointerTo(&none)), unsafeFamilySize)
	if is, err := socketName(fd); err == nil && s.local.IsValid() && is != s.local {
		if bindFD(fd, s.local) != nil {
			bindFD(fd, netip.AddrPortFrom(s.local.Addr(), 0)) // somebody was faster
		}
	}
	local, err := socketName(fd)
	c := o.lock()
	s.dirty = false
	if s.bound = s.local.IsValid() && err == nil; s.bound {
		s.local = local
	}
	o.unlock(c)
	return nil
}

const unsafeFamilySize = 2 // sizeof(sa_family_t), which is all that AF_UNSPEC needs

// renew replaces the descriptor of a connection that is over by one for the next. The old
// connection comes to its end in the background.
func (s *socketState) renew(o *object, old int32) error {
	fd, err := s.socket()
	if err != nil {
		return socketError(o, opNop, err.(syscall.Errno))
	}
	copyOptions(fd, old)
	bound := s.local.IsValid()
	if bound {
		bound = rebind(fd, old, s.local)
	}
	unix.SetsockoptLinger(int(old), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{}) // else closing may wait
	if err := o.replace(fd); err != nil {
		return err
	}
	c := o.lock()
	if s.stale, s.bound = false, bound; !bound {
		s.local = netip.AddrPort{}
	}
	o.unlock(c)
	return nil
}

// copyOptions gives a new descriptor the options of the one that it replaces, except for the
// sizes of buffers: setting those would end their growth.
func copyOptions(to, from int32) {
	for _, o := range [...]struct{ level, name int }{
		{unix.SOL_SOCKET, unix.SO_REUSEADDR}, {unix.SOL_SOCKET, unix.SO_KEEPALIVE}, {unix.SOL_SOCKET, unix.SO_OOBINLINE},
		{unix.IPPROTO_TCP, unix.TCP_NODELAY}, {unix.IPPROTO_IPV6, unix.IPV6_V6ONLY},
	} {
		if v, err := unix.GetsockoptInt(int(from), o.level, o.name); err == nil {
			unix.SetsockoptInt(int(to), o.level, o.name, v)
		}
	}
	if l, err := unix.GetsockoptLinger(int(from), unix.SOL_SOCKET, unix.SO_LINGER); err == nil {
		unix.SetsockoptLinger(int(to), unix.SOL_SOCKET, unix.SO_LINGER, l)
	}
}

// rebind binds fd to where old, which still is there, has been bound.
func rebind(fd, old int32, addr netip.AddrPort) bool {
	was, _ := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR)
	unix.SetsockoptInt(int(old), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	err := bindFD(fd, addr)
	unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, was)
	return err == nil
}

// install makes the accepted fd the socket's descriptor and the socket a connected one. It
// reports false if that is closed. Not locked.
func (s *socketState) install(o *object, fd int32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	remote, _ := peerName(fd)
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

// replace makes fd the object's descriptor, under the number of the old one if there is one,
// which is closed. fd is closed if it fails.
func (o *object) replace(fd int32) error {
	c := o.lock()
	if o.closing {
		o.unlock(c)
		closeFD(fd)
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
	err := unix.Dup3(int(fd), int(old), unix.O_CLOEXEC)
	closeFD(fd)
	o.close()
	return err
}
