// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"iocp"
)

var shutdownModes = [...]iocp.ShutdownMode{SD_RECEIVE: iocp.ShutdownRecv, SD_SEND: iocp.ShutdownSend, SD_BOTH: iocp.ShutdownBoth}

// Connect connects to name and waits for that; on a non-blocking socket it returns WSAEWOULDBLOCK
// and SO_ERROR tells how it ended. It never sends a packet (O12). On a socket for datagrams it sets
// where WSASend goes and whose datagrams are received; an address without a host and port ends that.
//
// Errors: WSAENOTSOCK; WSAEFAULT for no address; WSAEISCONN (I42); WSAEINVAL if the socket listens or another
// connect, or an AcceptEx into it, is under way (I33, O12), or if ConnectEx has connected it and
// SO_UPDATE_CONNECT_CONTEXT was not set (I39); WSAECONNREFUSED, WSAETIMEDOUT, WSAENETUNREACH, ... after
// which it may be called again.
func Connect(s SOCKET, name Sockaddr) error {
	f, d, err := socketOf(s)
	if err != nil {
		return err
	}
	addr, err := addrPortOf(name)
	if err != nil {
		return err
	}
	if d.s.State().Connected && d.s.Type() == unix.SOCK_STREAM {
		if d.unfinished.Load() {
			return WSAEINVAL
		}
		return WSAEISCONN
	}
	if d.s.Type() == unix.SOCK_DGRAM && addr.Addr().IsUnspecified() && addr.Port() == 0 {
		addr = netip.AddrPort{}
	}
	op, err := f.begin(nil)
	if err != nil {
		return err
	}
	d.failure.Store(0)
	op.judge = judgeConnect
	wait := !d.nonblocking.Load() || d.s.Type() == unix.SOCK_DGRAM
	if !wait {
		op.blocking, op.silent, op.alone = false, true, false
	}
	err = op.started(wait, op.startError(d.s.Connect(op, addr, nil)), nil)
	if err == ERROR_IO_PENDING {
		return WSAEWOULDBLOCK
	}
	return err
}

func judgeConnect(op *operation, err error) NTSTATUS {
	status := judgeTransfer(op, err)
	d := op.file.dev.(*socket)
	if d.unfinished.Store(false); err != nil {
		d.failure.Store(uint32(status.WSAErrno()))
	}
	return status
}

// ConnectEx starts to connect to name and then sends send, as one operation: the packet has the
// number of bytes sent (I36). The socket has to be bound (I35). When it fails it may be
// called again (I37). The rules are those of [WSASend].
//
// Errors: WSAENOTSOCK; ERROR_INVALID_PARAMETER for no OVERLAPPED; WSAEFAULT for no address; WSAEINVAL if it is
// not bound, listens, is for datagrams, or another connect or an AcceptEx into it is under way;
// WSAEISCONN (I38). In the packet: ERROR_CONNECTION_REFUSED, ERROR_SEM_TIMEOUT, ....
func ConnectEx(s SOCKET, name Sockaddr, send []byte, sent *uint32, ov *OVERLAPPED) error {
	f, d, err := socketOf(s)
	if err != nil {
		return err
	}
	if ov == nil {
		return ERROR_INVALID_PARAMETER
	}
	addr, err := addrPortOf(name)
	if err != nil {
		return err
	}
	switch st := d.s.State(); {
	case d.s.Type() != unix.SOCK_STREAM:
		return WSAEINVAL
	case st.Connected:
		return WSAEISCONN
	case !st.Bound:
		return WSAEINVAL
	}
	op, err := f.begin(ov)
	if err != nil {
		return err
	}
	op.judge = judgeConnectEx
	blocking := op.blocking
	return op.started(blocking, op.startError(d.s.Connect(op, addr, send)), sent)
}

func judgeConnectEx(op *operation, err error) NTSTATUS {
	if err == nil {
		op.file.dev.(*socket).unfinished.Store(true)
	}
	return judgeTransfer(op, err)
}

// DisconnectEx starts to end a connection: the packet, with 0 bytes, says that everything sent and the end
// behind it have been handed to the system (I40). With TF_REUSE_SOCKET receiving ends as well, and
// the socket can be used for AcceptEx or ConnectEx again, associated as it is (I41); otherwise it stays
// connected, and receives go on (I42). With ov nil it waits.
//
// Errors: WSAENOTSOCK; WSAENOTCONN; WSAEINVAL for other flags, or reserved not 0.
func DisconnectEx(s SOCKET, ov *OVERLAPPED, flags uint32, reserved uint32) error {
	f, d, err := socketOf(s)
	if err != nil {
		return err
	}
	if flags&^TF_REUSE_SOCKET != 0 || reserved != 0 {
		return WSAEINVAL
	}
	if d.s.Type() != unix.SOCK_STREAM {
		return WSAENOTCONN
	}
	op, err := f.begin(ov)
	if err != nil {
		return err
	}
	op.judge = judgeTransfer
	blocking := op.blocking
	return op.started(blocking, op.startError(d.s.Disconnect(op, flags&TF_REUSE_SOCKET != 0)), nil)
}
