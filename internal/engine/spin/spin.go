// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package spin has the lock of the engines.
package spin

import (
	"sync/atomic"

	"iocp/internal/osyield"
)

// Mutex is a mutual exclusion lock whose waiters yield and never park. A worker parked in a
// sync.Mutex would read as blocked, and its port would release another in its place.
//
// It is for sections that are short and never wait. It is not fair. The zero value is unlocked; a
// Mutex must not be copied after its first use. All methods are safe for concurrent use.
type Mutex struct{ held atomic.Bool }

// Lock locks m. It yields the processor until it can.
func (m *Mutex) Lock() {
	for w := (osyield.Waiter{}); !m.TryLock(); {
		w.GiveWay()
	}
}

// TryLock locks m if nobody holds it, and reports whether it did. It does not wait.
func (m *Mutex) TryLock() bool { return !m.held.Load() && m.held.CompareAndSwap(false, true) }

// Unlock unlocks m, which any goroutine may do. What was written before is seen by whoever locks m next.
func (m *Mutex) Unlock() { m.held.Store(false) }
