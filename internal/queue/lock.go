// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"runtime"
	"sync/atomic"
)

// Lock is a spin lock that never parks the goroutine. A running worker that waits for its
// port's lock is not blocked, and must not look blocked to the others; a sync.Mutex would
// park it. The lock is held for some tens of nanoseconds and never across a system call.
//
// Waiters pause twice as long after every failed attempt and yield the processor when that
// has not helped for some microseconds, which happens when the holder lost its own.
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
func (l *Lock) Unlock() { release(&l.v) }

const (
	pauseMax   = 64 // pause instructions between two looks
	spinRounds = 14 // looks before yielding; about 2 us
)

//go:noinline
func (l *Lock) slow() {
	n := uint32(2)
	for i := 0; ; i++ {
		pause(n)
		if l.v.Load() == 0 && l.v.CompareAndSwap(0, 1) {
			return
		}
		if n < pauseMax {
			n *= 2
		}
		if i >= spinRounds {
			runtime.Gosched()
		}
	}
}
