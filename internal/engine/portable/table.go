// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// request is one operation in flight. Its fields belong to whoever has the request: the port
// until Publish, then Enter, the line or the pool that it is given to, and at the end the list of
// what is over.
type request struct {
	op   *engine.Op // keeps the operation and the memory of Addr reachable; nil if free
	next *request
	prev *request // in a list

	index uint32 // in table.all
	gen   uint32 // of the operation that has the request: guarded by the port's lock

	early bool // not published yet: guarded by the port's lock
	dead  bool // cancelled before it was published
	asked bool // a cancel of it is not published yet: guarded by the port's lock

	desc   *desc // the request is, or was, in a list of it; Enter's alone
	place  place // guarded by desc.mu
	pooled bool  // in the pool's queue: guarded by the pool's lock
	asking bool  // connect(2) is under way
	done   int   // bytes transferred so far
	res    int32

	iov  unix.Iovec // of the system call that carries out a request without vectors
	poll [1]unix.PollFd
	cut  cut // of the call that receives
}

// place says in which list of its descriptor a request waits.
type place uint8

const (
	nowhere place = iota // over, not started, or in the pool
	inLine               // in a line
	inPolls              // among the polls
)

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

// remove frees the request of an operation that is over. desc stays: Enter may be looking at it.
func (t *table) remove(r *request) {
	r.op, r.iov.Base = nil, nil
	r.gen++
	r.next, t.free = t.free, r
	t.inFlight--
}

// fifo is a list of requests, the oldest first.
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

// append moves all of g behind f.
func (f *fifo) append(g *fifo) {
	if g.head == nil {
		return
	}
	if f.tail == nil {
		f.head = g.head
	} else {
		f.tail.next, g.head.prev = g.head, f.tail
	}
	f.tail = g.tail
	*g = fifo{}
}

// rest is the memory of a request without vectors that is still to be transferred.
func (r *request) rest() *unix.Iovec {
	r.iov.Base = nil
	n := max(int(r.op.Len)-r.done, 0)
	if n > 0 {
		r.iov.Base = (*byte)(unsafe.Add(r.op.Addr, r.done))
	}
	r.iov.SetLen(n)
	return &r.iov
}

// vectors is the memory of a Read, Write, Readv or Writev: of the first two what is left of it.
func (r *request) vectors() []unix.Iovec {
	switch r.op.Kind {
	case engine.Readv, engine.Writev:
		return unsafe.Slice((*unix.Iovec)(r.op.Addr), int(r.op.Len))
	}
	return unsafe.Slice(r.rest(), 1)
}

// maxVectors is what one call takes: readv(2), IOV_MAX, which is 1024 on all these systems but
// solaris and illumos, where it is less than that only for old programs.
const maxVectors = 1024

// room is where the vectors of a request that goes on are put together.
type room [maxVectors]unix.Iovec

// behind puts what is left of all after done bytes into the room.
func (left *room) behind(all []unix.Iovec, done int) []unix.Iovec {
	n := 0
	for _, v := range all[:min(len(all), maxVectors)] {
		if skip := min(done, int(v.Len)); skip > 0 {
			done -= skip
			if skip == int(v.Len) {
				continue
			}
			v.Base = (*byte)(unsafe.Add(unsafe.Pointer(v.Base), skip))
			v.SetLen(int(v.Len) - skip)
		}
		left[n] = v
		n++
	}
	return left[:n]
}

func lengthOf(vectors []unix.Iovec) (n int) {
	for i := range vectors {
		n += int(vectors[i].Len)
	}
	return n
}

// cancelOf is a cancel that has not been carried out, of the request as long as its generation
// is the same.
type cancelOf struct {
	r   *request
	gen uint32
}
