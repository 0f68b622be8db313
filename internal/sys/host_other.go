// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && (!linux || iocp_libc)

package sys

import (
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// What is below holds for every Unix, as package unix enters it. The build tag iocp_libc makes Linux
// one of these systems, for the tests.

// triesReads: only Linux can be asked for what its cache has.
const triesReads = false

// Socket makes a socket that no child process gets, also where socket(2) takes no SOCK_CLOEXEC.
func (host) Socket(family, typ, proto int) (int32, Errno) {
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(family, typ, proto)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, errnoOf(err)
	}
	if err := prepare(fd); err != nil {
		unix.Close(fd)
		return -1, errnoOf(err)
	}
	return int32(fd), 0
}

// prepare makes a socket a non-blocking one and anything else a blocking one.
func prepare(fd int) error {
	_, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err == nil {
		quiet(fd)
	}
	return unix.SetNonblock(fd, err == nil)
}

func (host) LocalAddr(fd int32) (netip.AddrPort, Errno) { return addressOf(unix.Getsockname(int(fd))) }
func (host) PeerAddr(fd int32) (netip.AddrPort, Errno)  { return addressOf(unix.Getpeername(int(fd))) }

func addressOf(sa unix.Sockaddr, err error) (netip.AddrPort, Errno) {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)), errnoOf(err)
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 {
			ip = ip.WithZone(zoneName(int(sa.ZoneId)))
		}
		return netip.AddrPortFrom(ip, uint16(sa.Port)), errnoOf(err)
	}
	return netip.AddrPort{}, errnoOf(err)
}

// domain is the family of the address that the socket has, bound or not: few systems have SO_DOMAIN.
func (host) domain(fd int32) (int, Errno) {
	sa, err := unix.Getsockname(int(fd))
	switch sa.(type) {
	case *unix.SockaddrInet4:
		return AFInet, 0
	case *unix.SockaddrInet6:
		return AFInet6, 0
	case *unix.SockaddrUnix:
		return AFUnix, 0
	}
	return 0, errnoOf(err)
}

// Dissolve: what a failed connect leaves of a socket cannot be used again on most systems.
func (host) Dissolve(int32) Errno { return EOPNOTSUPP }

// HungUp looks at the next byte, too: Darwin and NetBSD do not say POLLHUP of a socket. An error that
// is told by that is over for the receive which would have met it, as every error that comes here.
func (host) HungUp(fd int32) bool {
	p := [1]unix.PollFd{{Fd: fd}}
	n, err := unix.Poll(p[:], 0)
	if err != nil || n > 0 && p[0].Revents&unix.POLLHUP != 0 {
		return true
	}
	var next [1]byte
	n, _, err = unix.Recvfrom(int(fd), next[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	if err == nil {
		return n == 0
	}
	return err != EAGAIN && err != EINTR
}

// DropErrors: errors are told once, and nothing is kept about them.
func (host) DropErrors(int32) {}

func (host) Replace(fd, old int32) (int32, Errno) {
	syscall.ForkLock.RLock()
	err := unix.Dup2(int(fd), int(old))
	if err == nil {
		unix.CloseOnExec(int(old))
	}
	syscall.ForkLock.RUnlock()
	unix.Close(int(fd))
	return old, errnoOf(err)
}

// Try allocates for messages, which package unix takes as slices.
func (host) Try(op *engine.Op) int32 {
	flags := int(op.Flags)&^MsgTrunc | unix.MSG_DONTWAIT
	b := unsafe.Slice((*byte)(op.Addr), int(op.Len))
	var n int
	var err error
	switch op.Kind {
	case engine.Recv:
		if op.Flags&MsgTrunc != 0 {
			return receive(op.FD, [][]byte{b}, flags, nil)
		}
		n, _, err = unix.Recvfrom(int(op.FD), b, flags)
	case engine.Send:
		n, err = sendNow(op.FD, func() (int, error) { return unix.SendmsgN(int(op.FD), b, nil, nil, flags) })
	case engine.RecvMsg:
		m := (*Message)(op.Addr)
		return receive(op.FD, m.buffers(), flags, m)
	case engine.SendMsg:
		m := (*Message)(op.Addr)
		n, err = sendNow(op.FD, func() (int, error) {
			return unix.SendmsgBuffers(int(op.FD), m.buffers(), nil, m.receiver(), flags)
		})
	case engine.Read:
		return -int32(EOPNOTSUPP)
	default:
		return -int32(EINVAL)
	}
	if err != nil {
		return -int32(errnoOf(err))
	}
	return int32(n)
}

// receive is recvmsg(2). Of a datagram that is longer than the room the result is longer, too.
func receive(fd int32, buffers [][]byte, flags int, m *Message) int32 {
	n, _, got, from, err := unix.RecvmsgBuffers(int(fd), buffers, nil, flags)
	if err != nil {
		return -int32(errnoOf(err))
	}
	if m != nil {
		m.answer(from)
	}
	if got&unix.MSG_TRUNC != 0 {
		n = room(buffers) + 1
	}
	return int32(n)
}

func room(buffers [][]byte) (n int) {
	for _, b := range buffers {
		n += len(b)
	}
	return n
}

func (m *Message) buffers() [][]byte {
	vectors := m.Vectors()
	all := make([][]byte, len(vectors))
	for i := range vectors {
		all[i] = vectors[i].Bytes()
	}
	return all
}

// receiver is where the message goes; nil: to where the socket is connected to.
func (m *Message) receiver() unix.Sockaddr {
	name, length := m.Name()
	if length == 0 {
		return nil
	}
	if to := name.AddrPort(); to.IsValid() {
		return unixAddr(to)
	}
	return nil
}

// answer writes where the message came from, if somebody wants to know.
func (m *Message) answer(from unix.Sockaddr) {
	name, length := m.Name()
	if length == 0 {
		return
	}
	addr, _ := addressOf(from, nil)
	length = 0
	if addr.IsValid() {
		length = name.Put(addr)
	}
	m.SetName(name, length)
}
