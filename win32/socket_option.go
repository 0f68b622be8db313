// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"encoding/binary"
	"math"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp"
)

// optionKey is an option of the kernel.
type optionKey struct{ level, name int32 }

// plainOptions are the options that the kernel has as well, with a number as their value.
var plainOptions = map[optionKey]struct{ level, name int }{
	{SOL_SOCKET, SO_DEBUG}:      {unix.SOL_SOCKET, unix.SO_DEBUG},
	{SOL_SOCKET, SO_ACCEPTCONN}: {unix.SOL_SOCKET, unix.SO_ACCEPTCONN},
	{SOL_SOCKET, SO_KEEPALIVE}:  {unix.SOL_SOCKET, unix.SO_KEEPALIVE},
	{SOL_SOCKET, SO_DONTROUTE}:  {unix.SOL_SOCKET, unix.SO_DONTROUTE},
	{SOL_SOCKET, SO_BROADCAST}:  {unix.SOL_SOCKET, unix.SO_BROADCAST},
	{SOL_SOCKET, SO_OOBINLINE}:  {unix.SOL_SOCKET, unix.SO_OOBINLINE},
	{SOL_SOCKET, SO_SNDBUF}:     {unix.SOL_SOCKET, unix.SO_SNDBUF},
	{SOL_SOCKET, SO_RCVBUF}:     {unix.SOL_SOCKET, unix.SO_RCVBUF},
	{SOL_SOCKET, SO_TYPE}:       {unix.SOL_SOCKET, unix.SO_TYPE},
	{SOL_SOCKET, SO_REUSEADDR}:  {unix.SOL_SOCKET, unix.SO_REUSEADDR},
	{IPPROTO_TCP, TCP_NODELAY}:  {unix.IPPROTO_TCP, unix.TCP_NODELAY},
	{IPPROTO_IPV6, IPV6_V6ONLY}: {unix.IPPROTO_IPV6, unix.IPV6_V6ONLY},
}

// Setsockopt sets an option of a socket: of SOL_SOCKET the switches and sizes declared here, SO_LINGER,
// SO_RCVTIMEO and SO_SNDTIMEO, SO_UPDATE_ACCEPT_CONTEXT and SO_UPDATE_CONNECT_CONTEXT; of IPPROTO_TCP
// TCP_NODELAY; of IPPROTO_IPV6 IPV6_V6ONLY. value is the option in the documented layout: a number is a
// uint32 in the machine's order, a linger two uint16, a context the listening SOCKET or nothing.
//
// Errors: WSAENOTSOCK; WSAENOPROTOOPT for another option; WSAEFAULT for a value that is too short; WSAEINVAL
// for one that does not fit; WSAENOTCONN for a context of a socket that is not connected.
func Setsockopt(s SOCKET, level, name int32, value []byte) error {
	_, d, err := socketOf(s)
	if err != nil {
		return err
	}
	if level == SOL_SOCKET {
		switch name {
		case SO_UPDATE_ACCEPT_CONTEXT, SO_UPDATE_CONNECT_CONTEXT:
			return d.updateContext(name, value)
		case SO_ACCEPTCONN, SO_TYPE, SO_ERROR, SO_CONNECT_TIME:
			return WSAENOPROTOOPT // for Getsockopt only
		}
	}
	if len(value) < 4 {
		return WSAEFAULT
	}
	n := binary.NativeEndian.Uint32(value)
	if level == SOL_SOCKET {
		switch name {
		case SO_LINGER:
			return d.setLinger(binary.NativeEndian.Uint16(value), binary.NativeEndian.Uint16(value[2:]))
		case SO_RCVTIMEO:
			d.receiveTime.Store(int64(n) * int64(time.Millisecond))
			return nil
		case SO_SNDTIMEO:
			d.sendTime.Store(int64(n) * int64(time.Millisecond))
			return nil
		case SO_EXCLUSIVEADDRUSE:
			d.exclusive.Store(n != 0)
			return nil
		case SO_REUSEADDR:
			d.reuse.Store(n != 0)
		}
	}
	option, ok := plainOptions[optionKey{level, name}]
	if !ok {
		return WSAENOPROTOOPT
	}
	if level == IPPROTO_IPV6 {
		d.dual.Store(n == 0)
	}
	return wsaErrnoOf(d.control(func(fd int) error {
		return unix.SetsockoptInt(fd, option.level, option.name, int(min(n, math.MaxInt32)))
	})).err()
}

// updateContext: nothing is missing here (I31, I39), but that connect tells the difference.
func (d *socket) updateContext(name int32, value []byte) error {
	if name == SO_UPDATE_ACCEPT_CONTEXT {
		const word = 32 << (^uintptr(0) >> 63) / 8
		if len(value) < word {
			return WSAEFAULT
		}
		listen := uint64(binary.NativeEndian.Uint32(value))
		if word == 8 {
			listen = binary.NativeEndian.Uint64(value)
		}
		if _, _, err := socketOf(SOCKET(listen)); err != nil {
			return err
		}
	}
	if !d.s.State().Connected {
		return WSAENOTCONN
	}
	d.unfinished.Store(false)
	return nil
}

func (d *socket) setLinger(on, seconds uint16) error {
	l := unix.Linger{Onoff: int32(on), Linger: int32(seconds)}
	return wsaErrnoOf(d.control(func(fd int) error {
		return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &l)
	})).err()
}

// Getsockopt reads an option: those of [Setsockopt] but the contexts, and SO_ACCEPTCONN, SO_TYPE, SO_ERROR,
// which is reset by that (O14), and SO_CONNECT_TIME (I28). *length is the size of value before and of
// the option afterwards.
//
// Errors: WSAENOTSOCK; WSAENOPROTOOPT; WSAEFAULT if *length or value is too small.
func Getsockopt(s SOCKET, level, name int32, value []byte, length *int32) error {
	_, d, err := socketOf(s)
	if err != nil {
		return err
	}
	if length == nil || *length < 4 || len(value) < 4 {
		return WSAEFAULT
	}
	n, err := d.option(level, name)
	if err != nil {
		return err
	}
	binary.NativeEndian.PutUint32(value, n)
	*length = 4
	return nil
}

// option returns the four bytes of an option.
func (d *socket) option(level, name int32) (uint32, error) {
	if level == SOL_SOCKET {
		switch name {
		case SO_LINGER:
			return d.linger()
		case SO_RCVTIMEO:
			return milliseconds(&d.receiveTime), nil
		case SO_SNDTIMEO:
			return milliseconds(&d.sendTime), nil
		case SO_EXCLUSIVEADDRUSE:
			return number(d.exclusive.Load()), nil
		case SO_REUSEADDR:
			return number(d.reuse.Load()), nil
		case SO_ERROR:
			return d.lastError()
		case SO_CONNECT_TIME:
			t, connected := d.s.ConnectedFor()
			if !connected {
				return math.MaxUint32, nil
			}
			return uint32(t / time.Second), nil
		}
	}
	if level == IPPROTO_IPV6 && name == IPV6_V6ONLY && d.family == AF_INET6 {
		return number(!d.dual.Load()), nil
	}
	option, ok := plainOptions[optionKey{level, name}]
	if !ok {
		return 0, WSAENOPROTOOPT
	}
	var n int
	err := d.control(func(fd int) (err error) {
		n, err = unix.GetsockoptInt(fd, option.level, option.name)
		return err
	})
	if level == SOL_SOCKET && (name == SO_SNDBUF || name == SO_RCVBUF) {
		n /= 2 // the kernel doubles what it is given: socket(7)
	}
	return uint32(n), wsaErrnoOf(err).err()
}

func (d *socket) linger() (uint32, error) {
	var b [4]byte
	err := d.control(func(fd int) error {
		l, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER)
		if err == nil {
			binary.NativeEndian.PutUint16(b[:], uint16(l.Onoff))
			binary.NativeEndian.PutUint16(b[2:], uint16(l.Linger))
		}
		return err
	})
	return binary.NativeEndian.Uint32(b[:]), wsaErrnoOf(err).err()
}

// lastError takes the pending error of the socket.
func (d *socket) lastError() (uint32, error) {
	if code := d.failure.Swap(0); code != 0 {
		return code, nil
	}
	if st := d.s.State(); st.Pending || st == (iocp.SocketState{}) {
		return 0, nil // of what is under way the end tells
	}
	var n int
	err := d.control(func(fd int) (err error) {
		n, err = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		return err
	})
	if err != nil || n == 0 {
		return 0, wsaErrnoOf(err).err()
	}
	return uint32(wsaErrnoOf(syscall.Errno(n))), nil
}

func milliseconds(d *atomic.Int64) uint32 { return uint32(d.Load() / int64(time.Millisecond)) }

func number(on bool) uint32 {
	if on {
		return 1
	}
	return 0
}

// Ioctlsocket controls a socket: FIONBIO with *arg not 0 makes calls without an OVERLAPPED return
// WSAEWOULDBLOCK instead of waiting; FIONREAD stores in *arg how much a receive would get.
//
// Errors: WSAENOTSOCK; WSAEFAULT for no argument; WSAEOPNOTSUPP for another command.
func Ioctlsocket(s SOCKET, cmd uint32, arg *uint32) error {
	_, d, err := socketOf(s)
	if err != nil {
		return err
	}
	if arg == nil {
		return WSAEFAULT
	}
	switch cmd {
	case FIONBIO:
		d.nonblocking.Store(*arg != 0)
		return nil
	case FIONREAD:
		var n int
		err := d.control(func(fd int) (err error) {
			n, err = unix.IoctlGetInt(fd, unix.TIOCINQ)
			return err
		})
		if err == nil {
			*arg = uint32(n)
		}
		return wsaErrnoOf(err).err()
	}
	return WSAEOPNOTSUPP
}

// WSAIoctl controls a socket: FIONBIO and FIONREAD as [Ioctlsocket], and SIO_UDP_CONNRESET, whose
// number, of four bytes or one, says whether receives tell that a datagram was refused on the other
// side (I15). It is done at once, with ov too, and sends no packet; routine is not called.
//
// Errors: WSAENOTSOCK; WSAEFAULT for in or out too small; WSAEOPNOTSUPP for another code.
func WSAIoctl(s SOCKET, code uint32, in, out []byte, returned *uint32, ov *OVERLAPPED, routine CompletionRoutine) error {
	_, d, err := socketOf(s)
	if err != nil {
		return err
	}
	if returned != nil {
		*returned = 0
	}
	switch code {
	case FIONREAD:
		var n uint32
		if len(out) < 4 {
			return WSAEFAULT
		}
		if err := Ioctlsocket(s, code, &n); err != nil {
			return err
		}
		binary.NativeEndian.PutUint32(out, n)
		if returned != nil {
			*returned = 4
		}
		return nil
	case FIONBIO, SIO_UDP_CONNRESET:
		if len(in) == 0 {
			return WSAEFAULT
		}
		n := uint32(0)
		for _, b := range in[:min(4, len(in))] {
			n |= uint32(b)
		}
		if code == FIONBIO {
			return Ioctlsocket(s, code, &n)
		}
		return wsaErrnoOf(d.s.ReportUnreachable(n != 0)).err()
	}
	return WSAEOPNOTSUPP
}
