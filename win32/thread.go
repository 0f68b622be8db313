// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"sync"
	"sync/atomic"

	"iocp/internal/queue"
	"iocp/internal/worker"
)

// thread is what there is to know of a goroutine: the asynchronous procedure calls queued to it.
// It exists only as long as something can queue one: a handle on it, or an operation that it
// started with a completion routine.
type thread struct {
	counted
	id      worker.ID
	pending atomic.Int32 // operations that will queue their routine here

	mu      queue.Lock // operations end, and queue here, under the lock of a port
	calls   fifo[call]
	alert   *waiter // of the alertable wait that goes on
	listens *port   // of the alertable GetQueuedCompletionStatusEx that goes on
}

func (t *thread) lastClose() {}

// currentThread identifies the calling goroutine, the same in all of its life.
func currentThread() worker.ID {
	if !worker.Known() {
		worker.Calibrate() // IDs from before are others
	}
	return worker.Self()
}

// threads finds the thread of a goroutine. Records of goroutines that have ended, and those
// that nothing refers to any more, go when their number has doubled.
var threads struct {
	mu    sync.RWMutex
	byID  map[worker.ID]*thread
	sweep int // the number at which to look for what can go
}

const threadsKept = 64

// findThread returns the calling goroutine's record, or nil. Only the goroutine itself makes
// one, so where there is none nobody can queue a call to it.
func findThread() *thread {
	threads.mu.RLock()
	defer threads.mu.RUnlock()
	if len(threads.byID) == 0 {
		return nil
	}
	return threads.byID[currentThread()]
}

// holdThread returns the calling goroutine's record, made if need be, with one more operation
// pending, which keeps it until unhold.
func holdThread() *thread {
	id := currentThread()
	threads.mu.RLock()
	t := threads.byID[id]
	if t != nil {
		t.pending.Add(1) // before it can be swept away
	}
	threads.mu.RUnlock()
	if t == nil {
		t = newThread(id)
	}
	return t
}

func newThread(id worker.ID) *thread {
	threads.mu.Lock()
	defer threads.mu.Unlock()
	if len(threads.byID) >= threads.sweep {
		sweepThreads()
	}
	t := &thread{id: id}
	t.pending.Add(1)
	threads.byID[id] = t
	return t
}

func (t *thread) unhold() { t.pending.Add(-1) }

func sweepThreads() {
	if threads.byID == nil {
		threads.byID = make(map[worker.ID]*thread)
	}
	for id, t := range threads.byID {
		if t.idle() || t.ended() {
			delete(threads.byID, id)
		}
	}
	threads.sweep = max(threadsKept, 2*len(threads.byID))
}

// idle reports whether nothing can make use of the record any more. A handle or a pending
// operation is gone only after it has queued its last call.
func (t *thread) idle() bool {
	if t.references().Load() > 0 || t.pending.Load() > 0 {
		return false
	}
	return !t.called()
}

// ended reports whether the goroutine is gone. Where the state of goroutines is unknown, none
// ever is.
func (t *thread) ended() bool { return t.id.State() == worker.Exited }

// A thread can be waited for: until it ends. Nobody is told of that, so the wait has to look.
func (t *thread) ready() bool   { return t.ended() }
func (t *thread) take() bool    { return t.ended() }
func (t *thread) giveBack()     {}
func (t *thread) join(*waiter)  {}
func (t *thread) leave(*waiter) {}
func (t *thread) look() bool    { return true }

// GetCurrentThread returns the pseudo handle of the calling goroutine, which means another one in
// each. [DuplicateHandle] makes one of it that others can use.
func GetCurrentThread() HANDLE { return currentThreadHandle }

// GetCurrentThreadId returns the number of the calling goroutine. It is not used again before
// four billion others have been.
func GetCurrentThreadId() uint32 { return uint32(currentThread().Number()) }

// openCurrentThread makes a handle on the calling goroutine.
func openCurrentThread(access uint32) (HANDLE, error) {
	t := holdThread()
	defer t.unhold()
	return open(t, access)
}

// threadOf returns the thread behind h, if the handle has the right, held as by holdThread.
func threadOf(h HANDLE, right uint32) (*thread, error) {
	if h == currentThreadHandle {
		return holdThread(), nil
	}
	e := handles.lookup(h)
	if e == nil {
		return nil, ERROR_INVALID_HANDLE
	}
	t, ok := e.obj.(*thread)
	if !ok {
		return nil, ERROR_INVALID_HANDLE
	}
	if e.access&right == 0 {
		return nil, ERROR_ACCESS_DENIED
	}
	t.pending.Add(1)
	return t, nil
}
