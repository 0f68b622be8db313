// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "slices"

// Group is a set of workers that serve a port together and want to know when there is
// nothing left to do.
type Group struct {
	size int
	idle chan struct{}
}

// NewGroup returns a group of size workers, which join it one by one.
func NewGroup(size int) *Group { return &Group{size: size, idle: make(chan struct{})} }

// Idle is closed when, at some moment after Await, all workers of the group waited in Get with
// nothing queued, in flight or handed to them.
func (g *Group) Idle() <-chan struct{} { return g.idle }

// Join makes the calling goroutine a worker of the group.
func (p *Port[P]) Join(g *Group) {
	w := p.ws.self()
	p.mu.Lock()
	w.group = g
	p.mu.Unlock()
}

// Await starts to look for the moment that Group.Idle tells of.
func (p *Port[P]) Await(g *Group) {
	p.mu.Lock()
	if !slices.Contains(p.awaited, g) {
		p.awaited = append(p.awaited, g)
		p.checkIdle()
	}
	p.mu.Unlock()
}

// checkIdle is called when a worker has come to wait. Locked.
func (p *Port[P]) checkIdle() {
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
			close(g.idle)
		}
		return n == g.size
	})
}
