// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package inflight

import "unsafe"

// Chain is a list of requests, the oldest first, that is taken from its head alone. The zero value is
// empty.
type Chain[T any] struct {
	head, tail *T
	n          int
}

// Head returns the oldest request, or nil.
func (c *Chain[T]) Head() *T { return c.head }

// Len returns the number of requests.
func (c *Chain[T]) Len() int { return c.n }

// Push puts r, which is in no list, behind all others.
func (c *Chain[T]) Push(r *T) {
	(*Request[T])(unsafe.Pointer(r)).next = nil
	if c.tail == nil {
		c.head = r
	} else {
		(*Request[T])(unsafe.Pointer(c.tail)).next = r
	}
	c.tail = r
	c.n++
}

// Pop takes the oldest request out. There must be one.
func (c *Chain[T]) Pop() *T {
	r := c.head
	q := (*Request[T])(unsafe.Pointer(r))
	if c.head = q.next; c.head == nil {
		c.tail = nil
	}
	q.next = nil
	c.n--
	return r
}

// Append moves all of d behind c, and leaves d empty.
func (c *Chain[T]) Append(d *Chain[T]) {
	if d.head == nil {
		return
	}
	if c.tail == nil {
		c.head = d.head
	} else {
		(*Request[T])(unsafe.Pointer(c.tail)).next = d.head
	}
	c.tail = d.tail
	c.n += d.n
	*d = Chain[T]{}
}

// cut takes the most oldest requests out, or all if there are not so many, and returns the oldest. They
// stay linked.
func (c *Chain[T]) cut(most int) *T {
	head := c.head
	if c.n <= most {
		*c = Chain[T]{}
		return head
	}
	last := (*Request[T])(unsafe.Pointer(head))
	for range most - 1 {
		last = (*Request[T])(unsafe.Pointer(last.next))
	}
	c.head, last.next = last.next, nil
	c.n -= most
	return head
}

// List is a list of requests, the oldest first, any of which can be taken out. The zero value is empty.
type List[T any] struct {
	head, tail *T
	n          int
}

// Head returns the oldest request, or nil.
func (l *List[T]) Head() *T { return l.head }

// Len returns the number of requests.
func (l *List[T]) Len() int { return l.n }

// Push puts r, which is in no list, behind all others.
func (l *List[T]) Push(r *T) {
	q := (*Request[T])(unsafe.Pointer(r))
	q.next, q.prev = nil, l.tail
	if l.tail == nil {
		l.head = r
	} else {
		(*Request[T])(unsafe.Pointer(l.tail)).next = r
	}
	l.tail = r
	l.n++
}

// Pop takes the oldest request out. There must be one.
func (l *List[T]) Pop() *T {
	r := l.head
	l.Remove(r)
	return r
}

// Remove takes r out, which must be in the list.
func (l *List[T]) Remove(r *T) {
	q := (*Request[T])(unsafe.Pointer(r))
	if q.prev == nil {
		l.head = q.next
	} else {
		(*Request[T])(unsafe.Pointer(q.prev)).next = q.next
	}
	if q.next == nil {
		l.tail = q.prev
	} else {
		(*Request[T])(unsafe.Pointer(q.next)).prev = q.prev
	}
	q.next, q.prev = nil, nil
	l.n--
}
