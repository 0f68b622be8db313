// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"sync/atomic"

	"iocp/internal/engine"
	"iocp/internal/engine/inflight"
	"iocp/internal/engine/pool"
	"iocp/internal/engine/spin"
)

// Engine implements engine.Engine, whose comments say which methods are called under the port's
// lock.
type Engine struct {
	table       inflight.Table[request] // guarded by the port's lock, like the next
	reaped      uint64
	submissions inflight.Submissions[request] // guarded by the port's lock, up to Enter

	known struct {
		spin.Mutex
		byFD   []*desc
		closed bool
	}
	pool  pool.Pool[request, room]
	files files // what the pool needs for positioned

	over    inflight.Finished[request] // what Reap finds
	parked  atomic.Bool                // somebody is in Watch, and may be asleep
	woken   atomic.Bool                // by Wake
	signal  chan struct{}              // ends the sleep
	enters  atomic.Uint64
	watches atomic.Uint64
	waiting atomic.Int32 // goroutines of lines
}

var _ engine.Engine = (*Engine)(nil)

// New makes an engine. It fails with the error of Probe where Go's poller cannot be used. It does
// not block.
func New() (*Engine, error) {
	if info := Probe(); !info.Available {
		return nil, info.Err
	}
	return newEngine(), nil
}

func newEngine() *Engine {
	e := &Engine{signal: make(chan struct{}, 1)}
	e.pool.Init(pool.Work[request, room]{Do: e.block, Over: e.carriedOut})
	return e
}

// Name returns "portable".
func (e *Engine) Name() string { return "portable" }

// Stats counts what an engine has done since New.
type Stats struct {
	Enters  uint64 // calls of Enter
	Reaped  uint64 // operations reaped
	Watches uint64 // calls of Watch
	Waiting int    // goroutines that wait for descriptors
	Threads int    // goroutines of the pool
}

// Stats returns the counters. Locked.
func (e *Engine) Stats() Stats {
	return Stats{Enters: e.enters.Load(), Reaped: e.reaped, Watches: e.watches.Load(),
		Waiting: int(e.waiting.Load()), Threads: e.pool.Size()}
}

// Close gives the descriptors back and waits for the goroutines.
func (e *Engine) Close() error {
	e.known.Lock()
	e.known.closed = true
	all := e.known.byFD
	e.known.byFD = nil
	e.known.Unlock()
	for _, d := range all {
		if d != nil {
			d.giveUp()
		}
	}
	e.pool.Close()
	return nil
}
