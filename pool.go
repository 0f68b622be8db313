// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package iocp

import (
	"context"
	"sync"
	"sync/atomic"
)

// Completer is an operation that knows what to do with its packet. A [Pool] calls Complete for
// it, so that operations of many kinds need no switch.
type Completer interface {
	Op

	// Complete takes the packet of the operation. It is called by a worker of the pool and
	// counts against the concurrency value while it runs and is not blocked.
	Complete(c Completion)
}

// PoolConfig says how a [Pool] serves its port.
type PoolConfig struct {
	// Workers is the number of goroutines; zero is twice the concurrency value, so that
	// others can run while some are blocked (C15).
	Workers int

	// Batch is how many packets a worker takes at a time; zero is one. A larger batch saves
	// system calls, but the packets of one wait for each other: use it when handlers are
	// short and do not block.
	Batch int

	// Handler takes the packets whose Op is no Completer; nil drops them.
	Handler func(Completion)
}

// Pool is a group of workers that serves a port. It does not own the port: closing the port
// ends the workers, too.
type Pool struct {
	port    *Port
	handler func(Completion)
	batch   int
	n       int
	busy    atomic.Int32 // workers outside Get
	stop    atomic.Bool  // Shutdown was called
	drained chan struct{}
	once    sync.Once
	wg      sync.WaitGroup
}

// poolStop tells one worker of the pool to end.
type poolStop struct {
	Overlapped
	pool *Pool
}

// NewPool starts workers that serve p. Other goroutines may call Get on p as well.
func NewPool(p *Port, cfg PoolConfig) *Pool {
	n := cfg.Workers
	if n <= 0 {
		n = max(2*p.Concurrency(), 1)
	}
	pl := &Pool{port: p, handler: cfg.Handler, batch: max(cfg.Batch, 1), n: n, drained: make(chan struct{})}
	if pl.handler == nil {
		pl.handler = func(Completion) {}
	}
	pl.busy.Store(int32(n))
	for range n {
		pl.wg.Go(pl.work)
	}
	return pl
}

func (pl *Pool) work() {
	defer pl.port.Leave()
	buf := make([]Completion, pl.batch)
	for {
		if pl.busy.Add(-1) == 0 {
			pl.checkDrained()
		}
		n, err := pl.port.GetBatch(buf, Infinite)
		pl.busy.Add(1)
		if err != nil {
			return
		}
		if pl.serve(buf[:n]) {
			return
		}
		clear(buf[:n])
	}
}

// serve handles packets; true: the worker shall end. What a worker that ends has taken beside
// goes back to the port.
func (pl *Pool) serve(packets []Completion) (end bool) {
	for i, c := range packets {
		switch op := c.Op.(type) {
		case Completer:
			op.Complete(c)
		case *poolStop:
			if op.pool == pl {
				for _, rest := range packets[i+1:] {
					pl.port.Post(rest)
				}
				return true
			}
			pl.port.Post(c) // another pool's
		default:
			pl.handler(c)
		}
	}
	return false
}

// checkDrained ends the wait of Shutdown when nothing is left to do.
func (pl *Pool) checkDrained() {
	if !pl.stop.Load() {
		return
	}
	if s := pl.port.Stats(); s.InFlight == 0 && s.Queued == 0 && pl.busy.Load() == 0 {
		pl.once.Do(func() { close(pl.drained) })
	}
}

// Shutdown waits until no operation is in flight and no packet queued or being handled, and
// then ends the workers and waits for them. The caller sees to it that nothing new is started:
// it closes or cancels what would otherwise stay in flight for ever.
//
// If ctx is done before, the workers are told to end without waiting any longer for
// operations, and ctx.Err() is returned. It blocks; any goroutine but the pool's workers may
// call it.
func (pl *Pool) Shutdown(ctx context.Context) error {
	pl.stop.Store(true)
	if pl.busy.Load() == 0 {
		pl.checkDrained()
	}
	ended := make(chan struct{})
	go func() {
		pl.wg.Wait() // the port may be closed meanwhile
		close(ended)
	}()
	var err error
	select {
	case <-pl.drained:
	case <-ended:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	}
	for range pl.n {
		pl.port.Post(Completion{Op: &poolStop{pool: pl}})
	}
	select {
	case <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return err
}
