// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"context"
	"sync"

	"iocp/internal/queue"
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
	// others can run while some are blocked (C15), but no more than 4096: a large value is
	// a way of saying that there shall be no bound.
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
	group   *queue.Group
	wg      sync.WaitGroup
}

// maxWorkers bounds the workers that a pool has without being asked for more.
const maxWorkers = 4096

// NewPool starts workers that serve p. Other goroutines may call Get on p as well.
func NewPool(p *Port, cfg PoolConfig) *Pool {
	n := cfg.Workers
	if n <= 0 {
		n = max(2*min(p.Concurrency(), maxWorkers/2), 1)
	}
	pl := &Pool{port: p, handler: cfg.Handler, batch: max(cfg.Batch, 1), n: n, group: queue.NewGroup(n)}
	if pl.handler == nil {
		pl.handler = func(Completion) {}
	}
	for range n {
		pl.wg.Go(pl.work)
	}
	return pl
}

func (pl *Pool) work() {
	c, err := pl.port.core()
	if err != nil {
		return
	}
	c.q.Join(pl.group)
	defer c.q.Leave()
	buf := make([]Completion, pl.batch)
	for {
		n, err := pl.port.GetBatch(buf, Infinite)
		if err != nil {
			return
		}
		pl.serve(buf[:n])
		clear(buf[:n])
	}
}

func (pl *Pool) serve(packets []Completion) {
	for _, c := range packets {
		if op, ok := c.Op.(Completer); ok {
			op.Complete(c)
		} else {
			pl.handler(c)
		}
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
	if pl.port == nil || pl.port.c == nil {
		return ErrInvalidHandle // there never was a port, and no worker stayed
	}
	q := pl.port.c.q // also of a handle that was closed meanwhile
	q.Await(pl.group)
	ended := make(chan struct{})
	go func() {
		pl.wg.Wait() // the port may be closed meanwhile
		close(ended)
	}()
	var err error
	select {
	case <-pl.group.Idle():
	case <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	q.Dismiss(pl.group)
	select {
	case <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return err
}
