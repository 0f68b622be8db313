// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package sys

import "net/netip"

// Clear writes the unspecified address of IPv4 and no port, which ends a connection of datagrams
// before it is refused: soconnect(9) of the BSDs.
func (sa *Sockaddr) Clear() (length int) {
	return sa.Put(netip.AddrPortFrom(netip.IPv4Unspecified(), 0))
}
