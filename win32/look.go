// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"slices"
	"sync"
	"sync/atomic"

	"iocp/internal/hook"
)

// watched are the ports on which package iocp's operations end directly. On a port that nobody
// serves the end is noticed only by who looks; those who wait for an event, or
// read a status block, do so.
var watched struct {
	mu    sync.Mutex
	ports atomic.Pointer[[]*port]
}

// watch adds p. It may be there.
func (p *port) watch() {
	watched.mu.Lock()
	defer watched.mu.Unlock()
	if old := watchedPorts(); !slices.Contains(old, p) && p.references().Load() > 0 {
		ports := append(slices.Clip(old), p)
		watched.ports.Store(&ports)
	}
}

// unwatch takes p away when it is closed: package iocp ends what is left by itself then.
func (p *port) unwatch() {
	watched.mu.Lock()
	defer watched.mu.Unlock()
	old := watchedPorts()
	if i := slices.Index(old, p); i >= 0 {
		ports := slices.Delete(slices.Clone(old), i, i+1)
		watched.ports.Store(&ports)
	}
}

func watchedPorts() []*port {
	if ports := watched.ports.Load(); ports != nil {
		return *ports
	}
	return nil
}

// lookAtPorts ends what is over on the watched ports. It takes no packet and does not block. The
// lock of no port may be held.
func lookAtPorts() {
	for _, p := range watchedPorts() {
		hook.Look(p.p)
	}
}

// A port can be waited for: until it has packets, of which none is taken, or is closed (B26).
func (p *port) ready() bool   { return p.p.Len() > 0 || p.references().Load() == 0 }
func (p *port) take() bool    { return p.ready() }
func (p *port) giveBack()     {}
func (p *port) join(*waiter)  {}
func (p *port) leave(*waiter) {}

func (p *port) look() bool {
	hook.Look(p.p)
	return true
}
