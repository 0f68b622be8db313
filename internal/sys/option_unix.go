// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sys

import "golang.org/x/sys/unix"

// optionName is an option as getsockopt(2) knows it; with level and name 0 the system has none.
type optionName struct{ level, name int }

// sharedOptions are those that every Unix has; systemOptions has the others.
var sharedOptions = [...]optionName{
	NoDelay:        {unix.IPPROTO_TCP, unix.TCP_NODELAY},
	KeepAlive:      {unix.SOL_SOCKET, unix.SO_KEEPALIVE},
	RecvBuffer:     {unix.SOL_SOCKET, unix.SO_RCVBUF},
	SendBuffer:     {unix.SOL_SOCKET, unix.SO_SNDBUF},
	ReuseAddr:      {unix.SOL_SOCKET, unix.SO_REUSEADDR},
	ReuseLingering: {unix.SOL_SOCKET, unix.SO_REUSEADDR},
	Broadcast:      {unix.SOL_SOCKET, unix.SO_BROADCAST},
	OutOfBand:      {unix.SOL_SOCKET, unix.SO_OOBINLINE},
	OnlyIPv6:       {unix.IPPROTO_IPV6, unix.IPV6_V6ONLY},
	SocketError:    {unix.SOL_SOCKET, unix.SO_ERROR},
	Listening:      {unix.SOL_SOCKET, unix.SO_ACCEPTCONN},
	Type:           {unix.SOL_SOCKET, unix.SO_TYPE},
	Protocol:       {},
}

func nameOf(fd int32, o Option) optionName {
	if int(o) < len(sharedOptions) && sharedOptions[o] != (optionName{}) {
		return sharedOptions[o]
	}
	return systemOption(fd, o)
}

func (h host) Option(fd int32, o Option) (int, Errno) {
	switch o {
	case Linger:
		l, err := unix.GetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER)
		if err != nil || l.Onoff == 0 {
			return -1, errnoOf(err)
		}
		return int(l.Linger), 0
	case Domain:
		return h.domain(fd)
	}
	name := nameOf(fd, o)
	if name == (optionName{}) {
		return 0, lacking(o)
	}
	v, err := unix.GetsockoptInt(int(fd), name.level, name.name)
	return v, errnoOf(err)
}

// lacking is the answer for an option that the system does not have.
func lacking(o Option) Errno {
	if o == Protocol {
		return 0 // the usual one, as far as one can know
	}
	return ENOPROTOOPT
}

func (host) SetOption(fd int32, o Option, value int) Errno {
	if o == Linger {
		l := unix.Linger{}
		if value >= 0 {
			l.Onoff, l.Linger = 1, int32(value)
		}
		return errnoOf(unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &l))
	}
	name := nameOf(fd, o)
	if name == (optionName{}) || o >= SocketError {
		return ENOPROTOOPT
	}
	return errnoOf(unix.SetsockoptInt(int(fd), name.level, name.name, value))
}
