// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"sync"

	"iocp"
	"iocp/internal/worker"
)

// thread is a goroutine that APCs were queued to.
type thread struct {
	counted
	signal
	mu   sync.Mutex
	apcs []func()
}

func (t *thread) lastClose() {}

var threads struct {
	mu   sync.Mutex
	byID map[worker.ID]*thread
}

func threadOf(id worker.ID) *thread {
	threads.mu.Lock()
	defer threads.mu.Unlock()
	t := threads.byID[id]
	if t == nil {
		if threads.byID == nil {
			threads.byID = make(map[worker.ID]*thread)
		}
		t = new(thread)
		threads.byID[id] = t
	}
	return t
}

func (t *thread) queue(f func()) {
	t.mu.Lock()
	t.apcs = append(t.apcs, f)
	t.mu.Unlock()
	t.set()
}

// openCurrentThread makes a handle on the calling goroutine.
func openCurrentThread() (HANDLE, error) { return open(threadOf(worker.Self()), 0x1FFFFF) }

// queueRoutine makes the end of op an APC of the goroutine that started it.
func (op *operation) queueRoutine() {
	routine, code, n, ov := op.routine, op.code(op.status), uint32(op.n), op.ov
	t := threadOf(op.thread)
	op.recycle()
	t.queue(func() { routine(code, n, ov) })
}

func (p *port) getAlertable(buf []iocp.Completion, ms uint32) (int, error) {
	return p.p.GetBatch(buf, timeout(ms))
}
