// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"iocp/internal/sys"
)

// Socket is a socket whose transfers are overlapped operations, for programs that call socket,
// bind, listen, accept and connect themselves and in that order, and for datagrams. Where a
// TCP connection or listener is all that is needed, [TCPConn] and [TCPListener] are simpler.
//
// Receives fill in the order they were started (I17) and sends go out in the order they were
// started, each direction with any number in flight. All methods may be called by any goroutine.
//
// The errors of the kernel come as [*net.OpError] around their [syscall.Errno].
type Socket struct {
	Handle
}

func (s *Socket) endpoint() *Handle {
	if s == nil {
		return nil
	}
	return &s.Handle
}

// socketState is what the object of a Socket has beside what all objects have.
type socketState struct {
	family, typ, proto int
	stream             bool

	mu sync.Mutex // one at a time makes, mends or replaces the descriptor

	flags atomic.Uint32 // what an operation has to look at before it starts
	since atomic.Int64  // when it was connected, on the clock of nanotime; 0: it is not
	deaf  atomic.Bool   // that a datagram was refused is nobody's business

	// The fields below are guarded as the object is.

	bound  bool           // has an address of its own
	local  netip.AddrPort // the one that Bind gave it; mu has to be held too to write it, and will do to read it
	remote netip.AddrPort

	dirty   bool        // a connect failed: the descriptor's state is unspecified
	stale   bool        // the descriptor's connection is over, and it with it
	reused  bool        // has been connected before
	aborted bool        // sticky was brought about by a send of our own
	refused bool        // a send has learned that an earlier datagram was refused
	ending  bool        // a Disconnect with reuse is under way
	parked  *Overlapped // a Disconnect that waits for the end of the receives
}

// The flags of socketState.
const (
	awaitsAccept uint32 = 1 << iota // reserved for an accept, whose packet may be out
	unexplored                      // adopted, and neither listening nor connected when last seen
	atEnd                           // a receive has found the end of the stream
)

func (s *socketState) look(flag uint32, on bool) {
	if on {
		s.flags.Or(flag)
	} else {
		s.flags.And(^flag)
	}
}

// NewSocket makes a socket as socket(2) does: family is AF_INET, AF_INET6 or AF_UNIX, typ
// SOCK_STREAM or SOCK_DGRAM, and proto 0 or the protocol of the two. It is closed in a child
// process. A stream socket takes its descriptor when it first needs one, since the target of an
// accept never does.
//
// Addresses are those of [netip], so that Bind, Connect and the like are for the families of the
// internet only; on sockets of others, use [Handle.SyscallConn] and [AdoptSocket].
//
// Errors: [ErrInvalidParameter] for another family or type; those of socket(2).
func NewSocket(family, typ, proto int) (*Socket, error) {
	return newSocketOn(sys.Host, family, typ, proto)
}

func newSocketOn(m sys.System, family, typ, proto int) (*Socket, error) {
	if family != sys.AFInet && family != sys.AFInet6 && family != sys.AFUnix {
		return nil, parameterError("NewSocket takes the families AF_INET, AF_INET6 and AF_UNIX")
	}
	if typ != sys.SockStream && typ != sys.SockDgram {
		return nil, parameterError("NewSocket takes the types SOCK_STREAM and SOCK_DGRAM")
	}
	s := newSocket(m, family, typ, proto, -1)
	if typ == sys.SockStream && proto == 0 {
		return s, nil
	}
	if err := s.o.sock.ready(s.o); err != nil {
		return nil, err
	}
	return s, nil
}

func newSocket(m sys.System, family, typ, proto int, fd int32) *Socket {
	o := newObject(m, kindSocket, fd, "")
	o.sock = &socketState{family: family, typ: typ, proto: proto, stream: typ == sys.SockStream}
	o.sock.bound = family == sys.AFUnix // its receives are never refused for that
	return &Socket{Handle: Handle{o: o}}
}

// AdoptSocket takes a descriptor over, which goes on being used under its number, with whatever
// options and mode it has: also a non-blocking one, whose operations pend all the same (I22).
// Close closes it; until then the caller may use it for system calls, but not close it. Whether
// it listens or is connected is found out now, and again as long as it is neither.
//
// Errors: EBADF and ENOTSOCK of the descriptor; [ErrInvalidParameter] for a type of socket other
// than SOCK_STREAM and SOCK_DGRAM. The descriptor is the caller's then.
func AdoptSocket(fd int) (*Socket, error) {
	if int(int32(fd)) != fd {
		return nil, netError(opNop, sys.EBADF)
	}
	var v [3]int
	for i, option := range []sys.Option{sys.Domain, sys.Type, sys.Protocol} {
		n, errno := sys.Host.Option(int32(fd), option)
		if errno != 0 {
			return nil, netError(opNop, errno)
		}
		v[i] = n
	}
	if v[1] != sys.SockStream && v[1] != sys.SockDgram {
		return nil, parameterError("AdoptSocket takes sockets of the types SOCK_STREAM and SOCK_DGRAM")
	}
	s := newSocket(sys.Host, v[0], v[1], v[2], int32(fd))
	s.o.explore(int32(fd))
	return s, nil
}

// explore finds out what state an adopted descriptor is in.
func (o *object) explore(fd int32) {
	s := o.sock
	listens, _ := o.sys.Option(fd, sys.Listening)
	remote, errno := o.sys.PeerAddr(fd)
	local, _ := o.sys.LocalAddr(fd)
	c := o.lock()
	defer o.unlock(c)
	switch {
	case o.state != connNew:
	case errno == 0:
		o.state, s.remote = connConnected, remote
		s.since.Store(nanotime())
	case listens != 0:
		o.state = connListening
	}
	s.bound = s.bound || local.Port() != 0
	s.look(unexplored, o.state == connNew)
}

// open returns the object of an open socket, brought up to date.
func (s *Socket) open() (*object, error) {
	o, err := s.endpoint().object()
	if err != nil {
		return nil, err
	}
	if flags := o.sock.flags.Load(); flags != 0 {
		o.update(flags)
	}
	return o, nil
}

func (o *object) update(flags uint32) {
	if flags&awaitsAccept != 0 {
		o.settle()
	}
	if flags&^awaitsAccept == 0 {
		return
	}
	fd, err := o.borrow()
	if err != nil {
		return
	}
	defer o.close()
	if flags&unexplored != 0 {
		o.explore(fd)
	}
	if flags&atEnd != 0 {
		o.checkReset(fd)
	}
}

// settle takes the connection of an accept that is over and whose packet nobody has taken.
func (o *object) settle() {
	c := o.lock()
	ov := o.accept
	o.unlock(c)
	if ov != nil {
		ov.attach(o)
	}
}

// checkReset looks whether the connection was reset since a receive found the end of the stream:
// the kernel goes on reporting the end then, other systems report the reset (I06).
func (o *object) checkReset(fd int32) {
	n, errno := o.sys.Option(fd, sys.SocketError)
	if errno != 0 || n == 0 {
		return
	}
	c := o.lock()
	o.broken(sys.Errno(n))
	o.unlock(c)
}

// isStream reports whether the object is a Socket that carries a stream.
func (o *object) isStream() bool { return o.sock != nil && o.sock.stream }

// network is the name of the object's network, for errors.
func (o *object) network() string {
	switch {
	case o.sock == nil || o.sock.stream && o.sock.family != sys.AFUnix:
		return "tcp"
	case o.sock.family == sys.AFUnix:
		return "unix"
	}
	return "udp"
}

// Duplicate returns another handle on the same socket. It shares the association and the key
// (F19, I46). Error: a closed handle.
func (s *Socket) Duplicate() (*Socket, error) {
	o, err := s.endpoint().object()
	if err != nil {
		return nil, err
	}
	if err := o.duplicate(); err != nil {
		return nil, err
	}
	return &Socket{Handle: Handle{o: o}}, nil
}

// SocketState is what a [Socket] can be used for.
type SocketState struct {
	Bound     bool // it has an address of its own, given by Bind or chosen by the system
	Listening bool
	Pending   bool // a Connect, or an Accept into it, is under way
	Connected bool // and so it stays until Disconnect with reuse, whatever the peer does
}

// State returns the state of the socket at the moment; zero for a closed handle.
func (s *Socket) State() (st SocketState) {
	o, err := s.open()
	if err != nil {
		return st
	}
	c := o.lock()
	defer o.unlock(c)
	return SocketState{
		Bound:     o.sock.bound,
		Listening: o.state == connListening,
		Pending:   o.state == connReserved,
		Connected: o.state == connConnected,
	}
}

// ConnectedFor returns for how long the socket has been connected, and false if it is not. The
// connection of an Accept that waits for data counts from its arrival (I28).
func (s *Socket) ConnectedFor() (time.Duration, bool) {
	since := s.made().since.Load()
	if since == 0 {
		return 0, false
	}
	return time.Duration(nanotime() - since), true
}

// Family returns the address family the socket was made with; 0 for the zero Socket.
func (s *Socket) Family() int { return s.made().family }

// Type returns SOCK_STREAM or SOCK_DGRAM.
func (s *Socket) Type() int { return s.made().typ }

// Protocol returns the protocol, or 0 for the usual one of the family and type.
func (s *Socket) Protocol() int { return s.made().proto }

func (s *Socket) made() *socketState {
	if s == nil || s.o == nil {
		return &socketState{}
	}
	return s.o.sock
}
