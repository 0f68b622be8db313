// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp"
)

// addressRoom is what AcceptEx needs for an address beside the address.
const addressRoom = 16

// AcceptEx starts to accept a connection on the socket listen into the socket accept, which must be new:
// neither bound nor connected, or made ready again by DisconnectEx. The packet goes to the port of listen,
// with its key; accept is not associated by that (I32). Any number may be in flight.
//
// out gets the first bytes, if receiveLength is not 0, and then the operation waits for them (I28, I29);
// and behind them both addresses, for [GetAcceptExSockaddrs], which is why localAddr and remoteAddr
// are the lengths of two addresses and 16 each. A localAddr of 0 leaves the local one out. With lengths
// that are too small the operation ends with ERROR_INSUFFICIENT_BUFFER when somebody connects, and the
// connection goes on waiting (I33). accept and out belong to the system until the operation is over.
//
// SO_UPDATE_ACCEPT_CONTEXT is not needed here (I31). A connection that is reset before it is accepted is
// passed over (I30). For the rest the rules are those of [WSARecv].
//
// Errors: WSAENOTSOCK; ERROR_INVALID_PARAMETER for no OVERLAPPED; WSAEFAULT for an out that is nil or too small,
// or remoteAddr 0; WSAEINVAL if listen does not listen, or accept is not new, not of its family and
// kind, or used by another AcceptEx. In the packet: ERROR_OPERATION_ABORTED if either was closed
// (I25, I26); ERROR_NETNAME_DELETED if the peer reset the connection while bytes were waited for.
func AcceptEx(listen, accept SOCKET, out []byte, receiveLength, localAddr, remoteAddr uint32, received *uint32, ov *OVERLAPPED) error {
	f, d, err := socketOf(listen)
	if err != nil {
		return err
	}
	_, target, err := socketOf(accept)
	switch {
	case err != nil:
		return err
	case ov == nil:
		return ERROR_INVALID_PARAMETER
	case out == nil || remoteAddr == 0 || uint64(receiveLength)+uint64(localAddr)+uint64(remoteAddr) > uint64(len(out)):
		return WSAEFAULT
	}
	op, err := f.begin(ov)
	if err != nil {
		return err
	}
	op.judge = judgeTransfer
	blocking := op.blocking
	if need := uint32(d.sockaddrLen()) + addressRoom; localAddr != 0 && localAddr < need || remoteAddr < need {
		err = d.acceptTooSmall(op, target)
	} else {
		op.out, op.localLen, op.inFamily = out, int32(localAddr), d.family
		op.localAt, op.remoteAt = int(receiveLength), int(receiveLength)+int(localAddr)
		err = d.s.Accept(op, target.s, out[:receiveLength])
	}
	return op.started(blocking, op.startError(err), received)
}

// acceptTooSmall waits for a connection, to fail then and leave it.
func (d *socket) acceptTooSmall(op *operation, target *socket) error {
	st := target.s.State()
	if !d.s.State().Listening || st.Bound || st.Pending || st.Connected || target.family != d.family || target.s.Type() != unix.SOCK_STREAM {
		return WSAEINVAL
	}
	op.judge = judgeTooSmall
	return d.s.Readable(op)
}

func judgeTooSmall(op *operation, err error) NTSTATUS {
	if err == nil {
		return STATUS_BUFFER_TOO_SMALL
	}
	return judgeTransfer(op, err)
}

// Accepted implements hook.Acceptor: it writes the addresses of the new connection, before
// anybody learns of it. Each is its length and then the address itself.
func (op *operation) Accepted(fd int) {
	if op.localLen > 0 {
		putName(op.out[op.localAt:], unix.SYS_GETSOCKNAME, fd, op.inFamily)
	}
	putName(op.out[op.remoteAt:], unix.SYS_GETPEERNAME, fd, op.inFamily)
}

func putName(to []byte, call uintptr, fd int, family int32) {
	var sa RawSockaddrAny // the layouts are the same but for the number of the family
	n := uint32(SizeofSockaddrAny)
	if _, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&n))); errno != 0 {
		n = SizeofSockaddrInet4 // gone already, and its address with it
		if family == AF_INET6 {
			n = SizeofSockaddrInet6
		}
	}
	sa.Family = uint16(family)
	binary.NativeEndian.PutUint32(to, n)
	binary.NativeEndian.PutUint16(to[4:], sa.Family)
	copy(to[6:4+n], sa.Data[:])
}

// GetAcceptExSockaddrs reads the addresses that AcceptEx wrote to out; the lengths are those that AcceptEx was
// given. *local and *remote become the addresses, and *localLen and *remoteLen their lengths in the
// documented layout. With localAddr 0 the local ones are left alone (I33); each may be nil.
func GetAcceptExSockaddrs(out []byte, receiveLength, localAddr, remoteAddr uint32, local *Sockaddr, localLen *int32, remote *Sockaddr, remoteLen *int32) {
	at := uint64(receiveLength)
	if localAddr > 0 {
		takeName(out, at, localAddr, local, localLen)
	}
	takeName(out, at+uint64(localAddr), remoteAddr, remote, remoteLen)
}

func takeName(out []byte, at uint64, size uint32, to *Sockaddr, length *int32) {
	if at+uint64(size) > uint64(len(out)) || size < addressRoom {
		return
	}
	area := out[at : at+uint64(size)]
	n := binary.NativeEndian.Uint32(area)
	if n < SizeofSockaddrInet4 || uint64(n)+4 > uint64(size) {
		return
	}
	var sa RawSockaddrAny
	sa.Family = binary.NativeEndian.Uint16(area[4:])
	copy(sa.Data[:], area[6:4+n])
	if to != nil {
		*to = sa.Sockaddr()
	}
	if length != nil {
		*length = int32(n)
	}
}

// Accept waits for a connection and returns a new socket for it, overlapped and blocking as s is, with
// the peer's address in *name and its length in *nameLen; both may be nil. It sends no packet.
//
// Errors (the socket is INVALID_SOCKET): WSAENOTSOCK; WSAEINVAL if s does not listen; WSAEFAULT if
// *nameLen is too small; WSAEWOULDBLOCK on a non-blocking socket where nobody waits; WSAEMFILE.
func Accept(s SOCKET, name *RawSockaddrAny, nameLen *int32) (SOCKET, error) {
	f, d, err := socketOf(s)
	if err != nil {
		return INVALID_SOCKET, err
	}
	if name != nil && (nameLen == nil || *nameLen < d.sockaddrLen()) {
		return INVALID_SOCKET, WSAEFAULT
	}
	if d.nonblocking.Load() && d.s.State().Listening && !d.isReadable() {
		return INVALID_SOCKET, WSAEWOULDBLOCK
	}
	n := &socket{family: d.family}
	n.nonblocking.Store(d.nonblocking.Load())
	if n.s, err = iocp.NewSocket(d.s.Family(), unix.SOCK_STREAM, 0); err != nil {
		return INVALID_SOCKET, wsaErrnoOf(err).err()
	}
	op, err := f.begin(nil)
	if err == nil {
		op.judge = judgeTransfer
		op.out, op.localLen, op.remoteAt, op.inFamily = make([]byte, SizeofSockaddrInet6+addressRoom), 0, 0, d.family
		err = op.started(true, op.startError(d.s.Accept(op, n.s, nil)), nil)
	}
	if err != nil {
		n.s.Close()
		return INVALID_SOCKET, err
	}
	if name != nil {
		*nameLen = putAddrPort(name, n.s.RemoteAddr())
	}
	return openSocket(n, f.overlapped)
}

// isReadable reports whether a receive, or an accept, would not wait.
func (d *socket) isReadable() bool {
	ready := false
	d.control(func(fd int) error {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
		ready = n > 0
		return err
	})
	return ready
}
