// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

const (
	fionread  = unix.TIOCINQ // bytes to be received, tcp(7)
	pollRDHup = unix.POLLRDHUP
)

// loopback is an address of this process alone, since every address from 127.0.0.0 to 127.255.255.255 is
// this machine's: a datagram of another process, to a port that was somebody else's a moment ago, does not
// come here.
var loopback = netip.AddrFrom4([4]byte{127, byte(64 + os.Getpid()>>16&63), byte(os.Getpid() >> 8), byte(os.Getpid())})
