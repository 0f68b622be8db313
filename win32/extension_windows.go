// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// addressOf returns the address of a function that the provider of s has beside the documented ones.
func addressOf(x *nt.Extension, s SOCKET) (uintptr, error) {
	a, err := x.Of(windows.Handle(s))
	if err != nil {
		return 0, codeOf(err)
	}
	return a, nil
}

// AcceptEx starts to accept a connection on the socket listen into the socket accept, which must be new:
// neither bound nor connected, or made ready again by DisconnectEx. The packet goes to the port of listen,
// with its key; accept is not associated by that (I32). Any number may be in flight.
//
// out gets the first bytes, if receiveLength is not 0, and then the operation waits for them (I28, I29);
// and behind them both addresses, for [GetAcceptExSockaddrs], which is why localAddr and remoteAddr
// are the lengths of two addresses and 16 each. Before Getpeername, Getsockname and Shutdown can be
// used, accept needs SO_UPDATE_ACCEPT_CONTEXT (I31). For the rest the rules are those of [WSARecv].
//
// Errors are the system's; WSAEFAULT for an out that is too small, ERROR_INVALID_PARAMETER for no
// OVERLAPPED.
func AcceptEx(listen, accept SOCKET, out []byte, receiveLength, localAddr, remoteAddr uint32, received *uint32, ov *OVERLAPPED) error {
	if ov == nil {
		return ERROR_INVALID_PARAMETER
	}
	address, err := addressOf(&nt.AcceptEx, listen)
	if err != nil {
		return err
	}
	if uint64(receiveLength)+uint64(localAddr)+uint64(remoteAddr) > uint64(len(out)) {
		return WSAEFAULT
	}
	addressOf(&nt.AcceptExSockaddrs, listen) // for who reads the addresses; Wine's other way to it needs its AcceptEx
	var n uint32
	if received == nil {
		received = &n
	}
	data := unsafe.SliceData(out)
	o := startSocket(listen, ov, nil, nil, unsafe.Pointer(data))
	r, _, e := syscall.SyscallN(address, uintptr(listen), uintptr(accept), uintptr(unsafe.Pointer(data)),
		uintptr(receiveLength), uintptr(localAddr), uintptr(remoteAddr), uintptr(unsafe.Pointer(received)), uintptr(unsafe.Pointer(ov)))
	return o.started(ov, boolean(r, e))
}

// GetAcceptExSockaddrs reads the addresses that AcceptEx wrote to out; the lengths are those that AcceptEx was
// given. *local and *remote become the addresses, and *localLen and *remoteLen their lengths in the
// documented layout. With localAddr 0 the local ones are left alone (I33); each may be nil.
func GetAcceptExSockaddrs(out []byte, receiveLength, localAddr, remoteAddr uint32, local *Sockaddr, localLen *int32, remote *Sockaddr, remoteLen *int32) {
	if uint64(receiveLength)+uint64(localAddr)+uint64(remoteAddr) > uint64(len(out)) || len(out) == 0 {
		return
	}
	var l, r *windows.RawSockaddrAny
	var ln, rn int32
	if address := nt.AcceptExSockaddrs.Known(); address != 0 {
		syscall.SyscallN(address, uintptr(unsafe.Pointer(&out[0])), uintptr(receiveLength), uintptr(localAddr), uintptr(remoteAddr),
			uintptr(unsafe.Pointer(&l)), uintptr(unsafe.Pointer(&ln)), uintptr(unsafe.Pointer(&r)), uintptr(unsafe.Pointer(&rn)))
	} else {
		windows.GetAcceptExSockaddrs(&out[0], receiveLength, localAddr, remoteAddr, &l, &ln, &r, &rn)
	}
	takeName(l, ln, local, localLen)
	takeName(r, rn, remote, remoteLen)
}

// takeName copies the n bytes of an address; there may be no more.
func takeName(from *windows.RawSockaddrAny, n int32, to *Sockaddr, length *int32) {
	if from == nil || n < SizeofSockaddrInet4 || n > SizeofSockaddrAny {
		return
	}
	var raw RawSockaddrAny
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&raw)), n), unsafe.Slice((*byte)(unsafe.Pointer(from)), n))
	if to != nil {
		*to = raw.Sockaddr()
	}
	if length != nil {
		*length = n
	}
}

// ConnectEx starts to connect to name and then sends send, as one operation: the packet has the
// number of bytes sent (I36). The socket has to be bound (I35). When it fails it may be
// called again (I37). The rules are those of [WSASend]. Before Getpeername and Shutdown can be used,
// the socket needs SO_UPDATE_CONNECT_CONTEXT (I39).
//
// Errors are the system's; ERROR_INVALID_PARAMETER for no OVERLAPPED, WSAEFAULT for no address.
func ConnectEx(s SOCKET, name Sockaddr, send []byte, sent *uint32, ov *OVERLAPPED) error {
	address, err := addressOf(&nt.ConnectEx, s)
	switch {
	case err != nil:
		return err
	case ov == nil:
		return ERROR_INVALID_PARAMETER
	case name == nil:
		return WSAEFAULT
	}
	var n uint32
	if sent == nil {
		sent = &n
	}
	var raw RawSockaddrAny
	length := raw.Put(name)
	data := unsafe.SliceData(send)
	o := startSocket(s, ov, nil, nil, unsafe.Pointer(data))
	r, _, e := syscall.SyscallN(address, uintptr(s), uintptr(unsafe.Pointer(&raw)), uintptr(length),
		uintptr(unsafe.Pointer(data)), uintptr(len(send)), uintptr(unsafe.Pointer(sent)), uintptr(unsafe.Pointer(ov)))
	return o.started(ov, boolean(r, e))
}

// DisconnectEx starts to end a connection: the packet, with 0 bytes, says that everything sent and the end
// behind it have been handed to the system (I40). With TF_REUSE_SOCKET the socket can be used for
// AcceptEx or ConnectEx again, associated as it is (I41); otherwise it stays connected (I42). With ov
// nil it waits. Errors are the system's.
func DisconnectEx(s SOCKET, ov *OVERLAPPED, flags uint32, reserved uint32) error {
	address, err := addressOf(&nt.DisconnectEx, s)
	if err != nil {
		return err
	}
	o := startSocket(s, ov, nil, nil)
	r, _, e := syscall.SyscallN(address, uintptr(s), uintptr(unsafe.Pointer(ov)), uintptr(flags), uintptr(reserved))
	return o.started(ov, boolean(r, e))
}

// TransmitFile starts to send what buffers has for before the file, then bytes bytes of the file from the
// offset in ov on (0 for all that is left), and then what buffers has for after it, as one operation: the
// packet has the total (I43). perSend is how much is sent at a time, 0 for the system's choice.
// file may be 0, and buffers nil. The rules are those of [WSASend]. Errors are the system's.
func TransmitFile(s SOCKET, file HANDLE, bytes, perSend uint32, ov *OVERLAPPED, buffers *TRANSMIT_FILE_BUFFERS, flags uint32) error {
	address, err := addressOf(&nt.TransmitFile, s)
	if err != nil {
		return err
	}
	var head, tail unsafe.Pointer
	if buffers != nil {
		head, tail = unsafe.Pointer(buffers.Head), unsafe.Pointer(buffers.Tail)
	}
	o := startSocket(s, ov, nil, nil, unsafe.Pointer(buffers), head, tail)
	r, _, e := syscall.SyscallN(address, uintptr(s), uintptr(file), uintptr(bytes), uintptr(perSend),
		uintptr(unsafe.Pointer(ov)), uintptr(unsafe.Pointer(buffers)), uintptr(flags))
	return o.started(ov, boolean(r, e))
}
