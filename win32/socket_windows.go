// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// winsock is the error of a function of Winsock that returned r and left e as the last error.
func winsock(r uintptr, e syscall.Errno) error {
	if int32(r) == 0 {
		return nil
	}
	return failure(e)
}

// began is the start that package win32 makes for itself, so that a program need not.
var began = sync.OnceValue(func() error {
	var data windows.WSAData
	return codeOf(windows.WSAStartup(newestWinsock, &data))
})

const newestWinsock = 0x0202

// WSAStartup begins the use of sockets, which [WSASocket] also does. version is the highest that
// the program can use, the major number in the low byte; what will be used is stored in *data,
// which may be nil. Error: WSAVERNOTSUPPORTED.
func WSAStartup(version uint16, data *WSADATA) error {
	var d windows.WSAData
	if err := windows.WSAStartup(uint32(version), &d); err != nil {
		return codeOf(err)
	}
	if data != nil {
		*data = WSADATA{Version: d.Version, HighVersion: d.HighVersion}
	}
	return nil
}

// WSACleanup ends what one WSAStartup began. Sockets that are open are left alone. Error:
// WSANOTINITIALISED if there was none.
func WSACleanup() error { return codeOf(windows.WSACleanup()) }

// WSASocket makes a socket: af is AF_INET or AF_INET6, typ SOCK_STREAM or SOCK_DGRAM, protocol
// IPPROTO_TCP, IPPROTO_UDP or 0 for the type's own. With WSA_FLAG_OVERLAPPED calls that are given an
// OVERLAPPED do not wait, and the socket can be associated with a port (A17, A23); without,
// they wait in any case (O11). It does not block. Errors (the socket is INVALID_SOCKET) are the
// system's.
func WSASocket(af, typ, protocol int32, info *WSAPROTOCOL_INFO, group uint32, flags uint32) (SOCKET, error) {
	if err := began(); err != nil {
		return INVALID_SOCKET, err
	}
	s, err := windows.WSASocket(af, typ, protocol, (*windows.WSAProtocolInfo)(unsafe.Pointer(info)), group, flags)
	return madeSocket(s, err)
}

func madeSocket(s windows.Handle, err error) (SOCKET, error) {
	h, err := made(s, err)
	if err != nil {
		return INVALID_SOCKET, err
	}
	return SOCKET(h), nil
}

// Socket is [WSASocket] for overlapped I/O.
func Socket(af, typ, protocol int32) (SOCKET, error) {
	return WSASocket(af, typ, protocol, nil, 0, WSA_FLAG_OVERLAPPED)
}

// Closesocket closes the handle of a socket. With the last one its pending operations end, each with
// its one packet: receives on a connection with ERROR_CONNECTION_ABORTED, everything else with
// ERROR_OPERATION_ABORTED (I24, I25). It does not block, unless SO_LINGER says so.
//
// Error: WSAENOTSOCK.
func Closesocket(s SOCKET) error {
	forget(HANDLE(s))
	return codeOf(windows.Closesocket(windows.Handle(s)))
}

// Bind gives the socket an address of its own; port 0 lets the system choose one. Errors are the
// system's; WSAEFAULT for no address.
func Bind(s SOCKET, name Sockaddr) error { return withName(nt.Bind, s, name) }

// Connect connects to name and waits for that; on a non-blocking socket it returns WSAEWOULDBLOCK.
// It never sends a packet (O12). Errors are the system's; WSAEFAULT for no address.
func Connect(s SOCKET, name Sockaddr) error { return withName(nt.Connect, s, name) }

func withName(p *windows.LazyProc, s SOCKET, name Sockaddr) error {
	if name == nil {
		return WSAEFAULT
	}
	var raw RawSockaddrAny
	n := raw.Put(name)
	r, _, e := syscall.SyscallN(p.Addr(), uintptr(s), uintptr(unsafe.Pointer(&raw)), uintptr(n))
	return winsock(r, e)
}

// Listen makes a bound socket one that listens; backlog is how many connections may wait for an
// AcceptEx. Errors are the system's.
func Listen(s SOCKET, backlog int32) error {
	return codeOf(windows.Listen(windows.Handle(s), int(backlog)))
}

// Accept waits for a connection and returns a new socket for it, with the peer's address in *name
// and its length in *nameLen; both may be nil. It sends no packet. Errors (the socket is
// INVALID_SOCKET) are the system's.
func Accept(s SOCKET, name *RawSockaddrAny, nameLen *int32) (SOCKET, error) {
	r, _, e := syscall.SyscallN(nt.Accept.Addr(), uintptr(s), uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(nameLen)))
	if SOCKET(r) == INVALID_SOCKET {
		return INVALID_SOCKET, failure(e)
	}
	return madeSocket(windows.Handle(r), nil)
}

// Getsockname returns the address that the socket is bound to. Errors: WSAENOTSOCK; WSAEINVAL if
// it is not bound.
func Getsockname(s SOCKET) (Sockaddr, error) { return nameBy(nt.Getsockname, s) }

// Getpeername returns the address of the peer. Errors: WSAENOTSOCK; WSAENOTCONN, also before
// SO_UPDATE_ACCEPT_CONTEXT or SO_UPDATE_CONNECT_CONTEXT (I31, I39).
func Getpeername(s SOCKET) (Sockaddr, error) { return nameBy(nt.Getpeername, s) }

func nameBy(p *windows.LazyProc, s SOCKET) (Sockaddr, error) {
	var raw RawSockaddrAny
	n := SizeofSockaddrAny
	r, _, e := syscall.SyscallN(p.Addr(), uintptr(s), uintptr(unsafe.Pointer(&raw)), uintptr(unsafe.Pointer(&n)))
	if err := winsock(r, e); err != nil {
		return nil, err
	}
	return raw.Sockaddr(), nil
}

// Shutdown ends receiving, sending or both: SD_RECEIVE, SD_SEND, SD_BOTH. A receive in flight still gets
// what arrives (I20); later operations fail with WSAESHUTDOWN (I21). Errors are the system's.
func Shutdown(s SOCKET, how int32) error {
	return codeOf(windows.Shutdown(windows.Handle(s), int(how)))
}

// Setsockopt sets an option of a socket to value, in the documented layout. Errors are the system's.
func Setsockopt(s SOCKET, level, name int32, value []byte) error {
	return codeOf(windows.Setsockopt(windows.Handle(s), level, name, unsafe.SliceData(value), int32(len(value))))
}

// Getsockopt reads an option of a socket. *length is the size of value before and of the option
// afterwards. Errors are the system's; WSAEFAULT if value is shorter than *length.
func Getsockopt(s SOCKET, level, name int32, value []byte, length *int32) error {
	if length == nil || int64(*length) > int64(len(value)) {
		return WSAEFAULT
	}
	return codeOf(windows.Getsockopt(windows.Handle(s), level, name, unsafe.SliceData(value), length))
}

// Ioctlsocket controls a socket: FIONBIO with *arg not 0 makes calls without an OVERLAPPED return
// WSAEWOULDBLOCK instead of waiting; FIONREAD stores in *arg how much a receive would get. Errors
// are the system's.
func Ioctlsocket(s SOCKET, cmd uint32, arg *uint32) error {
	r, _, e := syscall.SyscallN(nt.Ioctlsocket.Addr(), uintptr(s), uintptr(cmd), uintptr(unsafe.Pointer(arg)))
	return winsock(r, e)
}

// WSAIoctl controls a socket: in is the argument and out has room for the answer, whose length
// comes into *returned. It ends as [WSARecv] says. Errors are the system's.
func WSAIoctl(s SOCKET, code uint32, in, out []byte, returned *uint32, ov *OVERLAPPED, routine CompletionRoutine) error {
	var n uint32
	if returned == nil {
		returned = &n
	}
	from, to := unsafe.SliceData(in), unsafe.SliceData(out)
	o := startSocket(s, ov, routine, nil, unsafe.Pointer(from), unsafe.Pointer(to))
	return o.started(ov, codeOf(windows.WSAIoctl(windows.Handle(s), code, from, uint32(len(in)), to, uint32(len(out)),
		returned, native(ov), routineAddress(routine))))
}
