// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package iocp

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// putSockaddr writes addr where connect(2) wants it and returns the length and the family.
func putSockaddr(to *syscall.RawSockaddrAny, addr netip.AddrPort) (n, family int) {
	port := addr.Port()
	if ip := addr.Addr(); ip.Is4() {
		sa := (*syscall.RawSockaddrInet4)(pointerTo(to))
		*sa = syscall.RawSockaddrInet4{Family: unix.AF_INET, Addr: ip.As4()}
		binary.BigEndian.PutUint16((*[2]byte)(pointerTo(&sa.Port))[:], port)
		return syscall.SizeofSockaddrInet4, unix.AF_INET
	}
	sa := (*syscall.RawSockaddrInet6)(pointerTo(to))
	*sa = syscall.RawSockaddrInet6{Family: unix.AF_INET6, Addr: addr.Addr().As16(), Scope_id: uint32(zoneIndex(addr.Addr().Zone()))}
	binary.BigEndian.PutUint16((*[2]byte)(pointerTo(&sa.Port))[:], port)
	return syscall.SizeofSockaddrInet6, unix.AF_INET6
}

// zoneIndex is the number of a link-local address's interface; 0 if there is none such.
func zoneIndex(zone string) int {
	if zone == "" {
		return 0
	}
	if ifi, err := net.InterfaceByName(zone); err == nil {
		return ifi.Index
	}
	n, _ := strconv.Atoi(zone)
	return n
}

// tcpAddr makes a net.Addr of what the kernel says; nil if it is no TCP address.
func tcpAddr(sa unix.Sockaddr) net.Addr {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return &net.TCPAddr{IP: net.IP(sa.Addr[:]), Port: sa.Port}
	case *unix.SockaddrInet6:
		addr := &net.TCPAddr{IP: net.IP(sa.Addr[:]), Port: sa.Port}
		if sa.ZoneId != 0 {
			addr.Zone = strconv.Itoa(int(sa.ZoneId))
			if ifi, err := net.InterfaceByIndex(int(sa.ZoneId)); err == nil {
				addr.Zone = ifi.Name
			}
		}
		return addr
	}
	return nil
}

// listen makes a listening socket as package net does: dual stack for "tcp" without an IPv4
// address, where the system has IPv6, and with the longest backlog the system allows.
func listen(network string, addr *net.TCPAddr) (int, error) {
	family := unix.AF_INET6
	if network == "tcp4" || addr.IP.To4() != nil {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err == unix.EAFNOSUPPORT && network == "tcp" && addr.IP == nil {
		family = unix.AF_INET
		fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	}
	if err != nil {
		return -1, err
	}
	if err := bindAndListen(fd, family, network, addr); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func bindAndListen(fd, family int, network string, addr *net.TCPAddr) error {
	options := []struct{ level, name, value int }{
		{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1},
		{unix.IPPROTO_TCP, unix.TCP_NODELAY, 1}, // accepted sockets inherit it
	}
	var sa unix.Sockaddr
	if family == unix.AF_INET {
		sa4 := &unix.SockaddrInet4{Port: addr.Port}
		copy(sa4.Addr[:], addr.IP.To4())
		sa = sa4
	} else {
		sa6 := &unix.SockaddrInet6{Port: addr.Port, ZoneId: uint32(zoneIndex(addr.Zone))}
		copy(sa6.Addr[:], addr.IP.To16())
		sa = sa6
		only := boolInt(network == "tcp6")
		options = append(options, struct{ level, name, value int }{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only})
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return err
		}
	}
	if err := unix.Bind(fd, sa); err != nil {
		return err
	}
	// The kernel cuts the backlog to net.core.somaxconn: listen(2).
	return unix.Listen(fd, 1<<16-1)
}

// adopt duplicates the socket of a net.Conn or net.Listener and makes the copy, and with it
// the original, a blocking one: the engine answers EAGAIN for others.
func adopt(from any, sockType int) (int, error) {
	sc, ok := from.(syscall.Conn)
	if !ok {
		return -1, parameterError("the value to adopt has no descriptor of its own")
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := -1
	cerr := rc.Control(func(s uintptr) {
		if t, e := unix.GetsockoptInt(int(s), unix.SOL_SOCKET, unix.SO_TYPE); e != nil || t != sockType {
			err = parameterError("the descriptor to adopt is not a TCP socket")
			return
		}
		if d, e := unix.GetsockoptInt(int(s), unix.SOL_SOCKET, unix.SO_DOMAIN); e != nil || d != unix.AF_INET && d != unix.AF_INET6 {
			err = parameterError("the descriptor to adopt is not a TCP socket")
			return
		}
		fd, err = dupBlocking(int(s))
	})
	if cerr != nil {
		err = cerr
	}
	if err != nil {
		return -1, err
	}
	return fd, nil
}

func dupBlocking(fd int) (int, error) {
	d, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.SetNonblock(d, false); err != nil {
		unix.Close(d)
		return -1, err
	}
	return d, nil
}
