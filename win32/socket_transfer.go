// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"io"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"iocp"
)

// WSARecv receives into bufs, filled one after the other, from a connection or, as one datagram
// each, from whoever sends to a bound socket. The bytes belong to the system until the operation is over;
// bufs itself is the caller's again when the call returns. *flags is 0 or made of MSG_PEEK (I18) and,
// on a stream, MSG_WAITALL (I19).
//
// With ov nil, or a socket that is not overlapped, it waits (F15, O11), for no longer than
// SO_RCVTIMEO says; on a non-blocking socket a call without ov does not (I22). With a routine, which needs a
// socket without a port, the end is a call of it (F17).
//
// nil: done at once, *recvd bytes. ERROR_IO_PENDING: exactly one packet will come, or whatever else was
// asked for. Any other error: no packet (F03). *recvd, which may be nil, is written only with nil.
// A receive without room on a stream waits until there is something (I11); 0 bytes otherwise are
// the end of the stream (I04). Receives fill in the order they were started (I17).
//
// Errors: WSAENOTSOCK (I10); WSAEINVAL for no buffers (I47), for datagrams on a socket that is not bound
// (I09), and for a routine with a port; WSAEFAULT for no flags, or a buffer that is none; WSAENOTCONN
// (I08); WSAESHUTDOWN (I20); WSAECONNRESET after a reset, or WSAECONNABORTED if our own send brought it
// about (I06); WSAEOPNOTSUPP for other flags. In packets, as GetQueuedCompletionStatus has them:
// ERROR_NETNAME_DELETED for a reset (I05), ERROR_MORE_DATA for a datagram that is too long (I13),
// ERROR_PORT_UNREACHABLE (I15).
func WSARecv(s SOCKET, bufs []WSABUF, recvd *uint32, flags *uint32, ov *OVERLAPPED, routine CompletionRoutine) error {
	return wsaReceive(s, bufs, recvd, flags, nil, nil, ov, routine)
}

// WSARecvFrom is [WSARecv] that also tells who sent a datagram: from, and fromlen with its size before
// and the length of the address afterwards, belong to the system until the operation is over. Both
// may be nil; on a stream they are left alone.
//
// Error besides those of WSARecv: WSAEFAULT if *fromlen is too small for an address.
func WSARecvFrom(s SOCKET, bufs []WSABUF, recvd *uint32, flags *uint32, from *RawSockaddrAny, fromlen *int32, ov *OVERLAPPED, routine CompletionRoutine) error {
	return wsaReceive(s, bufs, recvd, flags, from, fromlen, ov, routine)
}

func wsaReceive(s SOCKET, bufs []WSABUF, recvd, flags *uint32, from *RawSockaddrAny, fromlen *int32, ov *OVERLAPPED, routine CompletionRoutine) error {
	f, d, err := socketOf(s)
	if err != nil {
		return err
	}
	if flags == nil || from != nil && (fromlen == nil || *fromlen < d.sockaddrLen()) {
		return WSAEFAULT
	}
	if err := checkBuffers(bufs); err != nil {
		return err
	}
	kernel, err := receiveFlags(*flags)
	if err != nil {
		return err
	}
	if ov == nil && d.nonblocking.Load() {
		return d.receiveNow(bufs, recvd, kernel, from, fromlen)
	}
	op, err := f.beginSocket(ov, routine)
	if err != nil {
		return err
	}
	op.gather(bufs)
	op.from, op.length = from, fromlen
	blocking := op.blocking
	return op.started(blocking, d.receive(op, kernel), recvd)
}

func checkBuffers(bufs []WSABUF) error {
	if len(bufs) == 0 {
		return WSAEINVAL // I47
	}
	for _, b := range bufs {
		if b.Buf == nil && b.Len > 0 {
			return WSAEFAULT // F21
		}
	}
	return nil
}

func receiveFlags(flags uint32) (kernel int, err error) {
	if flags&^(MSG_PEEK|MSG_WAITALL|MSG_PARTIAL|MSG_PUSH_IMMEDIATE) != 0 {
		return 0, WSAEOPNOTSUPP
	}
	if flags&MSG_PEEK != 0 {
		kernel |= unix.MSG_PEEK
	}
	if flags&MSG_WAITALL != 0 {
		kernel |= unix.MSG_WAITALL
	}
	return kernel, nil
}

// gather makes the caller's buffers the operation's.
func (op *operation) gather(bufs []WSABUF) {
	op.bufs = op.bufs[:0]
	for _, b := range bufs {
		op.bufs = append(op.bufs, b.Bytes())
	}
}

// receive starts a receive into op.bufs.
func (d *socket) receive(op *operation, flags int) error {
	op.limit(time.Duration(d.receiveTime.Load()))
	op.judge, op.closed = judgeReceive, STATUS_CANCELLED
	if d.s.Type() == unix.SOCK_STREAM {
		op.closed = STATUS_CONNECTION_ABORTED
	}
	switch {
	case op.from != nil:
		return op.startError(d.s.RecvFrom(op, op.bufs, flags, &op.sender))
	case len(op.bufs) == 1:
		return op.startError(d.s.Recv(op, op.bufs[0], flags))
	}
	return op.startError(d.s.Recvv(op, op.bufs, flags))
}

func judgeReceive(op *operation, err error) NTSTATUS {
	if op.from != nil && op.sender.IsValid() {
		*op.length = putAddrPort(op.from, op.sender)
	}
	if err != nil && refused(err) {
		op.SetTimeout(0)
		return STATUS_PORT_UNREACHABLE // I15
	}
	return judgeTransfer(op, err)
}

// receiveNow is a receive on a non-blocking socket.
func (d *socket) receiveNow(bufs []WSABUF, recvd *uint32, flags int, from *RawSockaddrAny, fromlen *int32) error {
	var sender netip.AddrPort
	n, err := d.s.RecvNow(slicesOf(bufs), flags, &sender)
	if from != nil && sender.IsValid() {
		*fromlen = putAddrPort(from, sender)
	}
	if err != nil && err != io.EOF {
		return d.nowError(err)
	}
	if recvd != nil {
		*recvd = uint32(n)
	}
	return nil
}

func (d *socket) nowError(err error) error {
	switch {
	case err == iocp.ErrTruncated:
		return WSAEMSGSIZE
	case refused(err):
		return WSAECONNRESET
	}
	return wsaErrnoOf(err).err()
}

func slicesOf(bufs []WSABUF) [][]byte {
	s := make([][]byte, len(bufs))
	for i, b := range bufs {
		s[i] = b.Bytes()
	}
	return s
}

// WSASend sends bufs, one after the other, under the rules of [WSARecv]; the bytes must not be
// changed until the operation is over. On a stream it ends when the system has taken all (I03). Flags
// MSG_PARTIAL and MSG_DONTROUTE change nothing. A socket for datagrams has to be connected.
//
// Errors: WSAENOTSOCK; WSAEINVAL for no buffers; WSAEFAULT; WSAENOTCONN (I08, I09); WSAESHUTDOWN (I21);
// WSAECONNRESET after a reset (I07); WSAEMSGSIZE for a datagram that is too long (I16); WSAEOPNOTSUPP for
// other flags.
func WSASend(s SOCKET, bufs []WSABUF, sent *uint32, flags uint32, ov *OVERLAPPED, routine CompletionRoutine) error {
	return wsaSend(s, bufs, sent, flags, nil, ov, routine)
}

// WSASendTo is [WSASend] that sends a datagram to the address to; nil means where the socket is
// connected to. A socket that is not bound gets an address of the system's choice. On a stream to is not
// looked at.
//
// Errors besides those of WSASend: WSAEAFNOSUPPORT for an address of another family; WSAEFAULT for one
// that is none.
func WSASendTo(s SOCKET, bufs []WSABUF, sent *uint32, flags uint32, to Sockaddr, ov *OVERLAPPED, routine CompletionRoutine) error {
	return wsaSend(s, bufs, sent, flags, to, ov, routine)
}

func wsaSend(s SOCKET, bufs []WSABUF, sent *uint32, flags uint32, to Sockaddr, ov *OVERLAPPED, routine CompletionRoutine) error {
	f, d, err := socketOf(s)
	if err != nil {
		return err
	}
	if err := checkBuffers(bufs); err != nil {
		return err
	}
	if flags&^(MSG_DONTROUTE|MSG_PARTIAL) != 0 {
		return WSAEOPNOTSUPP
	}
	if ov == nil && d.nonblocking.Load() {
		return d.sendNow(bufs, sent, to)
	}
	op, err := f.beginSocket(ov, routine)
	if err != nil {
		return err
	}
	op.gather(bufs)
	blocking := op.blocking
	return op.started(blocking, d.send(op, to), sent)
}

// send starts to send op.bufs.
func (d *socket) send(op *operation, to Sockaddr) error {
	op.limit(time.Duration(d.sendTime.Load()))
	op.judge, op.closed = judgeTransfer, STATUS_CANCELLED
	switch {
	case to != nil && d.s.Type() != unix.SOCK_STREAM:
		addr, err := addrPortOf(to)
		if err != nil {
			op.SetTimeout(0)
			return err
		}
		return op.startError(d.s.SendTo(op, op.bufs, addr))
	case len(op.bufs) == 1:
		return op.startError(d.s.Send(op, op.bufs[0]))
	}
	return op.startError(d.s.Sendv(op, op.bufs))
}

// sendNow is a send on a non-blocking socket.
func (d *socket) sendNow(bufs []WSABUF, sent *uint32, to Sockaddr) error {
	var addr netip.AddrPort
	if to != nil && d.s.Type() != unix.SOCK_STREAM {
		var err error
		if addr, err = addrPortOf(to); err != nil {
			return err
		}
	}
	n, err := d.s.SendNow(slicesOf(bufs), addr)
	if err != nil {
		return wsaErrnoOf(err).err()
	}
	if sent != nil {
		*sent = uint32(n)
	}
	return nil
}
