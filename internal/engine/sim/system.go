// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"net/netip"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// system is what an endpoint asks of a machine beside its operations: sys.System, whose comments say
// what the methods promise. Nothing here waits, or lets time pass.
type system struct{ m *Machine }

var _ sys.System = system{}

// System returns the machine's side for endpoints. All values are equal.
func (m *Machine) System() sys.System { return system{m} }

// socket calls f with the socket fd, under the lock.
func (s system) socket(what string, fd int32, f func(*sock) sys.Errno) (errno sys.Errno) {
	m := s.m
	m.Lock()
	defer m.Unlock()
	m.catchUp()
	switch n := m.node(fd); {
	case n == nil:
		errno = sys.EBADF
	case n.sock == nil || n.sock.typ == typePipe:
		errno = errNotSocket
	default:
		errno = f(n.sock)
	}
	m.called(what, fd, int64(errno))
	return errno
}

// Socket makes a socket. The dice may say that there are too many, or no memory for it.
func (s system) Socket(family, typ, proto int) (int32, sys.Errno) {
	m := s.m
	m.Lock()
	defer m.Unlock()
	m.catchUp()
	fd, errno := m.socket(family, typ, proto)
	m.called("socket", fd, int64(errno))
	return fd, errno
}

func (m *Machine) socket(family, typ, proto int) (int32, sys.Errno) {
	if family != sys.AFInet && family != sys.AFInet6 {
		return -1, sys.EAFNOSUPPORT
	}
	if typ != sys.SockStream && typ != sys.SockDgram {
		return -1, sys.EINVAL
	}
	switch d := m.callDice(); {
	case d.hits(m.faults.NoFiles):
		return -1, tooMany(d)
	case d.hits(m.faults.NoBuffers):
		return -1, errNoBuffers
	}
	return m.open(m.newSock(family, typ, proto).node)
}

func (s system) Bind(fd int32, addr netip.AddrPort) sys.Errno {
	return s.socket("bind", fd, func(o *sock) sys.Errno { return s.m.bind(o, addr) })
}

func (s system) Listen(fd int32, backlog int) sys.Errno {
	return s.socket("listen", fd, func(o *sock) sys.Errno { return s.m.listen(o, backlog) })
}

func (s system) Shutdown(fd int32, how int) sys.Errno {
	return s.socket("shutdown", fd, func(o *sock) sys.Errno { return o.shutdown(s.m, how, s.m.callDice()) })
}

func (s system) Dissolve(fd int32) sys.Errno {
	return s.socket("dissolve", fd, func(o *sock) sys.Errno {
		o.dissolve(s.m, s.m.callDice())
		return 0
	})
}

func (s system) LocalAddr(fd int32) (addr netip.AddrPort, errno sys.Errno) {
	errno = s.socket("local", fd, func(o *sock) sys.Errno {
		addr = o.shown(o.local)
		return 0
	})
	return addr, errno
}

// shown is an address of the socket, or the unspecified one of its family.
func (s *sock) shown(addr netip.AddrPort) netip.AddrPort {
	switch {
	case addr.IsValid():
		return s.named(addr)
	case s.family == sys.AFInet6:
		return netip.AddrPortFrom(netip.IPv6Unspecified(), 0)
	}
	return netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
}

func (s system) PeerAddr(fd int32) (addr netip.AddrPort, errno sys.Errno) {
	errno = s.socket("peer", fd, func(o *sock) sys.Errno {
		if !o.remote.IsValid() || o.dead {
			return sys.ENOTCONN
		}
		addr = o.named(o.remote)
		return 0
	})
	return addr, errno
}

func (s system) HungUp(fd int32) bool {
	m := s.m
	m.Lock()
	defer m.Unlock()
	n := m.node(fd)
	return n == nil || n.sock != nil && n.sock.hungUp()
}

// DropErrors: details of errors are not kept here.
func (s system) DropErrors(int32) {}

// Replace gives fd the number old.
func (s system) Replace(fd, old int32) (int32, sys.Errno) {
	m := s.m
	m.Lock()
	defer m.Unlock()
	m.catchUp()
	n := m.node(fd)
	if n == nil || m.node(old) == nil {
		m.close(fd)
		m.called("replace", old, int64(sys.EBADF))
		return -1, sys.EBADF
	}
	m.close(old)
	m.take(old)
	m.freeFD(fd)
	m.nodes[old-firstFD] = n // with the reference of fd
	m.called("replace", old, int64(fd))
	return old, 0
}

func (s system) Close(fd int32) sys.Errno {
	m := s.m
	m.Lock()
	defer m.Unlock()
	m.catchUp()
	errno := m.close(fd)
	m.called("close", fd, int64(errno))
	return errno
}

// Try carries a request out that need not wait. The dice may make it wait all the same, and have
// their say as for any other.
func (s system) Try(op *engine.Op) int32 {
	m := s.m
	m.Lock()
	defer m.Unlock()
	m.catchUp()
	r := &m.trial
	*r = request{op: op, node: m.node(op.FD)}
	m.calls++
	r.dice.throw(m.seed, 0, m.calls)
	res := m.tryNow(r)
	r.op, r.node = nil, nil
	m.called("try", op.FD, int64(res))
	return res
}

func (m *Machine) tryNow(r *request) int32 {
	switch errno := m.misfortune(r); {
	case errno == sys.ECANCELED:
		return -int32(sys.EAGAIN) // a call is not given up
	case errno != 0:
		return -int32(errno)
	}
	if r.node != nil && r.node.file != nil && r.op.Off+int64(r.op.Len) > r.node.file.size {
		return -int32(sys.EAGAIN) // the file ends before
	}
	res, over := m.try(r)
	if !over {
		res = r.partial(sys.EAGAIN)
	}
	return res
}
