// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"slices"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// firstFD is the lowest descriptor. The operating system's own are far below, so that one that goes
// astray between the two is refused by either.
const firstFD = 1 << 24

// maxFDs is how many descriptors there may be.
const maxFDs = 1 << 20

// node is what a descriptor stands for: a socket or an open file, until the descriptor is closed and
// the last request on it over.
type node struct {
	refs int  // descriptors, and requests under way
	in   fifo // requests that wait for something to read, or to accept
	out  fifo // requests that wait for room, or to connect
	poll fifo

	sock *sock
	file *openFile
}

// node returns what fd stands for, or nil.
func (m *Machine) node(fd int32) *node {
	i := int(fd) - firstFD
	if i < 0 || i >= len(m.nodes) {
		return nil
	}
	return m.nodes[i]
}

// open gives n the lowest descriptor that is free: nobody can rely on a number that was closed
// staying unused.
func (m *Machine) open(n *node) (fd int32, errno sys.Errno) {
	switch {
	case len(m.freeFDs) > 0:
		fd = m.takeLowestFD()
	case len(m.nodes) < maxFDs:
		fd = int32(firstFD + len(m.nodes))
		m.nodes = append(m.nodes, nil)
	default:
		return -1, sys.EMFILE
	}
	n.refs++
	m.nodes[fd-firstFD] = n
	return fd, 0
}

// freeFDs is a heap.

func (m *Machine) takeLowestFD() int32 {
	h := m.freeFDs
	fd, last := h[0], len(h)-1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		least := i
		for _, down := range [2]int{2*i + 1, 2*i + 2} {
			if down < last && h[down] < h[least] {
				least = down
			}
		}
		if least == i {
			break
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
	m.freeFDs = h
	return fd
}

func (m *Machine) freeFD(fd int32) {
	h := append(m.freeFDs, fd)
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if h[up] <= h[i] {
			break
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
	m.freeFDs = h
	m.nodes[fd-firstFD] = nil
}

// take takes a descriptor that is free.
func (m *Machine) take(fd int32) {
	i := slices.Index(m.freeFDs, fd)
	m.freeFDs = slices.Delete(m.freeFDs, i, i+1)
	slices.Sort(m.freeFDs) // which makes a heap again
}

// close closes a descriptor.
func (m *Machine) close(fd int32) sys.Errno {
	n := m.node(fd)
	if n == nil {
		return sys.EBADF
	}
	m.freeFD(fd)
	n.unref(m)
	return 0
}

func (n *node) unref(m *Machine) {
	n.refs--
	if n.refs > 0 {
		return
	}
	if n.sock != nil {
		n.sock.end(m)
	}
	if n.file != nil {
		n.file.end(m)
	}
}

// line is where a request of that kind waits.
func (n *node) line(k engine.Kind) *fifo {
	switch k {
	case engine.Poll:
		return &n.poll
	case engine.Send, engine.SendMsg, engine.Write, engine.Writev, engine.Connect:
		return &n.out
	}
	return &n.in
}

// serve carries out what can be, after something has changed.
func (m *Machine) serve(n *node, line *fifo) {
	for line.Len() > 0 {
		r := line.Head()
		res, over := m.try(r)
		if !over {
			break
		}
		line.Remove(r)
		m.finish(r, res)
	}
}

func (m *Machine) serveIn(n *node) {
	m.serve(n, &n.in)
	m.servePolls(n)
}

func (m *Machine) serveOut(n *node) {
	m.serve(n, &n.out)
	m.servePolls(n)
}

func (m *Machine) servePolls(n *node) {
	for r := n.poll.Head(); r != nil; {
		next := r.Next()
		if res, over := m.try(r); over {
			n.poll.Remove(r)
			m.finish(r, res)
		}
		r = next
	}
}

// try carries out a request whose time has come. over is false if it has to wait.
func (m *Machine) try(r *request) (res int32, over bool) {
	op, n := r.op, r.node
	switch {
	case op.Kind == engine.Nop:
		return 0, true
	case op.Kind > engine.Close:
		return -int32(sys.EINVAL), true
	case n == nil:
		return -int32(sys.EBADF), true
	}
	switch op.Kind {
	case engine.Close:
		return -int32(m.close(op.FD)), true // EBADF, if it was closed meanwhile
	case engine.Poll:
		res = int32(n.ready(op.Flags))
		return res, res != 0
	case engine.Sync:
		return n.sync(op.Flags), true
	case engine.Read, engine.Write, engine.Readv, engine.Writev:
		if n.file != nil {
			return m.transferFile(n.file, op, &r.dice), true
		}
		if op.Off >= 0 {
			return -int32(errIllegalSeek), true
		}
	}
	if n.sock == nil || n.sock.typ == typePipe && !moves(op.Kind) {
		return -int32(errNotSocket), true
	}
	res, over = m.trySocket(r)
	if !over && op.Flags&msgDontWait != 0 && impatient(op.Kind) {
		return r.partial(sys.EAGAIN), true
	}
	return res, over
}

// moves reports whether pipes, too, have such requests.
func moves(k engine.Kind) bool {
	return k == engine.Read || k == engine.Readv || k == engine.Write || k == engine.Writev
}

// impatient reports whether such requests can be asked not to wait.
func impatient(k engine.Kind) bool {
	return k == engine.Recv || k == engine.Send || k == engine.RecvMsg || k == engine.SendMsg
}

// trySocket is try for the requests that sockets have.
func (m *Machine) trySocket(r *request) (res int32, over bool) {
	switch op, s := r.op, r.node.sock; op.Kind {
	case engine.Accept:
		return s.accept(m, &r.dice)
	case engine.Connect:
		return s.connect(m, r)
	case engine.Shutdown:
		return -int32(s.shutdown(m, int(op.Len), &r.dice)), true
	case engine.Recv, engine.RecvMsg, engine.Read, engine.Readv:
		return s.receive(m, r)
	case engine.Send, engine.SendMsg, engine.Write, engine.Writev:
		return s.send(m, r)
	}
	return -int32(sys.EINVAL), true
}

func (n *node) sync(flags uint32) int32 {
	if flags > 1 || n.file == nil {
		return -int32(sys.EINVAL)
	}
	return 0
}

// ready is what poll(2) would say, of what was asked for; errors and hang-ups always.
func (n *node) ready(asked uint32) uint32 {
	if n.file != nil {
		return asked & (sys.PollIn | sys.PollOut)
	}
	return n.sock.ready(asked)
}
