// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// optionName is an option as getsockopt knows it; with level and name 0 the system has none.
type optionName struct{ level, name int32 }

const (
	soAcceptConn = 0x2    // SO_ACCEPTCONN
	soOOBInline  = 0x100  // SO_OOBINLINE
	soError      = 0x1007 // SO_ERROR
	soType       = 0x1008 // SO_TYPE
)

var optionNames = [...]optionName{
	NoDelay:      {windows.IPPROTO_TCP, windows.TCP_NODELAY},
	KeepAlive:    {windows.SOL_SOCKET, windows.SO_KEEPALIVE},
	KeepIdle:     {windows.IPPROTO_TCP, windows.TCP_KEEPIDLE},
	KeepInterval: {windows.IPPROTO_TCP, windows.TCP_KEEPINTVL},
	KeepCount:    {windows.IPPROTO_TCP, windows.TCP_KEEPCNT},
	RecvBuffer:   {windows.SOL_SOCKET, windows.SO_RCVBUF},
	SendBuffer:   {windows.SOL_SOCKET, windows.SO_SNDBUF},
	ReuseAddr:    {windows.SOL_SOCKET, windows.SO_REUSEADDR},
	Broadcast:    {windows.SOL_SOCKET, windows.SO_BROADCAST},
	OutOfBand:    {windows.SOL_SOCKET, soOOBInline},
	OnlyIPv6:     {windows.IPPROTO_IPV6, windows.IPV6_V6ONLY},
	SocketError:  {windows.SOL_SOCKET, soError},
	Listening:    {windows.SOL_SOCKET, soAcceptConn},
	Type:         {windows.SOL_SOCKET, soType},
	Protocol:     {},
}

func nameOf(o Option) optionName {
	if int(o) < len(optionNames) {
		return optionNames[o]
	}
	return optionName{}
}

func (h host) Option(fd int32, o Option) (int, Errno) {
	switch o {
	case Linger:
		var l linger
		errno := getOption(fd, windows.SOL_SOCKET, windows.SO_LINGER, unsafe.Pointer(&l), unsafe.Sizeof(l))
		if errno != 0 || l.on == 0 {
			return -1, errno
		}
		return int(l.seconds), 0
	case Domain, Protocol:
		info, errno := nt.SocketInfo(handle(fd))
		if o == Domain {
			return int(info.AddressFamily), errno
		}
		return int(info.Protocol), errno
	}
	name := nameOf(o)
	if name == (optionName{}) {
		return 0, ENOPROTOOPT
	}
	v := int32(0)
	errno := getOption(fd, name.level, name.name, unsafe.Pointer(&v), unsafe.Sizeof(v))
	return int(v), errno
}

// SetOption: that connections of the past linger on does not keep anybody from binding on Windows, where
// SO_REUSEADDR would also let two listen in one place.
func (h host) SetOption(fd int32, o Option, value int) Errno {
	switch o {
	case Linger:
		l := linger{}
		if value >= 0 {
			l = linger{1, uint16(min(value, 1<<16-1))}
		}
		return setOption(fd, windows.SOL_SOCKET, windows.SO_LINGER, unsafe.Pointer(&l), unsafe.Sizeof(l))
	case ReuseLingering:
		return 0
	case ReportRefused:
		return h.reportRefused(fd, value)
	}
	name := nameOf(o)
	if name == (optionName{}) || o >= SocketError {
		return ENOPROTOOPT
	}
	v := int32(value)
	return setOption(fd, name.level, name.name, unsafe.Pointer(&v), unsafe.Sizeof(v))
}

// linger is LINGER of Winsock.
type linger struct{ on, seconds uint16 }

func getOption(fd int32, level, name int32, to unsafe.Pointer, size uintptr) Errno {
	n := int32(size)
	return errnoOf(windows.Getsockopt(handle(fd), level, name, (*byte)(to), &n))
}

func setOption(fd int32, level, name int32, from unsafe.Pointer, size uintptr) Errno {
	return errnoOf(windows.Setsockopt(handle(fd), level, name, (*byte)(from), int32(size)))
}

// reportRefused: SIO_UDP_CONNRESET, which is on at first.
func (host) reportRefused(fd int32, on int) Errno {
	const sioUDPConnReset = 0x9800000c
	v, n := uint32(on), uint32(0)
	return errnoOf(windows.WSAIoctl(handle(fd), sioUDPConnReset, (*byte)(unsafe.Pointer(&v)), uint32(unsafe.Sizeof(v)), nil, 0, &n, nil, 0))
}
