// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "fmt"

// Stats is a snapshot of a port. The first block is its state, the rest are counts since the
// port was made.
type Stats struct {
	Queued   int // packets in the queue
	Waiting  int // workers parked in Get
	Running  int // workers that count against the concurrency value
	Blocked  int // workers seen blocked outside Get
	InFlight int // operations of the source

	Posted     uint64
	Dequeued   uint64
	Handoffs   uint64 // posts given to a waiter directly
	Parks      uint64 // waits on the stack
	Watches    uint64 // waits in the source
	Promotions uint64 // workers woken to watch
	Released   uint64 // slots freed by workers that blocked
	Enters     uint64 // system calls for the source
	Submitted  uint64 // requests they carried
	Looks      uint64 // of the monitor
	Flushes    uint64 // looks that found requests left behind
	Stalls     uint64 // looks that found packets left behind
}

// Snapshot returns the port's state and counts.
func (p *Port[P]) Snapshot() Stats {
	p.mu.Lock()
	p.refresh()
	s := p.stats
	s.Queued, s.Waiting, s.Running, s.Blocked = p.packets.n, p.waiters, len(p.running), len(p.blocked)
	if p.watcher != nil {
		s.Waiting++
	}
	if p.src != nil {
		s.InFlight = p.src.InFlight()
	}
	p.mu.Unlock()
	return s
}

// Invariant checks what must hold whenever nobody holds the lock, for tests: nothing may be
// left to a worker that may not come back.
func (p *Port[P]) Invariant() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.onMonitor || p.closed || p.failed != nil {
		return nil
	}
	for _, w := range p.running {
		if w.waking.Load() {
			return nil
		}
	}
	waiting := p.newest() != nil
	switch {
	case p.packets.n > 0 && waiting && len(p.running) < p.max:
		return fmt.Errorf("%d packets queued and %d workers waiting, but only %d of %d run",
			p.packets.n, p.waiters, len(p.running), p.max)
	case p.src == nil:
		return nil
	case p.src.Pending() > 0 && !p.busy:
		return fmt.Errorf("%d requests left unsubmitted and no monitor", p.src.Pending())
	case p.src.InFlight() > 0 && waiting && p.watcher == nil && len(p.running) > 0 && !p.busy:
		// Who is in the kernel for the source counts as running there, and comes back: every way
		// on from enter ends with unlockMonitored.
		return fmt.Errorf("%d operations in flight, %d workers waiting, nobody watches and no monitor",
			p.src.InFlight(), p.waiters)
	}
	return nil
}
