// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package inflight

import (
	"sync/atomic"

	"iocp/internal/engine/spin"
)

// Submissions is what a port wants started or cancelled, on its way to Enter. The port's lock guards
// Queue, Cancel, Reserve, Len and Publish. Next, NextCancel and Entered are Enter's, which is one
// goroutine at a time, and not at the same time as Publish. The zero value is empty.
type Submissions[T any] struct {
	queued    Chain[T]
	turns     uint64 // of all that was ever queued, the first is 1
	through   uint64 // the turn of the last that was published
	cancels   []cancel[T]
	published struct {
		ops     Chain[T]
		cancels []cancel[T]
		passed  int          // of cancels, by NextCancel
		n       atomic.Int32 // of both, less what Enter has said it took
	}
}

// cancel is one that has not been carried out, of the request as long as its generation is the same.
type cancel[T any] struct {
	r   *T
	gen uint32
}

// Queue puts a request that Table.Insert has returned behind all others.
func (s *Submissions[T]) Queue(r *T) {
	s.turns++
	Of(r).turn = s.turns
	s.queued.Push(r)
}

// Reserve is for a request that Table.Insert has returned and that does not go through Enter: a cancel of
// it does all the same.
func (s *Submissions[T]) Reserve(r *T) { Of(r).turn = 0 }

// Cancel asks for the end of the operation that r is in use for, once, so that what is kept is bounded by
// what is in flight. One that was not published is Dead from now on.
func (s *Submissions[T]) Cancel(r *T) {
	q := Of(r)
	if q.turn > s.through {
		q.dead = true
	}
	if !q.asked {
		q.asked = true
		s.cancels = append(s.cancels, cancel[T]{r, q.gen})
	}
}

// Len returns the number of operations and cancels that Enter has not taken.
func (s *Submissions[T]) Len() int {
	return s.queued.n + len(s.cancels) + int(s.published.n.Load())
}

// Publish hands everything to the next Enter and returns the number of operations and cancels that it
// finds. Cancels of what is over are left out.
func (s *Submissions[T]) Publish() int {
	p := &s.published
	s.through = s.turns
	n := s.queued.n
	p.ops.Append(&s.queued)
	for _, c := range s.cancels {
		if q := Of(c.r); q.gen == c.gen {
			q.asked = false
			p.cancels = append(p.cancels, c)
			n++
		}
	}
	clear(s.cancels)
	s.cancels = s.cancels[:0]
	return int(p.n.Add(int32(n)))
}

// Next takes the oldest operation that was published, or returns nil.
func (s *Submissions[T]) Next() *T {
	if s.published.ops.head == nil {
		return nil
	}
	return s.published.ops.Pop()
}

// NextCancel takes the oldest cancel that was published, or returns nil: of the operation that r had in
// generation gen. It may be over by now, and r in use for one that is not published.
func (s *Submissions[T]) NextCancel() (r *T, gen uint32) {
	p := &s.published
	if p.passed == len(p.cancels) {
		p.cancels, p.passed = p.cancels[:0], 0
		return nil, 0
	}
	c := p.cancels[p.passed]
	p.cancels[p.passed] = cancel[T]{}
	p.passed++
	return c.r, c.gen
}

// Entered takes n of what was published off Len: it has been started, or carried out.
func (s *Submissions[T]) Entered(n int) { s.published.n.Add(-int32(n)) }

// Finished is the queue of requests that are over and not reaped, the oldest first. All methods are safe
// for concurrent use. The zero value is empty.
type Finished[T any] struct {
	mu   spin.Mutex
	list Chain[T]
	n    atomic.Int32 // of list
}

// Len returns the number of requests. It takes no lock.
func (f *Finished[T]) Len() int { return int(f.n.Load()) }

// Push puts r, which is in no list, behind all others.
func (f *Finished[T]) Push(r *T) {
	f.mu.Lock()
	f.list.Push(r)
	f.n.Store(int32(f.list.n))
	f.mu.Unlock()
}

// Append moves all of c behind what is over, and leaves c empty.
func (f *Finished[T]) Append(c *Chain[T]) {
	if c.head != nil {
		f.append(c)
	}
}

func (f *Finished[T]) append(c *Chain[T]) {
	f.mu.Lock()
	f.list.Append(c)
	f.n.Store(int32(f.list.n))
	f.mu.Unlock()
}

// Take takes up to most requests out and returns the oldest, or nil. Request.Next leads to the others: read
// it before Table.Remove.
func (f *Finished[T]) Take(most int) *T {
	if f.n.Load() == 0 {
		return nil
	}
	return f.take(most)
}

func (f *Finished[T]) take(most int) *T {
	if most <= 0 {
		return nil
	}
	f.mu.Lock()
	head := f.list.cut(most)
	f.n.Store(int32(f.list.n))
	f.mu.Unlock()
	return head
}
