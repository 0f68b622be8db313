// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import "slices"

// Watch waits until there is something to reap or Wake was called. With the jumping clock it makes
// things happen meanwhile; when nothing is left to happen, and with the following clock, it parks
// in a channel that was made with the engine: inside testing/synctest that is a durable block.
func (e *Engine) Watch() {
	for !e.step() {
		if !e.m.attend(e) && e.park() {
			<-e.wake
		}
	}
}

// Attend gives the engine the function that takes its completions and goes on with the operations of
// its port, when nobody waits there. It takes the port's lock.
func (e *Engine) Attend(f func()) {
	e.m.Lock()
	e.attend = f
	e.m.Unlock()
}

// attend is called by somebody who is about to park in Watch, for e, since nothing is left to happen.
// Perhaps something is, on ports that nobody watches: an operation of several steps, or one
// that was interrupted, goes on only when its completion is taken. On other machines a monitor does
// that from time to time. It reports whether there was such a port.
func (m *Machine) attend(e *Engine) bool {
	m.Lock()
	if m.clock.follow {
		m.Unlock()
		return false // the port's timer does it
	}
	var others []func()
	for _, o := range m.engines {
		if o == e || o.parked || o.attend == nil || o.ready.Len()+o.overflow.Len()+o.deferred.Len() == 0 {
			continue
		}
		o.flush(&o.deferred)
		o.flush(&o.overflow)
		others = append(others, o.attend)
	}
	m.Unlock()
	for _, f := range others {
		f()
	}
	return len(others) > 0
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

// park reports whether e has to wait for wake, or has something to do since it has looked.
func (e *Engine) park() bool {
	m := e.m
	m.Lock()
	defer m.Unlock()
	m.catchUp()
	if e.woken || e.ready.Len()+e.overflow.Len()+e.deferred.Len() > 0 || !m.clock.follow && m.moves() {
		return false
	}
	e.parked = true
	m.parked = append(m.parked, e)
	return true
}

// moves reports whether something is left to happen.
func (m *Machine) moves() bool {
	for _, e := range m.engines {
		if e.queued.Len()+len(e.cancels) > 0 {
			return true
		}
	}
	return len(m.events) > 0
}

// step makes things happen until there is something for e. false: nothing is left to happen now.
func (e *Engine) step() bool {
	m := e.m
	m.Lock()
	defer m.Unlock()
	for {
		m.catchUp()
		e.submitAll()
		e.flush(&e.deferred)
		if e.woken || e.ready.Len()+e.overflow.Len() > 0 {
			m.rouse()
			return true
		}
		if !m.advance() {
			return false
		}
		m.Unlock() // others may have something to say to the machine
		m.Lock()
	}
}

// alert wakes the watcher if there is something for it.
func (e *Engine) alert() {
	if !e.parked || !e.woken && e.ready.Len()+e.overflow.Len()+e.deferred.Len() == 0 {
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
