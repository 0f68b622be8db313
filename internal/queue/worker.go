// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"iocp/internal/worker"
)

// Worker is a port's record of one goroutine that has called Get; NT keeps the same in the
// thread. Everything but id, port, waking and sema is guarded by the lock of the port it
// belongs to.
//
// A record is never reused for another goroutine: when the runtime gives a new goroutine
// the g of one that has ended, the record is replaced, since the two are not ordered by
// any happens-before edge.
type Worker[P any] struct {
	id   worker.ID
	port atomic.Pointer[Port[P]]

	state workerState
	idx   int  // position in Port.running or Port.blocked
	lent  bool // in Blocking: not counted whatever it does

	// waking is set when a parked worker is handed something and cleared when it has
	// resumed: in between its goroutine still reads as blocked and is not.
	waking atomic.Bool

	sema       chan struct{} // parked on the stack: one send wakes it
	next, prev *Worker[P]
	seq        uint64 // when it parked first in this Get: its place among the waiters

	// What Get waits for, and what it was given.
	buf      []P
	n        int
	err      error
	deadline int64 // nanotime; 0: none
	timer    *time.Timer
	armed    int64           // when timer fires; 0: not armed
	ctx      context.Context // that the wait is with
	done     <-chan struct{} // of the context whose end ends the wait
	stop     func() bool     // takes back its registration

	one [1]P // the buffer of a Get for one packet

	group    *Group
	batch    int   // packets of the last Get
	leftAt   int64 // nanotime of leaving Get, on sampled rounds
	dwelt    bool  // in vain, in this Get
	sysSince int64 // first sighting in a wait that only time can settle
}

type workerState uint8

const (
	wNone     workerState = iota
	wRunning              // outside Get and counted
	wBlocked              // outside Get, seen blocked, not counted
	wParked               // on the waiter stack
	wWatching             // parked in Source.Watch
)

// Workers maps goroutines to their records for all ports with packets of one type. Its zero
// value is ready. Reading takes no lock: an open-addressing table, copied when it grows.
// One record per goroutine that ever called Get is kept, at most as many as there were
// goroutines at one time.
type Workers[P any] struct {
	mu    sync.Mutex
	table atomic.Pointer[workerTable[P]]
}

type workerTable[P any] struct {
	entries []atomic.Pointer[Worker[P]]
	n       int
}

const tableStart = 64

// Find returns the calling goroutine's record, or nil if it never called Get.
func (ws *Workers[P]) Find() *Worker[P] {
	return ws.find(worker.Self())
}

func (ws *Workers[P]) find(id worker.ID) *Worker[P] {
	t := ws.table.Load()
	if t == nil {
		return nil
	}
	mask := uintptr(len(t.entries) - 1)
	for h := id.Hash() & mask; ; h = (h + 1) & mask {
		w := t.entries[h].Load()
		if w == nil || w.id == id {
			return w
		}
	}
}

// record returns the record of the calling goroutine, whose identity is id, made if need be.
func (ws *Workers[P]) record(id worker.ID) *Worker[P] {
	if w := ws.find(id); w != nil {
		return w
	}
	w := &Worker[P]{id: id, sema: make(chan struct{}, 1)}
	ws.add(w)
	return w
}

// add enters w. When the table is full the records of goroutines that have ended are left
// behind, and their ports told.
func (ws *Workers[P]) add(w *Worker[P]) {
	ws.mu.Lock()
	var gone []*Worker[P]
	t := ws.table.Load()
	if t == nil || t.n*2 >= len(t.entries) {
		t, gone = t.rebuild()
		ws.table.Store(t)
	}
	t.put(w)
	ws.mu.Unlock()
	for _, o := range gone {
		// Only a bubble's own goroutines may wake others in it; they find out for themselves (C07).
		if p := o.port.Load(); p != nil && !p.bubble {
			p.dissociate(o)
		}
	}
}

// rebuild copies the living records of t into a table with room for as many again.
func (t *workerTable[P]) rebuild() (next *workerTable[P], gone []*Worker[P]) {
	var live []*Worker[P]
	if t != nil {
		for i := range t.entries {
			w := t.entries[i].Load()
			switch {
			case w == nil:
			case w.id.State() == worker.Exited:
				gone = append(gone, w)
			default:
				live = append(live, w)
			}
		}
	}
	size := tableStart
	for size < 4*(len(live)+1) {
		size *= 2
	}
	next = &workerTable[P]{entries: make([]atomic.Pointer[Worker[P]], size)}
	for _, w := range live {
		next.put(w)
	}
	return next, gone
}

func (t *workerTable[P]) put(w *Worker[P]) {
	mask := uintptr(len(t.entries) - 1)
	h := w.id.Hash() & mask
	for t.entries[h].Load() != nil {
		h = (h + 1) & mask
	}
	t.entries[h].Store(w)
	t.n++
}
