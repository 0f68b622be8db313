// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"runtime"
	"sync/atomic"
)

// lock is a mutex whose waiters yield and never park: a worker parked in a sync.Mutex would read
// as blocked, and the port would release another in its place.
type lock struct{ held atomic.Bool }

func (l *lock) Lock() {
	for !l.TryLock() {
		runtime.Gosched()
	}
}

func (l *lock) TryLock() bool { return !l.held.Load() && l.held.CompareAndSwap(false, true) }

func (l *lock) Unlock() { l.held.Store(false) }
