// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"sync"

	"iocp"
)

// OVERLAPPED names a request: the packet of a request carries the pointer it was started with.
// It can be the first field of a struct of the caller's, or one of several. The package does not
// read or write the fields; sockets have no offset (I23).
//
// From EINPROGRESS until the packet is taken it must stay where it is, which Go sees to.
type OVERLAPPED struct {
	Internal     uint32
	InternalHigh uint32
	Offset       uint32
	OffsetHigh   uint32
	HEvent       HANDLE

	cb *AIOCB
}

// AIOCB returns the control block whose request's packet carried ov, or nil if it is that of a
// socket or was posted. In C the pointer itself is the control block's, and only the key tells
// (L08).
func (ov *OVERLAPPED) AIOCB() *AIOCB {
	if ov == nil {
		return nil
	}
	return ov.cb
}

// packet is what a packet of this package is in one of package iocp: for a posted one the
// Completion's Key points to it, for a request its Op.
type packet struct {
	count uint32
	key   uint32
	ov    *OVERLAPPED
	errno uint32
}

var postedPackets = sync.Pool{New: func() any { return new(packet) }}

// request is a request of a socket in flight.
type request struct {
	iocp.Overlapped
	key uint32
	ov  *OVERLAPPED
}

var requests = sync.Pool{New: func() any { return new(request) }}

func newRequest(key uint32, ov *OVERLAPPED) *request {
	r := requests.Get().(*request)
	r.key, r.ov = key, ov
	return r
}

// free gives the request back when nothing will come, or its packet has been taken.
func (r *request) free() {
	r.ov = nil
	requests.Put(r)
}

// unpack takes a packet of package iocp apart, and gives back what carried it.
func unpack(c *iocp.Completion) (k packet) {
	switch op := c.Op.(type) {
	case *request:
		k = packet{uint32(c.Bytes), op.key, op.ov, uint32(socketErrno(c.Err))}
		op.free()
	case *aioRequest:
		k = packet{uint32(c.Bytes), op.key, &op.cb.overlapped, uint32(fileErrno(c.Err))}
		op.taken()
	default:
		p := c.Key.(*packet)
		k = *p
		*p = packet{}
		postedPackets.Put(p)
	}
	return k
}
