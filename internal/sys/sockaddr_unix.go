// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sys

import (
	"net/netip"
	"syscall"
	"unsafe"
)

// Sockaddr: see the package.
type Sockaddr struct{ raw syscall.RawSockaddrAny }

// SizeofSockaddr is the size of a Sockaddr.
const SizeofSockaddr = syscall.SizeofSockaddrAny

// Put writes addr, which is IPv4 or IPv6, and returns its length in bytes.
func (sa *Sockaddr) Put(addr netip.AddrPort) (length int) {
	*sa = Sockaddr{}
	if ip := addr.Addr(); ip.Is4() {
		in := (*syscall.RawSockaddrInet4)(unsafe.Pointer(sa))
		in.Addr = ip.As4()
		putPort(&in.Port, addr.Port())
		return sa.mark(syscall.AF_INET, syscall.SizeofSockaddrInet4)
	}
	in := (*syscall.RawSockaddrInet6)(unsafe.Pointer(sa))
	in.Addr, in.Scope_id = addr.Addr().As16(), zoneIndex(addr.Addr().Zone())
	putPort(&in.Port, addr.Port())
	return sa.mark(syscall.AF_INET6, syscall.SizeofSockaddrInet6)
}

// AddrPort returns the address that the kernel wrote; the zero value if it is none of the internet.
func (sa *Sockaddr) AddrPort() netip.AddrPort {
	switch sa.raw.Addr.Family {
	case syscall.AF_INET:
		in := (*syscall.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), getPort(&in.Port))
	case syscall.AF_INET6:
		in := (*syscall.RawSockaddrInet6)(unsafe.Pointer(sa))
		ip := netip.AddrFrom16(in.Addr)
		if in.Scope_id != 0 {
			ip = ip.WithZone(zoneName(int(in.Scope_id)))
		}
		return netip.AddrPortFrom(ip, getPort(&in.Port))
	}
	return netip.AddrPort{}
}
