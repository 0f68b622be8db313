// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// addrPortOf is the address in the form of package iocp. Error: WSAEFAULT for none.
func addrPortOf(a Sockaddr) (netip.AddrPort, error) {
	switch a := a.(type) {
	case *SockaddrInet4:
		if a != nil {
			return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), a.Port), nil
		}
	case *SockaddrInet6:
		if a != nil {
			ip := netip.AddrFrom16(a.Addr)
			if a.ZoneId != 0 {
				ip = ip.WithZone(strconv.FormatUint(uint64(a.ZoneId), 10))
			}
			return netip.AddrPortFrom(ip, a.Port), nil
		}
	}
	return netip.AddrPort{}, WSAEFAULT
}

// sockaddrOf is the address in the form of this package.
func sockaddrOf(a netip.AddrPort) Sockaddr {
	var raw RawSockaddrAny
	putAddrPort(&raw, a)
	return raw.Sockaddr()
}

// putAddrPort writes the address in the documented layout and returns its length.
func putAddrPort(to *RawSockaddrAny, a netip.AddrPort) int32 {
	if ip := a.Addr(); ip.Is4() {
		in := SockaddrInet4{Port: a.Port(), Addr: ip.As4()}
		return in.put(to)
	}
	in := SockaddrInet6{Port: a.Port(), Addr: a.Addr().As16(), ZoneId: zoneID(a.Addr().Zone())}
	return in.put(to)
}

func zoneID(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if ifi, err := net.InterfaceByName(zone); err == nil {
		return uint32(ifi.Index)
	}
	n, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(n)
}

// sockaddrLen is the length of an address of the socket's family.
func (d *socket) sockaddrLen() int32 {
	if d.family == AF_INET6 {
		return SizeofSockaddrInet6
	}
	return SizeofSockaddrInet4
}

// Bind gives the socket an address of its own; port 0 lets the system choose one. A port whose old
// connections are still fading away can be bound, as on Windows.
//
// Errors: WSAENOTSOCK; WSAEFAULT for no address; WSAEINVAL if it is bound or connected already;
// WSAEADDRINUSE; WSAEADDRNOTAVAIL; WSAEAFNOSUPPORT for an address of another family.
func Bind(s SOCKET, name Sockaddr) error {
	_, d, err := socketOf(s)
	if err != nil {
		return err
	}
	addr, err := addrPortOf(name)
	if err != nil {
		return err
	}
	if d.s.State().Pending {
		return WSAEINVAL
	}
	d.prepareToBind(addr)
	return wsaErrnoOf(d.s.Bind(addr)).err()
}

func (d *socket) prepareToBind(addr netip.AddrPort) {
	d.control(func(fd int) error {
		if d.s.Type() == unix.SOCK_STREAM && addr.Port() != 0 && !d.exclusive.Load() {
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		}
		if d.family == AF_INET6 && !d.dual.Load() {
			unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
		}
		return nil
	})
}

// control runs f with the descriptor.
func (d *socket) control(f func(fd int) error) error {
	rc, err := d.s.SyscallConn()
	if err != nil {
		return err
	}
	if cerr := rc.Control(func(fd uintptr) { err = f(int(fd)) }); cerr != nil {
		return cerr
	}
	return err
}

// Listen makes a bound socket one that listens; backlog is how many connections may wait for an
// AcceptEx, which the system bounds. It may be called again for another backlog.
//
// Errors: WSAENOTSOCK; WSAEINVAL if it is not bound, or an accept or connect is under way;
// WSAEISCONN; WSAEOPNOTSUPP for datagrams; WSAEADDRINUSE.
func Listen(s SOCKET, backlog int32) error {
	_, d, err := socketOf(s)
	if err != nil {
		return err
	}
	switch st := d.s.State(); {
	case d.s.Type() != unix.SOCK_STREAM:
		return WSAEOPNOTSUPP
	case st.Connected:
		return WSAEISCONN
	case !st.Bound || st.Pending:
		return WSAEINVAL
	}
	return wsaErrnoOf(d.s.Listen(int(max(backlog, 0)))).err()
}

// Getsockname returns the address that the socket is bound to. Errors: WSAENOTSOCK; WSAEINVAL if
// it is not bound.
func Getsockname(s SOCKET) (Sockaddr, error) {
	_, d, err := socketOf(s)
	if err != nil {
		return nil, err
	}
	addr := d.s.LocalAddr()
	if !addr.IsValid() || !d.s.State().Bound {
		return nil, WSAEINVAL
	}
	return sockaddrOf(addr), nil
}

// Getpeername returns the address of the peer, also when that has gone (I40). Errors: WSAENOTSOCK;
// WSAENOTCONN.
func Getpeername(s SOCKET) (Sockaddr, error) {
	_, d, err := socketOf(s)
	if err != nil {
		return nil, err
	}
	addr := d.s.RemoteAddr()
	if !addr.IsValid() {
		return nil, WSAENOTCONN
	}
	return sockaddrOf(addr), nil
}

// Shutdown ends receiving, sending or both: SD_RECEIVE, SD_SEND, SD_BOTH. A receive in flight still gets
// what arrives (I20), a send in flight goes out first; later ones fail with WSAESHUTDOWN (I21).
//
// Errors: WSAENOTSOCK; WSAENOTCONN; WSAEINVAL for another how.
func Shutdown(s SOCKET, how int32) error {
	_, d, err := socketOf(s)
	if err != nil {
		return err
	}
	if how < SD_RECEIVE || how > SD_BOTH {
		return WSAEINVAL
	}
	return wsaErrnoOf(d.s.Shutdown(shutdownModes[how])).err()
}
