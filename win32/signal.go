// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"slices"
	"sync/atomic"

	"iocp/internal/queue"
)

// signal is the state of an object that can be waited for. It is set where operations end,
// under the lock of a port, so nothing here parks a goroutine.
type signal struct {
	auto    bool // a wait that is satisfied resets it
	state   atomic.Uint32
	waiting atomic.Int32

	mu      queue.Lock
	waiters []*waiter
}

func (s *signal) reset() {
	if s.state.Load() != 0 {
		s.state.Store(0)
	}
}

// set sets the signal and makes everybody who waits look. Who announces himself after the load
// finds the state set: join comes before his look at it.
func (s *signal) set() {
	s.state.Store(1)
	if s.waiting.Load() == 0 {
		return
	}
	s.mu.Lock()
	for _, w := range s.waiters {
		w.notify()
	}
	s.mu.Unlock()
}

func (s *signal) ready() bool { return s.state.Load() != 0 }

// take reports whether the signal is set, and takes it if it resets itself.
func (s *signal) take() bool {
	if s.auto {
		return s.state.CompareAndSwap(1, 0)
	}
	return s.ready()
}

func (s *signal) giveBack() {
	if s.auto {
		s.set()
	}
}

func (s *signal) join(w *waiter) {
	s.mu.Lock()
	s.waiters = append(s.waiters, w)
	s.waiting.Store(int32(len(s.waiters)))
	s.mu.Unlock()
}

func (s *signal) leave(w *waiter) {
	s.mu.Lock()
	if i := slices.Index(s.waiters, w); i >= 0 {
		s.waiters = slices.Delete(s.waiters, i, i+1)
	}
	s.waiting.Store(int32(len(s.waiters)))
	s.mu.Unlock()
}
