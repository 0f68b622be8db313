// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import "iocp/win32"

// getting is a call of GetQueuedCompletionStatus on a thread of its own.
type getting struct {
	*thread
	packet
	done <-chan struct{}
}

// getOn makes th ask the port for a packet and returns when it waits for one, or has it.
func (s *scene) getOn(th *thread, port win32.HANDLE, ms uint32) *getting {
	s.Helper()
	g := &getting{thread: th}
	g.done = th.start(func() { g.packet = s.get(port, ms) })
	s.waits(g.thread, g.done)
	return g
}

// waits returns when the thread waits in the kernel, or is done.
func (s *scene) waits(th *thread, done <-chan struct{}) {
	s.Helper()
	seen := 0
	s.eventually(func() bool {
		select {
		case <-done:
			return true
		default:
		}
		if seen++; !th.busy.Load() || !sleeping(th.id) { // not yet awake is not asleep again
			seen = 0
		}
		return seen == 3
	}, "the thread waits")
}

// got waits for the end of the call.
func (s *scene) got(g *getting) packet {
	s.Helper()
	s.await(g.done, "a packet for a waiting thread")
	return g.packet
}

// isWaiting reports whether the call has not ended.
func (g *getting) isWaiting() bool {
	select {
	case <-g.done:
		return false
	default:
		return true
	}
}

// post posts a packet that its key identifies.
func (s *scene) post(port win32.HANDLE, key uintptr) {
	s.Helper()
	s.must(win32.PostQueuedCompletionStatus(port, 0, key, nil), "posting")
}
