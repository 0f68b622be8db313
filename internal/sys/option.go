// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

// Option is an option of a socket by a name that all systems share. Values are 0 and 1 for those
// that can be off or on, unless the name says otherwise.
type Option uint8

// The options. KeepIdle, KeepInterval, KeepCount and ReportRefused are not on every system;
// ReuseLingering can be set only, and from SocketError on they can be read only.
const (
	NoDelay        Option = iota // TCP_NODELAY
	KeepAlive                    // SO_KEEPALIVE
	KeepIdle                     // seconds: TCP_KEEPIDLE
	KeepInterval                 // seconds: TCP_KEEPINTVL
	KeepCount                    // probes: TCP_KEEPCNT
	Linger                       // seconds, -1 for off: SO_LINGER
	RecvBuffer                   // bytes: SO_RCVBUF
	SendBuffer                   // bytes: SO_SNDBUF
	ReuseAddr                    // SO_REUSEADDR as the system means it
	ReuseLingering               // Bind may take what connections of the past linger on, and no more
	Broadcast                    // SO_BROADCAST
	OutOfBand                    // SO_OOBINLINE
	OnlyIPv6                     // IPV6_V6ONLY
	ReportRefused                // a refused datagram ends receives of unconnected sockets, too (I15)
	SocketError                  // an Errno, cleared by the reading: SO_ERROR
	Listening                    // SO_ACCEPTCONN
	Type                         // SockStream, SockDgram or another number of the system
	Domain                       // AFInet, AFInet6, AFUnix or another number of the system
	Protocol                     // 0 for the usual one of family and type, or if the system does not say
)
