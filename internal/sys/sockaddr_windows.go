// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Sockaddr: see the package.
type Sockaddr struct{ raw windows.RawSockaddrAny }

// SizeofSockaddr is the size of a Sockaddr.
const SizeofSockaddr = int(unsafe.Sizeof(windows.RawSockaddrAny{}))

// Put writes addr, which is IPv4 or IPv6, and returns its length in bytes.
func (sa *Sockaddr) Put(addr netip.AddrPort) (length int) {
	*sa = Sockaddr{}
	if ip := addr.Addr(); ip.Is4() {
		in := (*windows.RawSockaddrInet4)(unsafe.Pointer(sa))
		in.Family, in.Addr = windows.AF_INET, ip.As4()
		putPort(&in.Port, addr.Port())
		return int(unsafe.Sizeof(*in))
	}
	in := (*windows.RawSockaddrInet6)(unsafe.Pointer(sa))
	in.Family, in.Addr, in.Scope_id = windows.AF_INET6, addr.Addr().As16(), zoneIndex(addr.Addr().Zone())
	putPort(&in.Port, addr.Port())
	return int(unsafe.Sizeof(*in))
}

// Clear writes an address without a family, of which the engine makes the address of zeros that Windows
// wants.
func (sa *Sockaddr) Clear() (length int) {
	*sa = Sockaddr{}
	return SizeofSockaddr
}

// AddrPort returns the address that the system wrote; the zero value if it is none of the internet.
func (sa *Sockaddr) AddrPort() netip.AddrPort {
	switch sa.raw.Addr.Family {
	case windows.AF_INET:
		in := (*windows.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), getPort(&in.Port))
	case windows.AF_INET6:
		in := (*windows.RawSockaddrInet6)(unsafe.Pointer(sa))
		ip := netip.AddrFrom16(in.Addr)
		if in.Scope_id != 0 {
			ip = ip.WithZone(zoneName(int(in.Scope_id)))
		}
		return netip.AddrPortFrom(ip, getPort(&in.Port))
	}
	return netip.AddrPort{}
}
