// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"net/netip"

	"iocp/internal/sys"
)

// sock is a socket. Its behaviour, errors included, is that of Linux: tcp(7), udp(7).
type sock struct {
	node              *node
	family, typ, kind int // kind is the protocol
	local, remote     netip.AddrPort
	state             sockState
	options           [sys.Protocol + 1]int
	err               sys.Errno // to be told once: SO_ERROR

	rx, tx         *flow // of a connection
	peer           *sock
	shutRd, shutWr bool
	dead           bool // reset: nothing more comes or goes
	gone           bool // closed, and nothing under way
	near           bool // of a pair: it knows at once that its peer is gone

	backlog []*sock // of a socket that listens: connections nobody has accepted
	limit   int

	grams      []*datagram
	gramsBytes int
	lastGram   int64 // when the last that was sent arrives, unless it is delayed
}

type sockState uint8

const (
	fresh sockState = iota
	listening
	connected
)

const maxBacklog = 4096

// newSock makes a socket without a descriptor.
func (m *Machine) newSock(family, typ, proto int) *sock {
	s := &sock{family: family, typ: typ, kind: proto}
	s.options[sys.Linger] = -1
	s.options[sys.RecvBuffer], s.options[sys.SendBuffer] = defaultWindow, defaultWindow
	s.node = &node{sock: s}
	return s
}

// plain is the address by which a socket is found, whatever the family that names it.
func plain(addr netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
}

// named is an address as sockets of the family show it.
func (s *sock) named(addr netip.AddrPort) netip.AddrPort {
	if s.family == sys.AFInet6 && addr.Addr().Is4() {
		return netip.AddrPortFrom(netip.AddrFrom16(addr.Addr().As16()), addr.Port())
	}
	return addr
}

const firstEphemeral = 32768

// bind gives s an address. Every address is one of this machine's.
func (m *Machine) bind(s *sock, addr netip.AddrPort) sys.Errno {
	if s.local.IsValid() {
		return sys.EINVAL
	}
	if s.family == sys.AFInet && !addr.Addr().Unmap().Is4() {
		return sys.EAFNOSUPPORT
	}
	addr = plain(addr)
	if addr.Port() == 0 {
		port, ok := m.freePort(s, addr.Addr())
		if !ok {
			return errAddressInUse
		}
		addr = netip.AddrPortFrom(addr.Addr(), port)
	} else if m.taken(s, addr) {
		return errAddressInUse
	}
	s.local = addr
	m.bound[address{s.typ, addr}] = s.node
	return 0
}

func (m *Machine) freePort(s *sock, ip netip.Addr) (uint16, bool) {
	for range 1<<16 - firstEphemeral {
		port := m.nextTCP
		if m.nextTCP++; m.nextTCP == 0 {
			m.nextTCP = firstEphemeral
		}
		if !m.taken(s, netip.AddrPortFrom(ip, port)) {
			return port, true
		}
	}
	return 0, false
}

// taken reports whether another socket is in the way of s at addr: one that is bound there or
// everywhere, unless both have said that they share and that one does not listen.
func (m *Machine) taken(s *sock, addr netip.AddrPort) bool {
	for _, ip := range [...]netip.Addr{addr.Addr(), netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		n := m.bound[address{s.typ, netip.AddrPortFrom(ip, addr.Port())}]
		if n != nil && (n.sock.state == listening || !n.sock.shares() || !s.shares()) {
			return true
		}
	}
	if !addr.Addr().IsUnspecified() {
		return false
	}
	for at, n := range m.bound {
		if at.typ == s.typ && at.addr.Port() == addr.Port() && n.sock.state != connected && (!n.sock.shares() || !s.shares()) {
			return true
		}
	}
	return false
}

func (s *sock) shares() bool {
	return s.options[sys.ReuseAddr] != 0 || s.options[sys.ReuseLingering] != 0
}

func (m *Machine) unbind(s *sock) {
	if at := (address{s.typ, s.local}); m.bound[at] == s.node {
		delete(m.bound, at)
	}
	s.local = netip.AddrPort{}
}

// find returns the socket that is bound to addr, or everywhere.
func (m *Machine) find(typ int, addr netip.AddrPort) *sock {
	addr = plain(addr)
	if n := m.bound[address{typ, addr}]; n != nil {
		return n.sock
	}
	if addr.Addr().Is4() {
		if n := m.bound[address{typ, netip.AddrPortFrom(netip.IPv4Unspecified(), addr.Port())}]; n != nil {
			return n.sock
		}
	}
	n := m.bound[address{typ, netip.AddrPortFrom(netip.IPv6Unspecified(), addr.Port())}]
	if n == nil || addr.Addr().Is4() && n.sock.options[sys.OnlyIPv6] != 0 {
		return nil
	}
	return n.sock
}

// bindSomewhere gives s an address for its first word to the address to.
func (m *Machine) bindSomewhere(s *sock, to netip.AddrPort) sys.Errno {
	if s.local.IsValid() {
		return 0
	}
	ip := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if !to.Addr().Unmap().Is4() {
		ip = netip.IPv6Loopback()
	}
	return m.bind(s, netip.AddrPortFrom(ip, 0))
}

// end is the end of a socket: its descriptor is closed, and the last request on it over.
func (s *sock) end(m *Machine) {
	s.gone = true
	if s.typ == typePipe {
		s.endPipe(m)
		return
	}
	m.unbind(s)
	d := m.callDice()
	for _, c := range s.backlog {
		c.gone = true
		c.sendReset(m, d)
	}
	s.backlog = nil
	if s.state != connected || s.typ != sys.SockStream || s.dead {
		return
	}
	if s.rx.here() > 0 || s.options[sys.Linger] == 0 {
		s.sendReset(m, d)
	} else if !s.tx.ended {
		s.tx.ended = true
		s.tx.deliver(m, d)
	}
}

// ready is what poll(2) says about a socket.
func (s *sock) ready(asked uint32) uint32 {
	var got uint32
	in, out, ended := false, false, false
	switch {
	case s.typ == typePipe:
		return s.readyPipe(asked)
	case s.typ != sys.SockStream:
		in, out = len(s.grams) > 0 || s.shutRd, true
	case s.state == listening:
		in = len(s.backlog) > 0
	case s.state == connected:
		ended = s.dead || s.rx.endCame && s.rx.came == s.rx.sent
		in = s.rx.here() > 0 || ended || s.shutRd
		out = s.tx.room() > 0 || s.dead || s.shutWr
	default:
		out, got = true, pollHup
	}
	if s.err != 0 {
		in, out, got = true, true, got|sys.PollErr
	}
	if in {
		got |= asked & sys.PollIn
	}
	if out {
		got |= asked & sys.PollOut
	}
	if ended {
		got |= asked & sys.PollRDHup
	}
	if s.hungUp() {
		got |= pollHup
	}
	return got
}

const pollHup = 0x10

// hungUp: nothing comes or goes any more.
func (s *sock) hungUp() bool {
	return s.dead || s.state == connected && s.typ == sys.SockStream && s.shutWr && s.rx.endCame
}

// takeError returns the error that waits to be told.
func (s *sock) takeError() sys.Errno {
	errno := s.err
	s.err = 0
	return errno
}
