// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix || windows

package enginetest

import (
	"net/netip"
	"unsafe"

	"iocp/internal/sys"
)

// AddressOf is addr as the system's calls take it.
func AddressOf(addr netip.AddrPort) Address {
	sa := new(sys.Sockaddr)
	n := sa.Put(addr)
	return Address{unsafe.Pointer(sa), int64(n)}
}

func (s *system) Listen() (int32, Address) {
	s.Helper()
	l, at := s.listen()
	return l, AddressOf(netip.AddrPortFrom(netip.AddrFrom4(at.Addr), uint16(at.Port)))
}

func (s *system) Bound() (int32, Address) {
	s.Helper()
	fd, at := s.bound()
	return fd, AddressOf(netip.AddrPortFrom(netip.AddrFrom4(at.Addr), uint16(at.Port)))
}
