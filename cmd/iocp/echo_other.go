// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package main

import "iocp"

// endReading ends the receives of c, the one that is pending and those to come.
func endReading(c *iocp.TCPConn) { c.Shutdown(iocp.ShutdownRecv) }
