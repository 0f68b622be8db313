// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import "iocp/internal/sys"

// A pipe is a connection of one direction whose ends are no sockets: they can be read and written,
// and nothing else.

const typePipe = -1

// NewPipe makes a pipe.
func (m *Machine) NewPipe() (r, w int32, errno sys.Errno) {
	m.Lock()
	defer m.Unlock()
	reader, writer := m.newSock(0, typePipe, 0), m.newSock(0, typePipe, 0)
	f := &flow{to: reader.node, window: defaultWindow}
	reader.rx, writer.tx = f, f
	reader.peer, writer.peer = writer, reader
	reader.state, writer.state = connected, connected
	return m.openBoth(reader, writer)
}

// NewPair makes two connected sockets without names: socketpair(2).
func (m *Machine) NewPair() (a, b int32, errno sys.Errno) {
	m.Lock()
	defer m.Unlock()
	one, other := m.newSock(sys.AFUnix, sys.SockStream, 0), m.newSock(sys.AFUnix, sys.SockStream, 0)
	one.join(other)
	one.near, other.near = true, true
	return m.openBoth(one, other)
}

func (m *Machine) openBoth(one, other *sock) (a, b int32, errno sys.Errno) {
	if a, errno = m.open(one.node); errno != 0 {
		return -1, -1, errno
	}
	if b, errno = m.open(other.node); errno != 0 {
		m.close(a)
		return -1, -1, errno
	}
	return a, b, 0
}

// endPipe is the end of one end.
func (s *sock) endPipe(m *Machine) {
	p := s.peer
	if p.gone {
		return
	}
	if s.rx != nil { // who writes learns it at once
		p.dead = true
		m.serveOut(p.node)
		return
	}
	s.tx.ended = true
	s.tx.deliver(m, m.callDice())
}

// readyPipe is what poll(2) says.
func (s *sock) readyPipe(asked uint32) (got uint32) {
	if s.rx != nil {
		if s.rx.here() > 0 {
			got |= asked & sys.PollIn
		}
		if s.rx.over() {
			got |= pollHup
		}
		return got
	}
	if s.tx.room() > 0 || s.dead {
		got |= asked & sys.PollOut
	}
	if s.dead {
		got |= sys.PollErr
	}
	return got
}
