// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/windows"

	"iocp/internal/engine/spin"
	"iocp/internal/sys/nt"
)

// maxThreads bounds the goroutines of a pool, each of which holds a thread of the system. What does not
// fit waits, in the order in which it came.
const maxThreads = 32

// idleFor is how long a goroutine of the pool waits for work before it ends.
const idleFor = time.Second

// pool carries out what has no overlapped form, in blocking calls.
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

// thread is what a goroutine of the pool is locked to.
type thread struct {
	h windows.Handle // 0: the system gave none, and what it does cannot be interrupted
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
	r.place.Store(at(inPool, r.gen))
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
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	t := newThread()
	defer t.close()
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
		r.pooled, r.thread = false, t
		p.queue.remove(r)
		p.mu.Unlock()
		res := r.carryOut()
		p.mu.Lock()
		r.thread = nil
		p.mu.Unlock()
		var over fifo
		finish(r, res, &over)
		p.e.show(&over)
		p.e.alert()
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

func newThread() *thread {
	t := new(thread)
	self := windows.CurrentProcess()
	if windows.DuplicateHandle(self, windows.CurrentThread(), self, &t.h, 0, false, windows.DUPLICATE_SAME_ACCESS) != nil {
		t.h = 0
	}
	return t
}

func (t *thread) close() {
	if t.h != 0 {
		windows.CloseHandle(t.h)
	}
}

// interrupt ends the call of the goroutine that has begun the operation of r: CancelSynchronousIo, which
// finds nothing when the goroutine is just before the call. So it is repeated, until the operation is over.
func (p *pool) interrupt(r *request, gen uint32) {
	r.stop.Store(at(stopped, gen))
	if !p.interruptOnce(r, gen) {
		return
	}
	go func() {
		for pause := time.Millisecond; p.interruptOnce(r, gen); pause = min(2*pause, 100*time.Millisecond) {
			time.Sleep(pause)
		}
	}()
}

// interruptOnce reports whether the operation may still be under way.
func (p *pool) interruptOnce(r *request, gen uint32) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.place.Load() != at(inPool, gen) || r.thread == nil || r.thread.h == 0 {
		return false
	}
	syscall.SyscallN(nt.CancelSynchronousIo.Addr(), uintptr(r.thread.h))
	return true
}
