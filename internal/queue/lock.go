// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"sync/atomic"

	"iocp/internal/osyield"
	"iocp/internal/release"
)

// Lock is a spin lock that never parks the goroutine. A running worker that waits for its
// port's lock is not blocked, and must not look blocked to the others; a sync.Mutex would
// park it. The lock is held for some tens of nanoseconds and never across a system call.
type Lock struct{ v atomic.Uint32 }

// TryLock takes the lock if it is free.
func (l *Lock) TryLock() bool { return l.v.CompareAndSwap(0, 1) }

// Lock takes the lock.
func (l *Lock) Lock() {
	if !l.v.CompareAndSwap(0, 1) {
		l.slow()
	}
}

// Unlock gives the lock back.
func (l *Lock) Unlock() { release.Store(&l.v, 0) }

//go:noinline
func (l *Lock) slow() {
	for s := (spin{}); ; {
		s.wait()
		if l.v.Load() == 0 && l.v.CompareAndSwap(0, 1) {
			return
		}
	}
}

// spin is the patience of somebody who waits for a lock: he pauses twice as long after every
// failed attempt and yields the processor when that has not helped for some microseconds,
// which happens when the holder lost its own: the goroutine, or the thread.
type spin struct {
	osyield.Waiter
	pauses, rounds uint32
}

const (
	pauseMin   = 2  // pause instructions before the second look
	pauseMax   = 64 // and between two looks at most
	spinRounds = 14 // looks before yielding; about 2 us
)

func (s *spin) wait() {
	if s.rounds++; s.rounds > spinRounds {
		s.GiveWay()
		return
	}
	s.pauses = min(max(2*s.pauses, pauseMin), pauseMax)
	pause(s.pauses)
}
