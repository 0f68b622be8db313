// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "slices"

// Group is a set of workers that serve a port together and want to know when there is
// nothing left to do.
type Group struct {
	size int
	idle chan struct{}
	told bool // idle is closed
	over bool
}

// NewGroup returns a group of size workers, which join it one by one.
func NewGroup(size int) *Group { return &Group{size: size, idle: make(chan struct{})} }

// Idle is closed when, at some moment after Await, all workers of the group waited in Get with
// nothing queued, in flight or handed to them.
func (g *Group) Idle() <-chan struct{} { return g.idle }

// Join makes the calling goroutine a worker of the group.
func (p *Port[P]) Join(g *Group) {
	w := p.caller()
	p.mu.Lock()
	w.group = g
	p.mu.Unlock()
}

// Await starts to look for the moment that Group.Idle tells of.
func (p *Port[P]) Await(g *Group) {
	p.mu.Lock()
	if !g.told && !slices.Contains(p.awaited, g) {
		p.awaited = append(p.awaited, g)
		p.checkIdle()
	}
	p.mu.Unlock()
}

// Dismiss ends the service of the group: its workers get ErrDismissed, those that wait now
// and the others when they call Get again. Packets stay for others. A packet to say so could go
// round for ever among the workers of other groups, the newest of which would always get it.
func (p *Port[P]) Dismiss(g *Group) {
	p.mu.Lock()
	g.over = true
	p.awaited = slices.DeleteFunc(p.awaited, func(o *Group) bool { return o == g })
	if w := p.watcher; w != nil && w.group == g {
		p.dismiss(w)
	}
	for w := p.top; w != nil; {
		next := w.next
		if w.group == g {
			p.dismiss(w)
		}
		w = next
	}
	p.promote()
	p.unlockMonitored()
}

func (p *Port[P]) dismiss(w *Worker[P]) {
	w.n, w.err = 0, ErrDismissed
	if p.give(w) {
		w.sema <- struct{}{}
	}
	w.port.Store(nil)
}

// checkIdle is called when a worker has come to wait, and when somebody else may have taken or
// finished what was left. Locked.
func (p *Port[P]) checkIdle() {
	p.refresh()
	if p.backlog() > 0 || p.src != nil && p.src.Started() > 0 {
		return
	}
	p.awaited = slices.DeleteFunc(p.awaited, func(g *Group) bool {
		n := 0
		if p.watcher != nil && p.watcher.group == g {
			n++
		}
		for w := p.top; w != nil; w = w.next {
			if w.group == g {
				n++
			}
		}
		if n == g.size {
			g.told = true
			close(g.idle)
		}
		return g.told
	})
}
