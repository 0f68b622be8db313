// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"sync"
	"time"
)

// A deadline is one of the three that package net knows: of reading, of writing, of
// accepting. It belongs to an owner, whose lock guards it.
//
// The timer is made by the first SetDeadline and re-armed by the later ones, so a server
// that sets a deadline before every request allocates nothing. A timer that was stopped too
// late still fires: therefore the callback looks at the clock, not at who called it.
type deadline struct {
	owner   deadlineOwner
	expired bool
	when    time.Time // zero: none is pending
	timer   *time.Timer
}

// deadlineOwner is told, with its lock held, that its deadline has passed.
type deadlineOwner interface {
	sync.Locker
	interrupt()
}

// set replaces the deadline, with the owner's lock held. The zero time means none; a time
// that has passed expires at once, and so interrupts what is waiting.
func (d *deadline) set(t time.Time) {
	d.stop()
	d.expired = false
	if t.IsZero() {
		return
	}
	left := time.Until(t)
	if left <= 0 {
		d.expire()
		return
	}
	// A wall clock that is set meanwhile must not move the deadline.
	d.when = time.Now().Add(left)
	if d.timer == nil {
		d.timer = time.AfterFunc(left, d.fire)
	} else {
		d.timer.Reset(left)
	}
}

// stop disarms the timer, with the owner's lock held. expired stays what it was.
func (d *deadline) stop() {
	d.when = time.Time{}
	if d.timer != nil {
		d.timer.Stop()
	}
}

func (d *deadline) expire() {
	d.when = time.Time{}
	d.expired = true
	d.owner.interrupt()
}

func (d *deadline) fire() {
	d.owner.Lock()
	defer d.owner.Unlock()
	if d.when.IsZero() {
		return
	}
	if left := time.Until(d.when); left > 0 {
		d.timer.Reset(left)
		return
	}
	d.expire()
}
