// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "iocp/internal/worker"

// SubmitBy unlocks after the goroutine by has queued operations at the source.
//
// A worker that took several packets and usually comes back soon leaves the submission to
// its next Get, which saves a system call for every operation but one; everybody else
// submits here. One that dwells leaves it for any number of packets: on the only processor nobody
// but the worker can be waiting for the call. The monitor and Flush are there for what turns out
// otherwise.
func (p *Port[P]) SubmitBy(by worker.ID) {
	if p.defers(by) {
		p.deferred++
		p.mu.Unlock()
		return
	}
	p.submit(p.ws.find(by))
}

// Submit is SubmitBy for those who are no worker, or whose requests must not wait.
func (p *Port[P]) Submit() { p.submit(nil) }

// defers reports whether by is the worker that left Get last, shall leave what it has queued to its
// next Get, and nobody else has to be told: what holds for nearly all that a worker starts. Locked.
func (p *Port[P]) defers(by worker.ID) bool {
	w := p.last.Load()
	return w != nil && w.id == by && w.port.Load() == p && w.state == wRunning && w.batch >= p.leaves &&
		p.deferred < flushAt && p.onMonitor && len(p.awaited) == 0 && !p.eager()
}

func (p *Port[P]) submit(w *Worker[P]) {
	if p.src == nil { // dropped: what the caller came for is long over
		p.unlockMonitored()
		return
	}
	mine := w != nil && w.port.Load() == p && w.state == wRunning
	if !mine || w.batch < p.leaves || p.eager() || p.src.Pending() >= flushAt {
		if mine && w.leftAt != 0 { // a sampled round: the kernel's work is not the handler's
			t := nanotime()
			p.enter(false)
			w.leftAt += nanotime() - t
		} else {
			p.enter(false)
		}
	}
	if !mine {
		p.promote() // the first operation of a port whose workers are all on the stack
	}
	p.unlockMonitored()
}

const (
	deferFrom = 4  // packets of the last Get from which submission is left to the next: Port.leaves
	flushAt   = 64 // requests pending at which it is not
)
