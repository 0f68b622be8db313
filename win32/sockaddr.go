// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32

import (
	"encoding/binary"
	"unsafe"
)

// Sockaddr is the address of a socket: a *[SockaddrInet4] or *[SockaddrInet6].
type Sockaddr interface {
	// put writes the address in the documented layout and returns its length.
	put(*RawSockaddrAny) int32
}

// SockaddrInet4 is an address of IPv4 with a port, both as people write them: the first byte
// first, and the port a number.
type SockaddrInet4 struct {
	Port uint16
	Addr [4]byte
}

// SockaddrInet6 is an address of IPv6 with a port. ZoneId is the number of the interface of a
// link-local address, or 0.
type SockaddrInet6 struct {
	Port     uint16
	Flowinfo uint32
	Addr     [16]byte
	ZoneId   uint32
}

// RawSockaddrAny has room for any address in the documented layout (SOCKADDR_STORAGE): the family
// in the machine's order, then for AF_INET the port and four bytes, for AF_INET6 the port, flow
// information, 16 bytes and the scope, ports and flow information in the network's order.
type RawSockaddrAny struct {
	Family uint16
	Data   [126]byte
}

// Lengths of addresses in the documented layout.
const (
	SizeofSockaddrInet4 = 16
	SizeofSockaddrInet6 = 28
	SizeofSockaddrAny   = int32(unsafe.Sizeof(RawSockaddrAny{}))
)

func (a *SockaddrInet4) put(to *RawSockaddrAny) int32 {
	*to = RawSockaddrAny{Family: AF_INET}
	binary.BigEndian.PutUint16(to.Data[:], a.Port)
	copy(to.Data[2:], a.Addr[:])
	return SizeofSockaddrInet4
}

func (a *SockaddrInet6) put(to *RawSockaddrAny) int32 {
	*to = RawSockaddrAny{Family: AF_INET6}
	binary.BigEndian.PutUint16(to.Data[:], a.Port)
	binary.BigEndian.PutUint32(to.Data[2:], a.Flowinfo)
	copy(to.Data[6:], a.Addr[:])
	binary.NativeEndian.PutUint32(to.Data[22:], a.ZoneId)
	return SizeofSockaddrInet6
}

// Sockaddr returns the address, or nil if it is none of the internet.
func (a *RawSockaddrAny) Sockaddr() Sockaddr {
	port := binary.BigEndian.Uint16(a.Data[:])
	switch a.Family {
	case AF_INET:
		return &SockaddrInet4{Port: port, Addr: [4]byte(a.Data[2:])}
	case AF_INET6:
		return &SockaddrInet6{
			Port:     port,
			Flowinfo: binary.BigEndian.Uint32(a.Data[2:]),
			Addr:     [16]byte(a.Data[6:]),
			ZoneId:   binary.NativeEndian.Uint32(a.Data[22:]),
		}
	}
	return nil
}

// Put writes an address to a and returns its length; nil makes a empty.
func (a *RawSockaddrAny) Put(from Sockaddr) int32 {
	if from == nil {
		*a = RawSockaddrAny{}
		return 0
	}
	return from.put(a)
}
