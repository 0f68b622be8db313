// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/engine/spin"
)

// maxThreads bounds the goroutines of a pool, each of which may hold a thread of the system. A
// disk is busy with fewer; what does not fit waits, in the order in which it came.
const maxThreads = 32

// idleFor is how long a goroutine of the pool waits for work before it ends.
const idleFor = time.Second

// pool carries out requests in blocking system calls.
type pool struct {
	e    *Engine
	idle time.Duration
	wake chan struct{} // a token for each goroutine taken off waiting

	mu      spin.Mutex
	queue   fifo
	waiting int // goroutines that no token is meant for
	n       int // goroutines
	closed  bool
	ended   sync.WaitGroup
}

func (p *pool) init(e *Engine) {
	p.e, p.idle, p.wake = e, idleFor, make(chan struct{}, maxThreads)
}

func (p *pool) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

// push queues r and sees to it that somebody takes it.
func (p *pool) push(r *request) {
	p.mu.Lock()
	r.pooled = true
	p.queue.push(r)
	switch {
	case p.waiting > 0:
		p.waiting--
		p.wake <- struct{}{} // has room for all
	case p.n < maxThreads:
		p.n++
		p.ended.Add(1)
		go p.work()
	}
	p.mu.Unlock()
}

// takeBack takes r out of the queue, and reports false if a goroutine has begun it.
func (p *pool) takeBack(r *request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !r.pooled {
		return false
	}
	r.pooled = false
	p.queue.remove(r)
	return true
}

func (p *pool) work() {
	defer p.ended.Done()
	left := new([maxVectors]unix.Iovec)
	timer := time.NewTimer(p.idle)
	defer timer.Stop()
	for {
		p.mu.Lock()
		r := p.queue.head
		if r == nil {
			if !p.rest(timer) {
				return
			}
			continue
		}
		r.pooled = false
		p.queue.remove(r)
		p.mu.Unlock()
		p.e.carriedOut(r, r.block(p.e.noWait, left))
	}
}

// rest waits for work, and reports whether there may be some. The lock is held on entry.
func (p *pool) rest(timer *time.Timer) bool {
	if p.closed {
		p.n--
		p.mu.Unlock()
		return false
	}
	p.waiting++
	p.mu.Unlock()
	timer.Reset(p.idle)
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
	p.n--
	return false
}

// close ends the goroutines. Nothing is queued any more.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	for ; p.waiting > 0; p.waiting-- {
		p.wake <- struct{}{}
	}
	p.mu.Unlock()
	p.ended.Wait()
}

// carriedOut ends a request that a goroutine of the pool has carried out, and lets the line go on
// of which it may be the head.
func (e *Engine) carriedOut(r *request, res int32) {
	e.drive.Lock()
	if r.place == inLine {
		d, l := r.desc, r.desc.line(r.op.Kind)
		if l.lent == r { // or the descriptor was forgotten
			l.lent = nil
		}
		e.waits--
		e.finish(r, res)
		e.run(d, l)
	} else {
		e.finish(r, res)
	}
	e.show()
	e.drive.Unlock()
	e.alert()
}
