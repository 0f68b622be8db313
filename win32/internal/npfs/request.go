// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs

import (
	"sync/atomic"
	"time"
)

// Completer is told how a request that was pending has ended.
type Completer interface {
	// Complete takes the result: the status and the number of bytes. It is called once for
	// each request that pended, without a lock of this package; it must not block. The request
	// may be started again from within it.
	Complete(status Status, n int)
}

// Request is one read, write, connect, flush or transaction. The zero value with Done set is
// ready to be started. It must not be started again, copied or changed while it is pending.
type Request struct {
	// Done is told the result if the request pends.
	Done Completer

	status     Status
	n          int
	buf        []byte
	mark       uint64 // flush: the queue position that has to be reached
	end        *End   // the end it was started on
	prev, next *Request

	due   time.Time // of a mailslot read with a time limit
	timer *time.Timer
	slot  atomic.Pointer[Mailslot]
}

// list is requests in order of issue.
type list struct {
	head, tail *Request
}

func (l *list) push(r *Request) {
	r.prev, r.next = l.tail, nil
	if l.tail == nil {
		l.head = r
	} else {
		l.tail.next = r
	}
	l.tail = r
}

func (l *list) remove(r *Request) {
	if r.prev == nil {
		l.head = r.next
	} else {
		r.prev.next = r.next
	}
	if r.next == nil {
		l.tail = r.prev
	} else {
		r.next.prev = r.prev
	}
	r.prev, r.next = nil, nil
}

func (l *list) pop() *Request {
	r := l.head
	l.remove(r)
	return r
}

// pend makes r one that waits in l.
func (l *list) pend(r *Request, e *End, buf []byte) {
	r.end, r.buf = e, buf
	l.push(r)
}

// cancel cancels the requests of e that match and returns how many there were.
func (l *list) cancel(e *End, match func(*Request) bool, out *batch) (n int) {
	for r := l.head; r != nil; {
		next := r.next
		if r.end == e && match(r) {
			l.remove(r)
			out.add(r, Cancelled, 0)
			n++
		}
		r = next
	}
	return n
}

// end ends all requests of l with the same status and no bytes.
func (l *list) end(s Status, out *batch) {
	for l.head != nil {
		out.add(l.pop(), s, 0)
	}
}

// batch is requests that are over, collected under a lock, told after it was released.
type batch struct {
	over list
}

func (b *batch) add(r *Request, s Status, n int) {
	r.end, r.buf = nil, nil
	r.status, r.n = s, n
	b.over.push(r)
}

// tell completes what was collected, in order. A request may be reused as soon as it was
// told, so it is not touched afterwards.
func (b *batch) tell() {
	for b.over.head != nil {
		r := b.over.pop()
		r.Done.Complete(r.status, r.n)
	}
}
