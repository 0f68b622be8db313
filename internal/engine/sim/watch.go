// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import "slices"

// Watch waits until there is something to reap or Wake was called. With the jumping clock it makes
// things happen meanwhile; when nothing is left to happen, and with the following clock, it parks
// in a channel that was made with the engine: inside testing/synctest that is a durable block.
func (e *Engine) Watch() {
	for !e.step() {
		<-e.wake
	}
}

// rouse wakes somebody who has parked since nothing was left to happen: something is. Whoever then
// has other things to do wakes the next one.
func (m *Machine) rouse() {
	if m.clock.follow || len(m.events) == 0 || len(m.parked) == 0 {
		return
	}
	m.parked[len(m.parked)-1].unpark()
}

// unpark ends the watcher's wait for wake, which may be about to begin.
func (e *Engine) unpark() {
	e.parked = false
	i := slices.Index(e.m.parked, e)
	e.m.parked = slices.Delete(e.m.parked, i, i+1)
	e.wake <- struct{}{} // there is room: it receives once for each time it parks
}

// step is one look. false: wait for wake, and look again.
func (e *Engine) step() bool {
	m := e.m
	m.Lock()
	defer m.Unlock()
	for {
		m.catchUp()
		e.submitAll()
		e.flush(&e.deferred)
		if e.woken || e.ready.n+e.overflow.n > 0 {
			m.rouse()
			return true
		}
		if !m.advance() {
			e.parked = true
			m.parked = append(m.parked, e)
			return false
		}
		m.Unlock() // others may have something to say to the machine
		m.Lock()
	}
}

// alert wakes the watcher if there is something for it.
func (e *Engine) alert() {
	if !e.parked || !e.woken && e.ready.n+e.overflow.n+e.deferred.n == 0 {
		return
	}
	e.unpark()
}

// Wake ends the current or the next Watch.
func (e *Engine) Wake() {
	e.m.Lock()
	e.woken = true
	e.alert()
	e.m.Unlock()
}

// Rearm takes Wake back.
func (e *Engine) Rearm() {
	e.m.Lock()
	e.woken = false
	e.m.Unlock()
}
