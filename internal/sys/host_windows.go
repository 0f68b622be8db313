// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"net/netip"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/engine"
	"iocp/internal/sys/nt"
)

// host is Windows, which runs the program. Descriptors are handles.
type host struct{}

// handle is a handle from its 32 bits that count.
func handle(fd int32) windows.Handle { return windows.Handle(uintptr(fd)) }

// errnoOf is the number in an error of package windows.
func errnoOf(err error) Errno {
	if err == nil {
		return 0
	}
	if errno, ok := err.(Errno); ok {
		return errno
	}
	if status, ok := err.(windows.NTStatus); ok {
		return status.Errno()
	}
	return EINVAL
}

// begin starts the use of sockets, which is never ended.
var begin = sync.OnceValue(func() Errno {
	var data windows.WSAData
	return errnoOf(windows.WSAStartup(0x0202, &data))
})

func (host) Socket(family, typ, proto int) (int32, Errno) {
	if errno := begin(); errno != 0 {
		return -1, errno
	}
	s, err := windows.WSASocket(int32(family), int32(typ), int32(proto), nil, 0,
		windows.WSA_FLAG_OVERLAPPED|windows.WSA_FLAG_NO_HANDLE_INHERIT)
	if err != nil {
		return -1, errnoOf(err)
	}
	if family == AFInet6 { // Windows alone keeps IPv4 out at first
		(host{}).SetOption(int32(s), OnlyIPv6, 0)
	}
	return int32(s), 0
}

func (host) Bind(fd int32, addr netip.AddrPort) Errno {
	var sa Sockaddr
	n := sa.Put(addr)
	r, _, errno := syscall.SyscallN(nt.Bind.Addr(), uintptr(handle(fd)), uintptr(unsafe.Pointer(&sa)), uintptr(n))
	return winsock(r, errno)
}

// winsock is the error of a function of Winsock that returned r and left e as the last error.
func winsock(r uintptr, e Errno) Errno {
	if int32(r) == 0 {
		return 0
	}
	return nt.Failed(e)
}

// Listen: a socket that is not bound is not given an address by the system here.
func (h host) Listen(fd int32, backlog int) Errno {
	errno := errnoOf(windows.Listen(handle(fd), backlog))
	if errno != EINVAL {
		return errno
	}
	if typ, _ := h.Option(fd, Type); typ == SockDgram {
		return EOPNOTSUPP
	}
	addr, any := netip.AddrPort{}, netip.IPv4Unspecified()
	if addr, errno = h.LocalAddr(fd); errno != 0 || addr.Port() != 0 {
		return EINVAL
	}
	if family, _ := h.Option(fd, Domain); family == AFInet6 {
		any = netip.IPv6Unspecified()
	}
	if errno := h.Bind(fd, netip.AddrPortFrom(any, 0)); errno != 0 {
		return errno
	}
	return errnoOf(windows.Listen(handle(fd), backlog))
}

func (host) Shutdown(fd int32, how int) Errno { return errnoOf(windows.Shutdown(handle(fd), how)) }

// LocalAddr: a socket that is not bound has no address here (WSAEINVAL), which is no error there.
func (host) LocalAddr(fd int32) (netip.AddrPort, Errno) {
	addr, errno := name(nt.Getsockname.Addr(), fd)
	if errno == EINVAL {
		errno = 0
	}
	return addr, errno
}

func (host) PeerAddr(fd int32) (netip.AddrPort, Errno) { return name(nt.Getpeername.Addr(), fd) }

func name(address uintptr, fd int32) (netip.AddrPort, Errno) {
	var sa Sockaddr
	n := int32(SizeofSockaddr)
	r, _, errno := syscall.SyscallN(address, uintptr(handle(fd)), uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&n)))
	if errno := winsock(r, errno); errno != 0 {
		return netip.AddrPort{}, errno
	}
	return sa.AddrPort(), 0
}

// Dissolve: after a ConnectEx that was cancelled nothing is promised of the socket.
func (host) Dissolve(int32) Errno { return EOPNOTSUPP }

// HungUp: what has EPIPE here is a pipe, and that is over.
func (host) HungUp(int32) bool { return true }

// DropErrors: nothing is kept about refused datagrams.
func (host) DropErrors(int32) {}

// Replace: the numbers of handles are the system's choice.
func (h host) Replace(fd, old int32) (int32, Errno) {
	h.Close(old)
	return fd, 0
}

func (host) Close(fd int32) Errno {
	if isSocket(fd) {
		return errnoOf(windows.Closesocket(handle(fd)))
	}
	return errnoOf(windows.CloseHandle(handle(fd)))
}

// isSocket asks for an option that every socket has.
func isSocket(fd int32) bool {
	typ := int32(0)
	return getOption(fd, windows.SOL_SOCKET, soType, unsafe.Pointer(&typ), unsafe.Sizeof(typ)) == 0
}

// triesReads: files have no attempt that does not wait.
const triesReads = false

// Try makes the calls without an OVERLAPPED, which send no packet, and on a socket that is made non-blocking
// for that do not wait (I22). Overlapped operations do not look at that mode. Files have no such attempt.
func (h host) Try(op *engine.Op) int32 {
	if op.Kind == engine.Read {
		return -int32(EOPNOTSUPP)
	}
	on := uint32(1)
	r, _, errno := syscall.SyscallN(nt.Ioctlsocket.Addr(), uintptr(handle(op.FD)), fionbio, uintptr(unsafe.Pointer(&on)))
	if errno := winsock(r, errno); errno != 0 {
		return -int32(errno)
	}
	buf := windows.WSABuf{Len: op.Len, Buf: (*byte)(op.Addr)}
	switch op.Kind {
	case engine.Recv:
		return h.tryReceive(op, &windows.WSAMsg{Buffers: &buf, BufferCount: 1}, int(op.Len))
	case engine.RecvMsg:
		m := (*windows.WSAMsg)(op.Addr)
		return h.tryReceive(op, m, room(m))
	case engine.Send:
		return h.trySend(op, &windows.WSAMsg{Buffers: &buf, BufferCount: 1})
	case engine.SendMsg:
		return h.trySend(op, (*windows.WSAMsg)(op.Addr))
	}
	return -int32(EINVAL)
}

const fionbio = 0x8004667e

func room(m *windows.WSAMsg) (n int) {
	for _, v := range unsafe.Slice(m.Buffers, m.BufferCount) {
		n += int(v.Len)
	}
	return n
}

// none is the buffer of a message without one: there must be one.
var none windows.WSABuf

func buffers(m *windows.WSAMsg) (*windows.WSABuf, uint32) {
	if m.BufferCount == 0 {
		return &none, 1
	}
	return m.Buffers, m.BufferCount
}

func (host) tryReceive(op *engine.Op, m *windows.WSAMsg, room int) int32 {
	bufs, count := buffers(m)
	// Windows refuses MSG_WAITALL to a socket that must not wait; less than all is no result then.
	if op.Flags&MsgWaitAll != 0 {
		return -int32(EAGAIN)
	}
	n, flags := uint32(0), op.Flags&^(nt.MsgTrunc|nt.MsgDontWait)
	var r uintptr
	var errno Errno
	if m.Name != nil {
		r, _, errno = syscall.SyscallN(nt.WSARecvFrom.Addr(), uintptr(handle(op.FD)), uintptr(unsafe.Pointer(bufs)), uintptr(count),
			uintptr(unsafe.Pointer(&n)), uintptr(unsafe.Pointer(&flags)), uintptr(unsafe.Pointer(m.Name)), uintptr(unsafe.Pointer(&m.Namelen)), 0, 0)
	} else {
		r, _, errno = syscall.SyscallN(nt.WSARecv.Addr(), uintptr(handle(op.FD)), uintptr(unsafe.Pointer(bufs)), uintptr(count),
			uintptr(unsafe.Pointer(&n)), uintptr(unsafe.Pointer(&flags)), 0, 0)
	}
	switch errno = winsock(r, errno); {
	case errno == EMSGSIZE && op.Flags&nt.MsgTrunc != 0:
		return int32(room) + 1
	case errno == EMSGSIZE:
		return int32(room)
	case errno == ECONNRESET && op.Flags&nt.MsgTrunc != 0: // of a datagram: the engine says the same
		errno = ECONNREFUSED
	}
	if errno != 0 {
		return -int32(errno)
	}
	return int32(n)
}

func (host) trySend(op *engine.Op, m *windows.WSAMsg) int32 {
	bufs, count := buffers(m)
	n, flags := uint32(0), op.Flags&^(nt.MsgDontWait|MsgWaitAll)
	var r uintptr
	var errno Errno
	if m.Name != nil {
		r, _, errno = syscall.SyscallN(nt.WSASendTo.Addr(), uintptr(handle(op.FD)), uintptr(unsafe.Pointer(bufs)), uintptr(count),
			uintptr(unsafe.Pointer(&n)), uintptr(flags), uintptr(unsafe.Pointer(m.Name)), uintptr(m.Namelen), 0, 0)
	} else {
		r, _, errno = syscall.SyscallN(nt.WSASend.Addr(), uintptr(handle(op.FD)), uintptr(unsafe.Pointer(bufs)), uintptr(count),
			uintptr(unsafe.Pointer(&n)), uintptr(flags), 0, 0)
	}
	if errno = winsock(r, errno); errno != 0 {
		return -int32(errno)
	}
	return int32(n)
}
