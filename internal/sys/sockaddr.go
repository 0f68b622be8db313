// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"encoding/binary"
	"net"
	"strconv"
	"unsafe"
)

// A Sockaddr is an address where the system reads or writes it: struct sockaddr_storage. It has, for
// every system, these methods:
//
//	Put(addr netip.AddrPort) (length int)   // writes addr, IPv4 or IPv6, and says how long it is
//	Clear() (length int)                    // writes the address that dissolves a connection of datagrams
//	AddrPort() netip.AddrPort               // reads; the zero value if that is no address of the internet
//
// SizeofSockaddr is its size in bytes.

// zoneIndex is the number of a link-local address's interface; 0 if there is none such.
func zoneIndex(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if ifi, err := net.InterfaceByName(zone); err == nil {
		return uint32(ifi.Index)
	}
	n, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(n)
}

func zoneName(index int) string {
	if ifi, err := net.InterfaceByIndex(index); err == nil {
		return ifi.Name
	}
	return strconv.Itoa(index)
}

// getPort and putPort: ports are in network order.
func getPort(port *uint16) uint16 {
	return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(port))[:])
}

func putPort(port *uint16, n uint16) {
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(port))[:], n)
}
