// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/engine"
	"iocp/internal/engine/spin"
	"iocp/internal/sys/nt"
)

// request is one operation in flight. Its fields belong to whoever has the request: the port until
// Publish, then Enter, the kernel or the pool, whoever takes its packet, and at the end the list of what
// is over.
type request struct {
	op   *engine.Op // keeps the operation and the memory of Addr reachable; nil if free
	next *request
	prev *request // in a list

	index uint32 // in table.all
	gen   uint32 // of the operation that has the request: written under the port's lock

	early bool // not published yet: guarded by the port's lock
	dead  bool // cancelled before it was published
	asked bool // a cancel of it is not published yet: guarded by the port's lock

	place  atomic.Uint32 // who has which operation: see at
	stop   atomic.Uint32 // at(stopped, gen) of the operation that was asked to end
	kernel atomic.Pointer[block]
	handle *handle
	accept windows.Handle // the socket that a connection is accepted into
	vector int            // the buffer of a list that is under way
	done   int            // bytes of those before it
	res    int32

	pooled bool    // in the pool's queue: guarded by the pool's lock, like the next
	thread *thread // that carries it out
}

// Who has a request. Whoever ends the operation takes the request away from there, and of two that try
// one succeeds: a call that has failed, and a packet that comes for it all the same (so Wine does it for
// files).
const (
	nowhere  uint32 = iota // over, or not started
	inKernel               // a packet will come, unless the call that is under way fails
	inPool                 // with the pool, unless that has ended it
	stopped                // of request.stop
)

// at is the value for the operation of generation gen.
func at(who, gen uint32) uint32 { return gen<<2 | who }

// block is the memory of a request that the kernel writes to.
type block struct {
	ov      windows.Overlapped
	bytes   uint32
	flags   uint32
	poll    nt.AFDPoll
	buf     windows.WSABuf
	address [2 * acceptRoom]byte // of AcceptEx
}

// acceptRoom is what AcceptEx needs for an address of any family, and its own 16 bytes.
const acceptRoom = uint32(unsafe.Sizeof(windows.RawSockaddrAny{})) + 16

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
	r.op = nil
	if b := r.kernel.Load(); b != nil {
		b.buf.Buf = nil
	}
	r.gen++
	r.next, t.free = t.free, r
	t.inFlight--
	return op
}

// known finds the request that waits for a packet by the address of its OVERLAPPED.
type known struct {
	mu spin.Mutex
	by map[uintptr]*request
}

// block returns the memory of r for the kernel, and makes it known.
func (k *known) block(r *request) *block {
	if b := r.kernel.Load(); b != nil {
		return b
	}
	b := new(block)
	r.kernel.Store(b)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.by == nil {
		k.by = make(map[uintptr]*request)
	}
	k.by[uintptr(unsafe.Pointer(b))] = r
	return b
}

// retire takes the memory of r out of use: a packet may come for it that is not r's any more.
func (k *known) retire(r *request) {
	k.mu.Lock()
	delete(k.by, uintptr(unsafe.Pointer(r.kernel.Load())))
	k.mu.Unlock()
	r.kernel.Store(nil)
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

// cancelOf is a cancel that has not been carried out, of the request as long as its generation
// is the same.
type cancelOf struct {
	r   *request
	gen uint32
}
