// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package pool carries out requests in goroutines, for engines whose kernel has no form of an operation
// that does not wait: reads and writes of files, mostly.
package pool

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"iocp/internal/engine/inflight"
	"iocp/internal/engine/spin"
)

// MaxThreads bounds the goroutines of a pool, each of which may hold a thread of the system. A disk is
// busy with fewer; what does not fit waits, in the order in which it came.
const MaxThreads = 32

// idleFor is how long a goroutine waits for work before it ends.
const idleFor = time.Second

// Work is what the goroutines of a pool do. Each has a state W of its own, which begins as zero. All
// functions run without the pool's lock.
type Work[T, W any] struct {
	// Begin and End, unless they are nil, are called by a goroutine before its first request and
	// after its last.
	Begin, End func(w *W)

	// Do carries out a request, and may block. Over is called with what it returned, when Interrupt
	// finds the request no more: the request may be another operation's by the time Over returns.
	Do   func(r *T, w *W) (res int32)
	Over func(r *T, res int32)
}

// Pool carries out requests T, which begin with an inflight.Request. Its goroutines come with the work and
// end after a second without. Init makes it usable; then all methods but Close are safe for concurrent use.
type Pool[T, W any] struct {
	// Idle is how long a goroutine waits for work before it ends: a second, unless it is set to something
	// else after Init and before the first Push.
	Idle time.Duration

	work Work[T, W]
	wake chan struct{} // a token for each goroutine taken off waiting

	mu      spin.Mutex
	queue   inflight.List[T]
	workers []*worker[T, W]
	waiting int // goroutines that no token is meant for
	closed  bool
	ended   sync.WaitGroup
}

type worker[T, W any] struct {
	busy  atomic.Pointer[T] // set under the pool's lock
	state W
}

// Init says what the goroutines do. It comes first, and once.
func (p *Pool[T, W]) Init(work Work[T, W]) {
	p.work, p.Idle, p.wake = work, idleFor, make(chan struct{}, MaxThreads)
}

// Size returns the number of goroutines.
func (p *Pool[T, W]) Size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.workers)
}

// Queued returns the number of requests that no goroutine has begun.
func (p *Pool[T, W]) Queued() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.queue.Len()
}

// Waiting returns the number of goroutines that have nothing to do.
func (p *Pool[T, W]) Waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waiting
}

// Push queues r, which is in no list, and sees to it that somebody takes it. It does not block.
func (p *Pool[T, W]) Push(r *T) {
	p.mu.Lock()
	inflight.Of(r).Pooled = true
	p.queue.Push(r)
	switch {
	case p.waiting > 0:
		p.waiting--
		p.wake <- struct{}{} // has room for all
	case len(p.workers) < MaxThreads:
		w := new(worker[T, W])
		p.workers = append(p.workers, w)
		p.ended.Add(1)
		go p.run(w)
	}
	p.mu.Unlock()
}

// TakeBack takes r, which was pushed, out of the queue, and reports false if a goroutine has begun it.
func (p *Pool[T, W]) TakeBack(r *T) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !inflight.Of(r).Pooled {
		return false
	}
	p.remove(r)
	return true
}

// remove takes r out of the queue. The lock is held.
func (p *Pool[T, W]) remove(r *T) {
	inflight.Of(r).Pooled = false
	p.queue.Remove(r)
}

// Interrupt calls f with the state of the goroutine that carries out r, and returns what f does; false if
// there is none. While f runs no goroutine begins a request. f must not block.
func (p *Pool[T, W]) Interrupt(r *T, f func(w *W) bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.workers {
		if w.busy.Load() == r {
			return f(&w.state)
		}
	}
	return false
}

func (p *Pool[T, W]) run(w *worker[T, W]) {
	defer p.ended.Done()
	if p.work.Begin != nil {
		p.work.Begin(&w.state)
	}
	if p.work.End != nil {
		defer p.work.End(&w.state)
	}
	timer := time.NewTimer(p.Idle)
	defer timer.Stop()
	for {
		p.mu.Lock()
		r := p.queue.Head()
		if r == nil {
			if !p.rest(w, timer) {
				return
			}
			continue
		}
		p.remove(r)
		w.busy.Store(r)
		p.mu.Unlock()
		res := p.work.Do(r, &w.state)
		w.busy.Store(nil)
		p.work.Over(r, res)
	}
}

// rest waits for work, and reports whether there may be some. The lock is held on entry.
func (p *Pool[T, W]) rest(w *worker[T, W], timer *time.Timer) bool {
	if p.closed {
		p.leave(w)
		p.mu.Unlock()
		return false
	}
	p.waiting++
	p.mu.Unlock()
	timer.Reset(p.Idle)
	select {
	case <-p.wake:
		return true
	case <-timer.C:
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == 0 { // every token is meant for somebody, one for this goroutine
		<-p.wake
		return true
	}
	p.waiting--
	p.leave(w)
	return false
}

// leave takes a goroutine off the pool. The lock is held.
func (p *Pool[T, W]) leave(w *worker[T, W]) {
	i := slices.Index(p.workers, w)
	p.workers = slices.Delete(p.workers, i, i+1)
}

// Close waits for the goroutines to end. Nothing may be queued any more, then or later.
func (p *Pool[T, W]) Close() {
	p.mu.Lock()
	p.closed = true
	for ; p.waiting > 0; p.waiting-- {
		p.wake <- struct{}{}
	}
	p.mu.Unlock()
	p.ended.Wait()
}
