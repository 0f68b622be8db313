// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"golang.org/x/sys/unix"

	"iocp"
)

// endReading makes the receives of c give what has arrived and then the end of the stream:
// pending ones wake up, and a session ends where it always does. TCPConn.Shutdown would
// refuse the receives that are still to come, and with them what has arrived (shutdown(2)).
func endReading(c *iocp.TCPConn) {
	raw, err := c.SyscallConn()
	if err != nil {
		return // closed by its session
	}
	raw.Control(func(fd uintptr) { unix.Shutdown(int(fd), unix.SHUT_RD) })
}
