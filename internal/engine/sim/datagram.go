// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"net/netip"

	"iocp/internal/sys"
)

// datagram is one on its way, or one that has arrived.
type datagram struct {
	from, to netip.AddrPort
	data     []byte
}

const (
	maxGram      = 1<<16 - 1 - 8 - 20
	gramOverhead = 256 // bytes that an empty one takes up
)

// connectGrams says where datagrams go and whose are received.
func (s *sock) connectGrams(m *Machine, addr netip.AddrPort) sys.Errno {
	if addr.Addr().IsUnspecified() {
		addr = loopback(addr.Addr(), addr.Port())
	}
	if errno := m.bindSomewhere(s, addr); errno != 0 {
		return errno
	}
	s.remote = plain(addr)
	return 0
}

// sendGram sends one datagram.
func (s *sock) sendGram(m *Machine, r *request) int32 {
	mem := memoryOf(r.op, 0)
	to := s.remote
	if mem.message != nil {
		if sa, n := mem.message.Name(); sa != nil && n > 0 {
			to = plain(sa.AddrPort())
		}
	}
	switch errno := s.takeError(); {
	case errno != 0:
		return -int32(errno)
	case s.shutWr:
		return -int32(sys.EPIPE)
	case !to.IsValid():
		return -int32(errDestination)
	case mem.left > maxGram:
		return -int32(sys.EMSGSIZE)
	}
	if errno := m.bindSomewhere(s, to); errno != 0 {
		return -int32(errno)
	}
	n := mem.left
	if d := &r.dice; !d.hits(m.faults.Lose) {
		from := s.local
		if from.Addr().IsUnspecified() {
			from = loopback(to.Addr(), from.Port())
		}
		if to.Addr().IsUnspecified() {
			to = loopback(to.Addr(), to.Port())
		}
		g := &datagram{from: from, to: to, data: make([]byte, n)}
		for rest := g.data; len(rest) > 0; {
			rest = rest[move(rest, mem.next(mem.left)):]
		}
		for again := true; again; again = d.hits(m.faults.Duplicate) {
			s.dispatch(m, g, d)
		}
	}
	return int32(n)
}

// dispatch sends g on its way. What a socket sends arrives in the order in which it was sent, unless it is
// delayed: as on the loopback interface.
func (s *sock) dispatch(m *Machine, g *datagram, d *dice) {
	at := m.now() + m.latency(d)
	if late := m.late(m.faults.Delay, d); late > 0 {
		at += late
	} else {
		at = max(at, s.lastGram+1)
		s.lastGram = at
	}
	m.scheduleAt(event{what: arriveGram, node: s.node, gram: g}, at, d)
}

// receiveGram has a datagram of n's arrive where it was sent to.
func (n *node) receiveGram(m *Machine, g *datagram) {
	to := m.find(sys.SockDgram, g.to)
	if to == nil {
		if !n.sock.gone && (n.sock.remote == g.to || n.sock.options[sys.ReportRefused] != 0) {
			d := m.callDice()
			m.schedule(event{what: unreachable, node: n}, m.latency(d), d)
		}
		return
	}
	room := max(to.options[sys.RecvBuffer], minWindow)
	if to.remote.IsValid() && to.remote != g.from || to.gramsBytes > room {
		return
	}
	to.grams = append(to.grams, g)
	to.gramsBytes += len(g.data) + gramOverhead
	m.serveIn(to.node)
}

// refused: nobody is where a datagram of n's went.
func (n *node) refused(m *Machine) {
	if s := n.sock; !s.gone {
		s.err = sys.ECONNREFUSED
		m.serveIn(n)
	}
}

// receiveGrams takes the next datagram. What there is no memory for is lost.
func (s *sock) receiveGrams(m *Machine, r *request) (res int32, over bool) {
	if errno := s.takeError(); errno != 0 {
		return -int32(errno), true
	}
	if len(s.grams) == 0 {
		return 0, s.shutRd
	}
	g := s.grams[0]
	mem := memoryOf(r.op, 0)
	n := 0
	for n < len(g.data) && mem.left > 0 {
		n += move(mem.next(len(g.data)-n), g.data[n:])
	}
	if mem.message != nil {
		if sa, room := mem.message.Name(); sa != nil && room >= sys.SizeofSockaddr {
			mem.message.SetName(sa, sa.Put(s.named(g.from)))
		}
	}
	if r.op.Flags&sys.MsgPeek == 0 {
		s.grams = append(s.grams[:0], s.grams[1:]...)
		s.gramsBytes -= len(g.data) + gramOverhead
	}
	if r.op.Flags&sys.MsgTrunc != 0 {
		n = len(g.data)
	}
	return int32(n), true
}
