// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp"
)

// socket is the device behind a SOCKET.
type socket struct {
	s      *iocp.Socket
	family int32 // AF_INET or AF_INET6, the numbers of Windows

	nonblocking atomic.Bool
	exclusive   atomic.Bool // SO_EXCLUSIVEADDRUSE
	dual        atomic.Bool // IPV6_V6ONLY is off
	reuse       atomic.Bool // SO_REUSEADDR was asked for
	unfinished  atomic.Bool // by ConnectEx, and SO_UPDATE_CONNECT_CONTEXT has not followed (I39)

	receiveTime, sendTime atomic.Int64  // SO_RCVTIMEO, SO_SNDTIMEO as time.Durations; 0: none
	failure               atomic.Uint32 // SO_ERROR of a Connect that did not wait
}

// socketRequest is what only requests on sockets need.
type socketRequest struct {
	sender netip.AddrPort  // of a datagram
	from   *RawSockaddrAny // where the caller wants it
	length *int32

	out               []byte // of an accept: where the addresses go
	localAt, remoteAt int
	localLen          int32
	inFamily          int32
}

const socketAccess = FILE_READ_DATA | FILE_WRITE_DATA | FILE_APPEND_DATA

// socketOf returns the file and device behind s.
func socketOf(s SOCKET) (*file, *socket, error) {
	f, _, err := fileOf(HANDLE(s))
	if err != nil || !f.socket {
		return nil, nil, WSAENOTSOCK // I10
	}
	return f, f.dev.(*socket), nil
}

var startups atomic.Int32

// WSAStartup begins the use of sockets. Here nothing needs it. version is the highest that the
// program can use, the major number in the low byte; what will be used is stored in *data, which
// may be nil here. Error: WSAVERNOTSUPPORTED for version 0.
func WSAStartup(version uint16, data *WSADATA) error {
	if version&0xff == 0 {
		return WSAVERNOTSUPPORTED
	}
	const newest = 0x0202
	if version&0xff > newest&0xff || version>>8 > newest>>8 {
		version = newest
	}
	if data != nil {
		*data = WSADATA{Version: version, HighVersion: newest}
	}
	startups.Add(1)
	return nil
}

// WSACleanup ends what one WSAStartup began. Sockets that are open are left alone. Error:
// WSANOTINITIALISED if there was none.
func WSACleanup() error {
	for {
		n := startups.Load()
		if n == 0 {
			return WSANOTINITIALISED
		}
		if startups.CompareAndSwap(n, n-1) {
			return nil
		}
	}
}

// WSASocket makes a socket: af is AF_INET or AF_INET6, typ SOCK_STREAM or SOCK_DGRAM, protocol
// IPPROTO_TCP, IPPROTO_UDP or 0 for the type's own. With WSA_FLAG_OVERLAPPED calls that are given an
// OVERLAPPED do not wait, and the socket can be associated with a port (A17, A23); without,
// they wait in any case (O11). Other flags change nothing.
//
// info must be nil and group 0. A socket of IPv6 is for IPv6 alone unless IPV6_V6ONLY is turned off
// before it is bound. It does not block.
//
// Errors (the socket is INVALID_SOCKET): WSAEAFNOSUPPORT, WSAESOCKTNOSUPPORT, WSAEPROTONOSUPPORT for what
// there is not; WSAEINVAL for an info or group; WSAEMFILE.
func WSASocket(af, typ, protocol int32, info *WSAPROTOCOL_INFO, group uint32, flags uint32) (SOCKET, error) {
	if info != nil || group != 0 {
		return INVALID_SOCKET, WSAEINVAL
	}
	families := map[int32]int{AF_INET: unix.AF_INET, AF_INET6: unix.AF_INET6}
	family, ok := families[af]
	if !ok {
		return INVALID_SOCKET, WSAEAFNOSUPPORT
	}
	if typ == 0 {
		typ = map[int32]int32{IPPROTO_TCP: SOCK_STREAM, IPPROTO_UDP: SOCK_DGRAM}[protocol]
	}
	own, ok := map[int32]int32{SOCK_STREAM: IPPROTO_TCP, SOCK_DGRAM: IPPROTO_UDP}[typ]
	if !ok {
		return INVALID_SOCKET, WSAESOCKTNOSUPPORT
	}
	if protocol != 0 && protocol != own {
		return INVALID_SOCKET, WSAEPROTONOSUPPORT
	}
	s, err := iocp.NewSocket(family, int(typ), 0) // the numbers of the types are the same
	if err != nil {
		return INVALID_SOCKET, wsaErrnoOf(err).err()
	}
	if typ == SOCK_DGRAM {
		s.ReportUnreachable(true) // I15
	}
	return openSocket(&socket{s: s, family: af}, flags&WSA_FLAG_OVERLAPPED != 0)
}

func openSocket(d *socket, overlapped bool) (SOCKET, error) {
	h, err := open(newFile(d, overlapped, true), socketAccess)
	if err != nil {
		return INVALID_SOCKET, WSAEMFILE
	}
	return SOCKET(h), nil
}

// Socket is [WSASocket] for overlapped I/O.
func Socket(af, typ, protocol int32) (SOCKET, error) {
	return WSASocket(af, typ, protocol, nil, 0, WSA_FLAG_OVERLAPPED)
}

// Closesocket closes the handle of a socket. With the last one its pending operations end, each with
// its one packet: receives on a connection with ERROR_CONNECTION_ABORTED, everything else with
// ERROR_OPERATION_ABORTED (I24, I25). It does not block.
//
// Error: WSAENOTSOCK.
func Closesocket(s SOCKET) error {
	if _, _, err := socketOf(s); err != nil {
		return err
	}
	if CloseHandle(HANDLE(s)) != nil {
		return WSAENOTSOCK
	}
	return nil
}

// The methods that make socket a device.

func (d *socket) read(op *operation, buf []byte) error {
	op.bufs = append(op.bufs[:0], buf)
	return d.receive(op, 0)
}

func (d *socket) write(op *operation, buf []byte) error {
	op.bufs = append(op.bufs[:0], buf)
	return d.send(op, nil)
}

func (d *socket) cancel(match func(*operation) bool) int { return cancelOperations(d.s, match) }
func (d *socket) endpoint() endpoint                     { return d.s }
func (d *socket) close()                                 { d.s.Close() }

// beginSocket is begin, or beginRoutine.
func (f *file) beginSocket(ov *OVERLAPPED, routine CompletionRoutine) (*operation, error) {
	if routine != nil && ov != nil {
		return f.beginRoutine(ov, routine)
	}
	return f.begin(ov)
}

// limit bounds the time of a call that waits (O10). release, when it is over, takes it back.
func (op *operation) limit(d time.Duration) {
	if op.blocking && d > 0 {
		op.SetTimeout(d)
	}
}

// startError makes the error that starting an operation returned the code that the caller gets.
func (op *operation) startError(err error) error {
	switch err {
	case nil, iocp.ErrCompleted:
		return err
	case iocp.ErrTruncated: // in skip mode: it is over, and with a warning (K03)
		return iocp.ErrCompleted
	}
	op.SetTimeout(0)
	code := wsaErrnoOf(err)
	if code == WSAEALREADY {
		code = WSAEINVAL // I33, O12
	}
	return code.err()
}

// judgeTransfer says how a transfer ended.
func judgeTransfer(op *operation, err error) NTSTATUS {
	op.SetTimeout(0)
	switch err {
	case nil:
		return STATUS_SUCCESS
	case iocp.ErrCanceled:
		return STATUS_CANCELLED
	case iocp.ErrTruncated:
		return STATUS_BUFFER_OVERFLOW // I13
	}
	switch status := statusOf(err); {
	case status == STATUS_END_OF_FILE:
		return STATUS_SUCCESS // I04, I23
	case status == STATUS_CANCELLED && errors.Is(err, net.ErrClosed):
		return op.closed // I24
	default:
		return status
	}
}

// refused reports whether err is ECONNREFUSED.
func refused(err error) bool {
	errno, ok := errnoIn(err)
	return ok && errno == syscall.ECONNREFUSED
}
