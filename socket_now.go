// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package iocp

import (
	"io"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// RecvNow receives what is there already, in the call itself: it is no operation, sends no packet
// and needs no port. What it returns is what the packet of [Socket.RecvFrom] would say; from may
// be nil. It does not block. Operations in flight come first.
//
// Errors: those of RecvFrom at its start and in its packet; EAGAIN if it would have to wait.
func (s *Socket) RecvNow(bufs [][]byte, flags int, from *netip.AddrPort) (n int, err error) {
	o, err := s.open()
	if err != nil {
		return 0, err
	}
	kernel, err := o.sock.receiveFlags(flags)
	if err != nil {
		return 0, err
	}
	err = o.now(opRecvv, recvLine, func(fd int) error {
		var got int
		var sender unix.Sockaddr
		n, _, got, sender, err = unix.RecvmsgBuffers(fd, bufs, nil, int(kernel)|unix.MSG_DONTWAIT)
		n = max(min(n, lengthOf(bufs)), 0)
		switch {
		case err != nil:
			return err
		case from != nil:
			*from = addrPortOf(sender)
		}
		switch {
		case got&unix.MSG_TRUNC != 0 && !o.sock.stream:
			return ErrTruncated
		case n == 0 && o.sock.stream && lengthOf(bufs) > 0:
			o.sock.look(atEnd, true)
			return io.EOF
		}
		return nil
	})
	return n, err
}

// SendNow sends what the system takes at once, in the call itself, in the way of [Socket.RecvNow].
// On a stream that may be less than all of it. With the zero address it sends to where the
// socket is connected to.
//
// Errors: those of SendTo or Sendv at their start and in their packets; EAGAIN if it would have to
// wait.
func (s *Socket) SendNow(bufs [][]byte, to netip.AddrPort) (n int, err error) {
	o, err := s.open()
	if err != nil {
		return 0, err
	}
	what, addr := opSendv, unix.Sockaddr(nil)
	if to.IsValid() && !o.sock.stream {
		if to, err = o.sock.fit(to); err != nil {
			return 0, err
		}
		what, addr = opSendTo, unixAddr(to)
	}
	err = o.now(what, sendLine, func(fd int) error {
		n, err = unix.SendmsgBuffers(fd, bufs, nil, addr, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		n = max(n, 0)
		return err
	})
	return n, err
}

// now makes a call that does not wait, if that is allowed and nothing is in line before it.
func (o *object) now(what opKind, dir direction, call func(fd int) error) error {
	fd, err := o.borrow()
	if err != nil {
		return err
	}
	defer o.close()
	c := o.lock()
	err = o.admits(what, dir)
	if err == nil && o.lines[dir].now != nil {
		err = syscall.EAGAIN
	}
	o.unlock(c)
	if err != nil {
		return err
	}
	err = call(fd)
	errno, ok := err.(syscall.Errno)
	if !ok {
		return err
	}
	if o.sock.stream {
		c = o.lock()
		errno = o.broken(errno)
		o.unlock(c)
	}
	return socketError(o, what, errno)
}

func lengthOf(bufs [][]byte) (n int) {
	for _, b := range bufs {
		n += len(b)
	}
	return n
}

func addrPortOf(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 {
			ip = ip.WithZone(zoneName(int(sa.ZoneId)))
		}
		return netip.AddrPortFrom(ip, uint16(sa.Port))
	}
	return netip.AddrPort{}
}

func unixAddr(addr netip.AddrPort) unix.Sockaddr {
	ip := addr.Addr()
	if ip.Is4() {
		return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: ip.As4()}
	}
	return &unix.SockaddrInet6{Port: int(addr.Port()), Addr: ip.As16(), ZoneId: uint32(zoneIndex(ip.Zone()))}
}
