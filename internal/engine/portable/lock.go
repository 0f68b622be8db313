// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"runtime"
	"sync/atomic"
)

// lock is a mutex whose waiters yield and never park: a worker parked in a sync.Mutex would read
// as blocked, and the port would release another in its place.
type lock struct{ held atomic.Bool }

func (l *lock) Lock() {
	for l.held.Load() || !l.held.CompareAndSwap(false, true) {
		runtime.Gosched()
	}
}

func (l *lock) Unlock() { l.held.Store(false) }
