// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// Entry is OVERLAPPED_ENTRY. The address of the OVERLAPPED is a number here: it may be any, also one of
// memory that is gone, and must not be followed before it has been found to be known.
type Entry struct {
	Key        uintptr
	Overlapped uintptr
	Internal   uintptr
	Bytes      uint32
}

// IoctlAFDPoll is the request to the driver of sockets that select and WSAPoll are made of: which of
// a set of sockets is ready for what. As an overlapped request it takes no thread. It is not
// documented, but has been the same since Windows 2000, and libraries such as wepoll and mio rely on it.
const IoctlAFDPoll = 0x00012024

// AFDPoll is its argument, and its answer, for one socket: AFD_POLL_INFO.
type AFDPoll struct {
	Timeout   int64 // in 100 ns; negative from now on
	Count     uint32
	Exclusive uint32
	Socket    windows.Handle
	Events    uint32
	Status    [3 - unsafe.Sizeof(uintptr(0))/4]int32 // one; C rounds the size up to that of Timeout, Go for 386 does not
}

// The events: AFD_POLL_*.
const (
	AFDReceive     = 0x0001
	AFDSend        = 0x0004
	AFDDisconnect  = 0x0008 // the peer has ended its sending
	AFDAbort       = 0x0010 // the connection was reset
	AFDLocalClose  = 0x0020
	AFDAccept      = 0x0080
	AFDConnectFail = 0x0100
)

// SizeofAFDPoll is the size of AFDPoll in bytes.
const SizeofAFDPoll = unsafe.Sizeof(AFDPoll{})
