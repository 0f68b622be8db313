// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

// alert wakes the watcher if there is something to reap. Whoever has made completions visible
// calls it. One token is enough: the watcher looks at ready after it has taken it, and before it
// waits for the next.
func (e *Engine) alert() {
	if e.over.Len() > 0 && e.parked.Load() {
		e.ring()
	}
}

func (e *Engine) ring() {
	select {
	case e.signal <- struct{}{}:
	default: // there is one already
	}
}

// Watch parks the goroutine on a channel until there is something to reap or Wake was called.
func (e *Engine) Watch() {
	e.watches.Add(1)
	e.parked.Store(true) // before ready is looked at, as alert does it the other way round
	for e.over.Len() == 0 && !e.woken.Load() {
		<-e.signal
	}
	e.parked.Store(false)
}

// Wake ends the current or the next Watch.
func (e *Engine) Wake() {
	e.woken.Store(true)
	e.ring()
}

// Rearm takes Wake back.
func (e *Engine) Rearm() { e.woken.Store(false) }
