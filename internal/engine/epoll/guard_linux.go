// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"sync/atomic"
	"time"
)

// A ring goes on by itself: the kernel completes what is in it whether or not anybody comes for
// the packets. Here somebody has to look, and on a port whose workers are all busy, or gone,
// nobody does. So while requests wait a timer looks in their place, if nobody has since it last
// did. It rests while a watcher is parked, and costs a hundred short rounds a second at most,
// except where it finds something to do: a long send must not wait for it every time.
const (
	guardMost  = 10 * time.Millisecond
	guardLeast = 50 * time.Microsecond
)

type guard struct {
	timer *time.Timer
	on    bool          // the timer runs, or rests: guarded by drive, like what follows
	pause time.Duration // until the next round
	looks uint64        // Engine.looks after the last round
	found uint64        // Engine.found after the last round
	rests atomic.Bool   // until the watcher leaves
}

func (g *guard) init(round func()) {
	g.timer = time.AfterFunc(time.Hour, round)
	g.timer.Stop()
}

// beginGuard starts the timer if requests wait. drive is held.
func (e *Engine) beginGuard() {
	if g := &e.guard; !g.on && e.waits > 0 {
		g.on, g.pause, g.looks = true, guardMost, e.looks.Load()
		g.timer.Reset(g.pause)
	}
}

// guardRound is one round of the timer.
func (e *Engine) guardRound() {
	e.drive.Lock()
	defer e.alert()
	defer e.drive.Unlock()
	g := &e.guard
	if e.closed || e.waits == 0 {
		g.on = false
		return
	}
	if e.parked.Load() {
		if g.rests.Store(true); e.parked.Load() || !g.rests.Swap(false) {
			return // leaveGuard goes on
		}
	}
	g.pause = guardMost
	if g.looks == e.looks.Load() {
		e.lookAll()
		e.show()
		if g.found != e.found {
			g.pause = guardLeast
		}
	}
	g.looks, g.found = e.looks.Load(), e.found
	g.timer.Reset(g.pause)
}

// leaveGuard lets a resting timer run again: the watcher leaves.
func (e *Engine) leaveGuard() {
	if e.guard.rests.Load() && e.guard.rests.Swap(false) {
		e.guard.timer.Reset(guardMost)
	}
}
