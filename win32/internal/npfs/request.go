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

	kind       kind
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

// kind says which list a pending request is in.
type kind uint8

const (
	idle kind = iota
	reading
	writing
	flushing
	connecting
)

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
func (l *list) pend(r *Request, k kind, e *End, buf []byte) {
	r.kind, r.end, r.buf = k, e, buf
	l.push(r)
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
	r.kind, r.end, r.buf = idle, nil, nil
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
