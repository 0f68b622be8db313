// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/inflight"
)

// request is one operation in flight. Its fields belong to whoever has the request: the port
// until Publish, then drive, the pool, and at the end the list of what is over.
type request struct {
	inflight.Request[request] // must be the first field

	op     *engine.Op // keeps the operation and the memory of Addr reachable; nil if free
	place  place
	asking bool // connect(2) is under way
	desc   *desc
	done   int // bytes transferred so far
	res    int32

	iov  unix.Iovec // of the system call that carries out a request without vectors
	poll pollFD
}

var _ [0]struct{} = [unsafe.Offsetof(request{}.Request)]struct{}{} // it is the first field

// place says where a request waits; guarded by drive.
type place uint8

const (
	nowhere place = iota // over, or not started
	inLine               // in a line of its descriptor
	inPolls              // among its descriptor's polls
	inPool               // with the pool, unless that has ended it
)

type pollFD struct {
	fd      int32
	events  int16
	revents int16
}

// The lists in which requests wait.
type (
	chain = inflight.Chain[request]
	fifo  = inflight.List[request]
)

// rest is the memory of a request without vectors that is still to be transferred.
func (r *request) rest() *unix.Iovec {
	r.iov.Base = nil
	if n := int(r.op.Len) - r.done; n > 0 {
		r.iov.Base = (*byte)(unsafe.Add(r.op.Addr, r.done))
		r.iov.SetLen(n)
	} else {
		r.iov.SetLen(0)
	}
	return &r.iov
}
