// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"runtime"
	"sync/atomic"
)

// lock is a mutex whose waiters yield and never park. A worker parked in a sync.Mutex would read
// as blocked, and inside a bubble of testing/synctest it would keep the clock from advancing.
type lock struct{ held atomic.Bool }

func (l *lock) Lock() {
	for l.held.Load() || !l.held.CompareAndSwap(false, true) {
		runtime.Gosched()
	}
}

func (l *lock) Unlock() { l.held.Store(false) }
