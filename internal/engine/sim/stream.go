// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"net/netip"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// listen makes s listen, or changes its backlog.
func (m *Machine) listen(s *sock, backlog int) sys.Errno {
	switch {
	case s.typ != sys.SockStream:
		return sys.EOPNOTSUPP
	case s.state == connected:
		return sys.EINVAL
	case !s.local.IsValid():
		ip := netip.IPv4Unspecified()
		if s.family == sys.AFInet6 {
			ip = netip.IPv6Unspecified()
		}
		if errno := m.bind(s, netip.AddrPortFrom(ip, 0)); errno != 0 {
			return errno
		}
	}
	if other := m.bound[address{s.typ, s.local}]; other != s.node {
		if other != nil && other.sock.state == listening {
			return errAddressInUse
		}
		m.bound[address{s.typ, s.local}] = s.node
	}
	s.state, s.limit = listening, min(max(backlog, 1), maxBacklog)
	return 0
}

// accept takes a connection off the backlog.
func (s *sock) accept(m *Machine, d *dice) (res int32, over bool) {
	if s.state != listening {
		return -int32(sys.EINVAL), true
	}
	if len(s.backlog) == 0 {
		return 0, false
	}
	c := s.backlog[0]
	s.backlog = append(s.backlog[:0], s.backlog[1:]...)
	if d.hits(m.faults.Reset) {
		c.sendReset(m, d)
		c.gone = true
		return -int32(sys.ECONNABORTED), true
	}
	fd, errno := m.open(c.node)
	if errno != 0 {
		return -int32(errno), true
	}
	return fd, true
}

// The kernel sends SYN again after 1 s, then 2, and so on: tcp(7), tcp_syn_retries.
const (
	firstRetry = 1e9
	maxRetries = 6
)

// connect is the request to connect, or its next try if the backlog was full.
func (s *sock) connect(m *Machine, r *request) (res int32, over bool) {
	addr := (*sys.Sockaddr)(r.op.Addr).AddrPort()
	switch {
	case !addr.IsValid():
		s.dissolve(m, &r.dice)
		return 0, true
	case s.family == sys.AFInet && !addr.Addr().Unmap().Is4():
		return -int32(sys.EAFNOSUPPORT), true
	case s.typ != sys.SockStream:
		return -int32(s.connectGrams(m, addr)), true
	case s.state != fresh:
		return -int32(sys.EISCONN), true
	case r.node.out.Head() != nil && r.node.out.Head() != r:
		return -int32(sys.EALREADY), true
	}
	if ip := addr.Addr(); ip.IsUnspecified() {
		addr = loopback(ip, addr.Port())
	}
	l := m.find(sys.SockStream, addr)
	switch {
	case l == nil || l.state != listening:
		return -int32(sys.ECONNREFUSED), true
	case len(l.backlog) >= l.limit:
		if r.done++; r.done > maxRetries { // bytes are not this request's business
			r.done = 0
			return -int32(sys.ETIMEDOUT), true
		}
		m.schedule(event{what: carryOut, req: r, gen: r.Generation()}, firstRetry<<(r.done-1), &r.dice)
		return 0, false
	}
	return -int32(s.establish(m, l, addr)), true
}

func loopback(ip netip.Addr, port uint16) netip.AddrPort {
	if ip.Unmap().Is4() {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), port)
}

// establish connects s to l, where nobody has accepted it yet.
func (s *sock) establish(m *Machine, l *sock, addr netip.AddrPort) sys.Errno {
	if errno := m.bindSomewhere(s, addr); errno != 0 {
		return errno
	}
	c := m.newSock(l.family, sys.SockStream, l.kind)
	c.options = l.options
	c.local, c.remote, s.remote = plain(addr), s.local, plain(addr)
	s.join(c)
	l.backlog = append(l.backlog, c)
	m.serveIn(l.node)
	return 0
}

// join connects two sockets.
func (s *sock) join(c *sock) {
	s.rx = &flow{to: s.node, window: max(s.options[sys.RecvBuffer], minWindow)}
	s.tx = &flow{to: c.node, window: max(c.options[sys.RecvBuffer], minWindow)}
	c.rx, c.tx, c.peer, s.peer = s.tx, s.rx, s, c
	s.state, c.state = connected, connected
}

// dissolve makes s a socket that was never connected.
func (s *sock) dissolve(m *Machine, d *dice) {
	if s.typ == sys.SockStream && s.state == connected && !s.dead {
		s.sendReset(m, d)
	}
	s.remote, s.err = netip.AddrPort{}, 0
	if s.typ == sys.SockStream && s.state != listening {
		s.state, s.rx, s.tx, s.peer = fresh, nil, nil, nil
		s.shutRd, s.shutWr, s.dead = false, false, false
	}
}

// shutdown ends directions of a connection.
func (s *sock) shutdown(m *Machine, how int, d *dice) sys.Errno {
	if how != sys.ShutRead && how != sys.ShutWrite && how != sys.ShutBoth {
		return sys.EINVAL
	}
	stream := s.typ == sys.SockStream
	if stream && (s.state != connected || s.dead) || !stream && !s.remote.IsValid() {
		return sys.ENOTCONN
	}
	s.shutRd = s.shutRd || how != sys.ShutWrite
	if how != sys.ShutRead && !s.shutWr {
		s.shutWr = true
		if stream {
			s.tx.ended = true
			s.tx.deliver(m, d)
		}
	}
	m.serveIn(s.node)
	m.serveOut(s.node)
	return 0
}

// receive takes what is here. With MsgWaitAll the request goes on until its memory is full.
func (s *sock) receive(m *Machine, r *request) (res int32, over bool) {
	if s.typ == sys.SockDgram {
		return s.receiveGrams(m, r)
	}
	if s.rx == nil && s.typ == typePipe {
		return -int32(sys.EBADF), true
	}
	if s.state != connected {
		return -int32(sys.ENOTCONN), true
	}
	mem := memoryOf(r.op, r.done)
	if mem.left == 0 {
		return int32(r.done), true
	}
	flags := r.op.Flags
	if r.op.Kind == engine.Read || r.op.Kind == engine.Readv {
		flags = 0
	}
	n := min(s.rx.here(), mem.left)
	if n == 0 {
		if r.done > 0 && s.nothingMore() {
			return int32(r.done), true // the error is for the next
		}
		if errno := s.takeError(); errno != 0 {
			return -int32(errno), true
		}
		return 0, s.nothingMore()
	}
	short := r.dice.hits(m.faults.Short)
	if short {
		n = r.dice.some(n)
	}
	more := n < mem.left
	for off := 0; off < n; {
		piece := mem.next(n - off)
		s.rx.get(piece, off)
		off += len(piece)
	}
	if mem.message != nil {
		mem.message.SetName(nil, 0)
	}
	if flags&sys.MsgPeek != 0 {
		return int32(n), true
	}
	s.rx.read += uint64(n)
	r.done += n
	s.makeRoom(m)
	if flags&sys.MsgWaitAll != 0 && more && !short && !s.nothingMore() {
		return 0, false
	}
	return int32(r.done), true
}

func (s *sock) nothingMore() bool { return s.err != 0 || s.dead || s.shutRd || s.rx.over() }

// makeRoom lets the peer go on sending.
func (s *sock) makeRoom(m *Machine) {
	if p := s.peer; !p.gone {
		m.serveOut(p.node)
	}
}

// send gives the flow as much as there is room for. With MsgWaitAll the request goes on until
// everything is sent.
func (s *sock) send(m *Machine, r *request) (res int32, over bool) {
	if s.typ == sys.SockDgram {
		return s.sendGram(m, r), true
	}
	if s.tx == nil && s.typ == typePipe {
		return -int32(sys.EBADF), true
	}
	if errno := s.takeError(); errno != 0 {
		return r.partial(errno), true
	}
	if s.state != connected || s.dead || s.shutWr || s.near && s.peer.gone {
		return r.partial(sys.EPIPE), true
	}
	mem := memoryOf(r.op, r.done)
	if mem.left == 0 {
		return int32(r.done), true
	}
	n := min(s.tx.room(), mem.left)
	if n == 0 {
		return 0, false
	}
	short := r.dice.hits(m.faults.Short)
	if short {
		n = r.dice.some(n)
	}
	more := n < mem.left
	r.done += n
	for n > 0 {
		piece := mem.next(n)
		s.tx.put(piece)
		n -= len(piece)
	}
	s.tx.deliver(m, &r.dice)
	all := r.op.Kind != engine.Write && r.op.Kind != engine.Writev && r.op.Flags&sys.MsgWaitAll != 0
	if all && more && !short {
		return 0, false
	}
	return int32(r.done), true
}

// breakDown is a reset that neither side has asked for.
func (s *sock) breakDown(m *Machine, d *dice) sys.Errno {
	s.sendReset(m, d)
	s.dead, s.err = true, sys.ECONNRESET
	m.serveIn(s.node)
	m.serveOut(s.node)
	return sys.ECONNRESET
}

// sendReset has the peer find the connection reset.
func (s *sock) sendReset(m *Machine, d *dice) {
	if p := s.peer; p != nil && !p.gone && !p.dead {
		m.scheduleAt(event{what: arriveRST, node: p.node}, max(m.now()+m.latency(d), s.tx.last), d)
	}
}

// strike answers what arrives at a socket that is closed: data with a reset, an end with nothing.
func (s *sock) strike(m *Machine, f *flow, end bool) {
	if s.dead || end && f.sent == f.read {
		return
	}
	s.dead = true
	s.sendReset(m, m.callDice())
}

// reset arrives at a socket.
func (n *node) reset(m *Machine) {
	s := n.sock
	if s.gone || s.dead || s.state != connected {
		return
	}
	s.dead, s.err = true, sys.ECONNRESET
	if s.rx.endCame && !s.shutWr {
		s.err = sys.EPIPE // as tcp_reset of Linux has it
	}
	m.serveIn(n)
	m.serveOut(n)
}
