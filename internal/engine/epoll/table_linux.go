// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// request is one operation in flight. Its fields belong to whoever has the request: the port
// until Publish, then drive, the pool, and at the end the list of what is over.
type request struct {
	op   *engine.Op // keeps the operation and the memory of Addr reachable; nil if free
	next *request
	prev *request // in a line

	index uint32 // in table.all
	gen   uint32 // of the operation that has the request: guarded by the port's lock

	early bool // not published yet: guarded by the port's lock
	dead  bool // cancelled before it was published
	asked bool // a cancel of it is not published yet: guarded by the port's lock

	place  place
	pooled bool // in the pool's queue: guarded by the pool's lock
	asking bool // connect(2) is under way
	desc   *desc
	done   int // bytes transferred so far
	res    int32

	iov  unix.Iovec // of the system call that carries out a request without vectors
	poll pollFD
}

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

// table holds the operations in flight. It grows to the largest number there ever was and does
// not shrink.
type table struct {
	all      []*request
	free     *request
	inFlight int
}

func (t *table) insert(op *engine.Op) *request {
	r := t.free
	if r == nil {
		r = &request{index: uint32(len(t.all))}
		t.all = append(t.all, r)
	} else {
		t.free, r.next = r.next, nil
	}
	r.op, r.early, r.dead, r.asked = op, true, false, false
	op.Slot = r.index
	t.inFlight++
	return r
}

// remove frees the request of an operation that is over and returns the operation.
func (t *table) remove(r *request) *engine.Op {
	op := r.op
	r.op, r.desc, r.iov.Base = nil, nil, nil
	r.gen++
	r.next, t.free = t.free, r
	t.inFlight--
	return op
}

// chain is a list of requests, the oldest first, that is taken from its head alone.
type chain struct{ head, tail *request }

func (c *chain) push(r *request) {
	r.next = nil
	if c.tail == nil {
		c.head = r
	} else {
		c.tail.next = r
	}
	c.tail = r
}

func (c *chain) pop() *request {
	r := c.head
	if c.head = r.next; c.head == nil {
		c.tail = nil
	}
	r.next = nil
	return r
}

// append moves all of d behind c.
func (c *chain) append(d *chain) {
	if d.head == nil {
		return
	}
	if c.tail == nil {
		c.head = d.head
	} else {
		c.tail.next = d.head
	}
	c.tail = d.tail
	*d = chain{}
}

// fifo is a list of requests, the oldest first, any of which can be taken out.
type fifo struct{ head, tail *request }

func (f *fifo) push(r *request) {
	r.next, r.prev = nil, f.tail
	if f.tail == nil {
		f.head = r
	} else {
		f.tail.next = r
	}
	f.tail = r
}

func (f *fifo) pop() *request {
	r := f.head
	f.remove(r)
	return r
}

func (f *fifo) remove(r *request) {
	if r.prev == nil {
		f.head = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next == nil {
		f.tail = r.prev
	} else {
		r.next.prev = r.prev
	}
	r.next, r.prev = nil, nil
}

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

// cancelOf is a cancel that has not been carried out, of the request as long as its generation
// is the same.
type cancelOf struct {
	r   *request
	gen uint32
}
