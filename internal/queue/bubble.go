// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "time"

// lookout is the monitor of one port that was made in a bubble of testing/synctest. The process's
// has another clock, and must not touch the bubble's channels. It is a timer and no goroutine: one
// that sleeps when the bubble's first goroutine ends counts as forgotten there.
type lookout struct {
	timer *time.Timer
	tick  time.Duration
}

// begin starts to look after p, which has just come to need it.
func (l *lookout) begin(p monitored) {
	l.tick = minTick
	if l.timer == nil {
		l.timer = time.AfterFunc(l.tick, func() { l.look(p) })
	} else {
		l.timer.Reset(l.tick)
	}
}

// look is one look. If the port goes on needing it nobody calls begin, so tick is look's own.
func (l *lookout) look(p monitored) {
	found := p.check()
	if !found.keep {
		return
	}
	switch {
	case found.acted:
		l.tick = minTick
	case found.waiters:
		l.tick = min(2*l.tick, maxTick)
	default:
		l.tick = min(2*l.tick, loneTick)
	}
	l.timer.Reset(l.tick)
}
