// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"time"

	"iocp/internal/worker"
)

// InBubble reports whether the caller is in a bubble of testing/synctest, where a machine should follow
// the clock.
func InBubble() bool { return worker.InBubble() }

// Follows reports whether the machine has the following clock.
func (m *Machine) Follows() bool { return m.clock.follow }

// clock is a machine's time, in ns since it was made.
type clock struct {
	follow bool
	ns     int64

	base  time.Time // of the following clock, like the two below
	timer *time.Timer
	armed int64 // when timer fires; 0: it does not
}

func (c *clock) start(follow bool) {
	c.follow = follow
	if follow {
		c.base = time.Now()
	}
}

// read is the time by package time.
func (c *clock) read() int64 { return int64(time.Since(c.base)) }

// reached is called when something has happened, or nothing has, at the time at. The time never
// goes back, though what was kept waiting happens late.
func (c *clock) reached(at int64) { c.ns = max(c.ns, at) }

func (m *Machine) now() int64 { return m.clock.ns }

// expect makes the timer fire no later than at the time of the next event.
func (c *clock) expect(m *Machine) {
	if !c.follow || len(m.events) == 0 {
		return
	}
	at := m.events[0].at
	if c.armed != 0 && c.armed <= at {
		return
	}
	c.armed = max(at, 1)
	d := time.Duration(at - c.read())
	if c.timer == nil {
		c.timer = time.AfterFunc(d, m.tick)
	} else {
		c.timer.Reset(d)
	}
}

// tick is the following clock's timer.
func (m *Machine) tick() {
	m.Lock()
	m.clock.armed = 0
	m.catchUp()
	m.clock.expect(m)
	m.Unlock()
}

// Stop ends the timer of a machine that nobody uses any more. What is in flight stays so.
func (m *Machine) Stop() {
	m.Lock()
	if m.clock.timer != nil {
		m.clock.timer.Stop()
	}
	m.events = nil
	m.Unlock()
}
