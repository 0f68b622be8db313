// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

// A ring goes on by itself: the kernel completes what is in it whether or not anybody comes for
// the packets. Here somebody has to look, and on a port whose workers are all busy, or gone,
// nobody does. So while requests wait a timer looks in their place, if nobody has since it last
// did. It rests while a watcher is parked.

// beginGuard starts the timer if requests wait. drive is held.
func (e *Engine) beginGuard() {
	if e.waits > 0 {
		e.guard.Begin(e.looks.Load())
	}
}

// guardRound is one round of the timer.
func (e *Engine) guardRound() {
	e.drive.Lock()
	defer e.alert()
	defer e.drive.Unlock()
	g := &e.guard
	switch {
	case e.closed || e.waits == 0:
		g.End()
		return
	case g.Rest(&e.parked):
		return
	case g.Alone(e.looks.Load()):
		e.lookAll()
		e.show()
	}
	g.Next(e.looks.Load(), e.found)
}
