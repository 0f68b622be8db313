// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package inflight

import (
	"unsafe"

	"iocp/internal/engine"
)

// Table holds the operations in flight, and keeps their requests for the next ones. It grows to the
// largest number there ever was and does not shrink. The port's lock guards it. The zero value is empty.
type Table[T any] struct {
	all  []*T
	free *T
	n    int
}

// Insert returns a request for op and writes its place in the table to op.Slot. What an earlier operation
// left in the request is the engine's to set.
func (t *Table[T]) Insert(op *engine.Op) *T {
	r := t.free
	q := (*Request[T])(unsafe.Pointer(r))
	if r == nil {
		r = new(T)
		q = (*Request[T])(unsafe.Pointer(r))
		q.slot = uint32(len(t.all))
		t.all = append(t.all, r)
	} else {
		t.free, q.next = q.next, nil
	}
	q.dead, q.asked = false, false
	op.Slot = q.slot
	t.n++
	return r
}

// Remove frees the request of an operation that is over. The engine has cleared what r kept reachable.
// Cancels of the operation that are not carried out yet are void.
func (t *Table[T]) Remove(r *T) {
	q := (*Request[T])(unsafe.Pointer(r))
	q.gen++
	q.next, t.free = t.free, r
	t.n--
}

// Of returns the request of an operation that is in the table.
func (t *Table[T]) Of(op *engine.Op) *T { return t.all[op.Slot] }

// InFlight returns the number of operations in the table.
func (t *Table[T]) InFlight() int { return t.n }
