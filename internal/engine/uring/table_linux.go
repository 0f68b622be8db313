// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import "iocp/internal/engine"

// slot is one operation in flight. Its index and generation make the user_data of the
// request: the kernel never gets a pointer to an Op, so a completion that comes too late
// or twice cannot reach an operation that took the slot since.
type slot struct {
	op  *engine.Op // keeps the operation and the memory of Addr reachable; nil if free
	gen uint32
	aux uint32 // of a free slot: the next free one; of a used one: the bits below
}

const (
	slotCancelWaits = 1 << iota // its user_data is in Engine.cancels
	slotWaits                   // the operation is in Engine.waiting or Engine.receives
	slotDead                    // cancelled while it waited: goes through the ring as a NOP
)

// none ends the list of free slots. It is no index: with 2^32-1 operations the table alone
// would take 64 GiB.
const none = ^uint32(0)

// cancelMark is set in the user_data of a cancel, which otherwise is that of its operation.
const cancelMark = 1 << 63

// table holds the operations in flight. It grows to the largest number there ever was and
// does not shrink.
type table struct {
	slots    []slot
	free     uint32
	inFlight int
}

func newTable() table { return table{free: none} }

func userData(i, gen uint32) uint64 { return (uint64(gen)<<32 | uint64(i)) &^ cancelMark }

// insert gives op a slot.
func (t *table) insert(op *engine.Op) *slot {
	i := t.free
	if i == none {
		i = uint32(len(t.slots))
		t.slots = append(t.slots, slot{})
	} else {
		t.free = t.slots[i].aux
	}
	s := &t.slots[i]
	s.op, s.aux = op, 0
	op.Slot = i
	t.inFlight++
	return s
}

// lookup returns the slot that data names, or nil if that operation is over.
func (t *table) lookup(data uint64) *slot {
	i := uint32(data)
	if i >= uint32(len(t.slots)) {
		return nil
	}
	if s := &t.slots[i]; s.op != nil && userData(i, s.gen) == data {
		return s
	}
	return nil
}

// remove frees the slot of an operation that is over and returns the operation.
func (t *table) remove(s *slot) *engine.Op {
	op := s.op
	s.op = nil
	s.gen++
	s.aux, t.free = t.free, op.Slot
	t.inFlight--
	return op
}

// fifo is a list of operations through Op.Next.
type fifo struct {
	head, tail *engine.Op
	n          int
}

func (f *fifo) push(op *engine.Op) {
	op.Next = nil
	if f.tail == nil {
		f.head = op
	} else {
		f.tail.Next = op
	}
	f.tail = op
	f.n++
}

func (f *fifo) pop() *engine.Op {
	op := f.head
	f.head = op.Next
	if f.head == nil {
		f.tail = nil
	}
	op.Next = nil
	f.n--
	return op
}
