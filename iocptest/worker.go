// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"iocp"
)

// worker is a goroutine that stands for a thread of the rules. It does what it is told,
// one step at a time. Before its first step it is parked; between steps it spins, so
// that a port which counts it goes on counting it as running.
type worker struct {
	s    *scene
	name string
	bell chan struct{}
	ring sync.Once
	next atomic.Pointer[func()]
	quit atomic.Bool
	gone chan struct{}
}

// worker starts a worker. It ends with the scene.
func (s *scene) worker(name string) *worker {
	w := &worker{s: s, name: name, bell: make(chan struct{}), gone: make(chan struct{})}
	s.mu.Lock()
	s.workers = append(s.workers, w)
	s.mu.Unlock()
	go w.work()
	return w
}

// crew starts one worker per name.
func (s *scene) crew(names ...string) []*worker {
	ws := make([]*worker, len(names))
	for i, name := range names {
		ws[i] = s.worker(name)
	}
	return ws
}

func (w *worker) work() {
	defer close(w.gone)
	<-w.bell
	for !w.quit.Load() {
		if f := w.next.Swap(nil); f != nil {
			w.s.guard(*f)
			continue
		}
		runtime.Gosched()
	}
}

// do gives the worker its next step. The one before it must have been taken.
func (w *worker) do(f func()) {
	w.s.until(func() bool { return w.next.Load() == nil }, "worker %s has taken its last step", w.name)
	w.next.Store(&f)
	w.ring.Do(func() { close(w.bell) })
}

// exit ends the worker's goroutine as a thread ends, and waits for it.
func (w *worker) exit() {
	w.do(runtime.Goexit)
	<-w.gone
}

// dismiss ends the worker when it has done its step, without waiting.
func (w *worker) dismiss() {
	w.quit.Store(true)
	w.ring.Do(func() { close(w.bell) })
}

// call is a worker's call of Get, or of one of its relatives.
type call struct {
	w       *worker
	packets []iocp.Completion
	err     error
	done    atomic.Bool
}

// call makes get the worker's next step.
func (w *worker) call(get func() ([]iocp.Completion, error)) *call {
	c := &call{w: w}
	w.do(func() {
		c.packets, c.err = get()
		c.done.Store(true)
	})
	return c
}

func (w *worker) get(p *iocp.Port, d time.Duration) *call {
	return w.call(func() ([]iocp.Completion, error) {
		k, err := p.Get(d)
		return []iocp.Completion{k}, err
	})
}

func (w *worker) getContext(ctx context.Context, p *iocp.Port) *call {
	return w.call(func() ([]iocp.Completion, error) {
		k, err := p.GetContext(ctx)
		return []iocp.Completion{k}, err
	})
}

func (w *worker) batch(p *iocp.Port, size int, d time.Duration) *call {
	return w.call(func() ([]iocp.Completion, error) {
		buf := make([]iocp.Completion, size)
		n, err := p.GetBatch(buf, d)
		return buf[:n], err
	})
}

// parks waits until c, just made, has joined those who wait at p.
func (c *call) parks(p *iocp.Port, waiting int) *call {
	c.w.s.t.Helper()
	c.w.s.until(func() bool { return p.Stats().Waiting == waiting || c.done.Load() },
		"worker %s waits at the port and %d workers wait there", c.w.name, waiting)
	if c.done.Load() {
		c.w.s.fail("worker %s must wait and got the packets %v, %v", c.w.name, c.packets, c.err)
	}
	return c
}

// park makes w wait at p for as long as it takes, and returns when it does.
func (w *worker) park(p *iocp.Port) *call {
	w.s.t.Helper()
	waiting := p.Stats().Waiting + 1
	return w.get(p, iocp.Infinite).parks(p, waiting)
}

// await waits for the end of the call.
func (c *call) await() *call {
	c.w.s.t.Helper()
	c.w.s.until(c.done.Load, "worker %s has come back from the port", c.w.name)
	return c
}

// gets waits for the end of the call, which must bring the packets with these keys.
func (c *call) gets(keys ...int) {
	c.w.s.t.Helper()
	c.await()
	c.w.s.must(c.err, "worker "+c.w.name)
	same := len(c.packets) == len(keys)
	for i := 0; same && i < len(keys); i++ {
		same = c.packets[i].Key == keys[i]
	}
	c.w.s.check(same, "worker %s got the packets %v, want those with the keys %v", c.w.name, c.packets, keys)
}

// fails waits for the end of the call, which must bring no packet but this error.
func (c *call) fails(target error) {
	c.w.s.t.Helper()
	c.await()
	c.w.s.check(errors.Is(c.err, target), "worker %s got the packets %v and the error %v, want the error %v", c.w.name, c.packets, c.err, target)
}

// waits watches that the call does not end.
func (c *call) waits() {
	c.w.s.t.Helper()
	c.w.s.stays(func() bool { return !c.done.Load() }, "worker %s waits", c.w.name)
}
