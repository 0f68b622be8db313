// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"context"
	"iter"
	"math"
	"sync/atomic"
	"time"

	"iocp/internal/engine"
	"iocp/internal/queue"
	"iocp/internal/sys"
)

// Config says how a port is made. Its zero value is a good port.
type Config struct {
	// Concurrency is the concurrency value: how many workers may run at one time. Zero is
	// the number of processors at creation (A29). A worker runs from the moment it is
	// given packets until it asks again, except while it is blocked.
	Concurrency int

	// Engine names the engine that drives operations: [EngineURing], [EngineEpoll], [EnginePortable]
	// and so on, or "" for the best one that works on this machine. [Engines] lists them.
	Engine string

	// MaxInFlight bounds the operations that are in flight at one time; starting one more
	// fails with [ErrTooManyOperations]. Zero is 1,048,576.
	MaxInFlight int
}

// Port is a completion port: a queue of packets that a group of workers serves. See the
// package documentation for what it promises.
//
// A Port is a handle; [Port.Duplicate] makes another on the same queue. All methods may be
// called by any goroutine at any time.
type Port struct {
	c      *core
	closed atomic.Bool
}

// NewPort makes a completion port with no endpoint (A01). It takes no descriptor and starts
// no goroutine; the first endpoint that is associated brings the engine.
//
// Errors: [ErrInvalidParameter] for a number that is negative or has more than 31 bits, or an unknown engine, [*EngineError] if
// the engine that Config names is refused here. Without a name the refusal comes from the
// first [Port.Associate], so that a port which is only posted to works everywhere.
func NewPort(cfg Config) (*Port, error) {
	if cfg.Engine != "" {
		if err := probeEngine(cfg.Engine); err != nil {
			return nil, err
		}
	}
	return newPortOn(sys.Host, cfg, func() (engine.Engine, error) { return newEngine(cfg.Engine) })
}

func newPortOn(s sys.System, cfg Config, makeEngine func() (engine.Engine, error)) (*Port, error) {
	if cfg.Concurrency < 0 || cfg.Concurrency > math.MaxInt32 || cfg.MaxInFlight < 0 || cfg.MaxInFlight > math.MaxInt32 {
		return nil, parameterError("Config.Concurrency and Config.MaxInFlight must be 0 or a positive 32-bit number")
	}
	return &Port{c: newCore(s, cfg, makeEngine)}, nil
}

// core returns the port behind the handle, or why there is none.
func (p *Port) core() (*core, error) {
	if p == nil || p.c == nil {
		return nil, ErrInvalidHandle
	}
	if p.closed.Load() {
		return nil, ErrClosed
	}
	return p.c, nil
}

// Associate makes the packets of e's operations come to this port, with the given key. An
// endpoint belongs to one port from then until it is closed (A13); its duplicates share the
// association and the key (F19). The key is kept as it is and need not be unique (A27, A28).
//
// Errors: [ErrAlreadyAssociated]; [ErrInvalidHandle] for a nil or closed endpoint; [ErrClosed]
// for a closed port; [*EngineError] if no engine works here. After an error nothing has
// changed (A03, A09, A15). Associate does not block.
func (p *Port) Associate(e Endpoint, key any) error {
	c, err := p.core()
	if err != nil {
		return err
	}
	o, err := objectFrom(e)
	if err != nil {
		return err
	}
	if o.port.Load() != nil {
		return ErrAlreadyAssociated
	}
	if err := c.ensureEngine(); err != nil {
		return err
	}
	return o.associate(c, key)
}

// Get waits for a packet and takes it. A negative timeout ([Infinite]) waits as long as it
// takes, zero polls. The calling goroutine becomes a worker of this port, until it calls Get
// on another one or ends (B17, C08).
//
// Errors: [ErrTimeout]; [ErrClosed] when the port was closed before or during the wait. They
// say that no packet was taken (B02); why an operation failed is in Completion.Err (B03). A
// poll while as many other workers run as the concurrency value allows ends with ErrTimeout
// although packets are queued (C09).
func (p *Port) Get(timeout time.Duration) (k Completion, err error) {
	err = p.get(queue.NoContext, timeout, &k)
	return k, err
}

// GetContext is [Port.Get] without a timeout that ends with ctx.Err() when ctx is done and
// there is no packet to take. A loop that passes the same context every time pays for it
// once.
func (p *Port) GetContext(ctx context.Context) (k Completion, err error) {
	err = p.get(ctx, Infinite, &k)
	return k, err
}

func (p *Port) get(ctx context.Context, timeout time.Duration, k *Completion) error {
	c, err := p.core()
	if err != nil {
		return err
	}
	if err := c.q.GetInto(ctx, timeout, k); err != nil {
		return portError(err)
	}
	if k.ov != nil {
		k.dequeue()
	}
	return nil
}

// GetBatch waits like [Port.Get] and takes up to len(buf) packets, in the order they came,
// without waiting for more than one (E01, E02). It returns how many. The batch costs one
// slot of the concurrency value (C12). buf belongs to the port until GetBatch returns.
//
// Errors: those of Get; [ErrInvalidParameter] if buf is empty (E05).
func (p *Port) GetBatch(buf []Completion, timeout time.Duration) (int, error) {
	return p.getBatch(queue.NoContext, buf, timeout)
}

// GetBatchContext is [Port.GetBatch] with a context that ends the wait too, as in
// [Port.GetContext]; whichever of the two is over first.
func (p *Port) GetBatchContext(ctx context.Context, buf []Completion, timeout time.Duration) (int, error) {
	return p.getBatch(ctx, buf, timeout)
}

func (p *Port) getBatch(ctx context.Context, buf []Completion, timeout time.Duration) (int, error) {
	c, err := p.core()
	if err != nil {
		return 0, err
	}
	if len(buf) == 0 {
		return 0, errEmptyBatch
	}
	n, err := c.q.Get(ctx, buf, timeout)
	if err != nil {
		return 0, portError(err)
	}
	for i := range buf[:n] {
		buf[i].dequeue()
	}
	return n, nil
}

// All returns an iterator over the packets, each taken with [Port.Get] and no timeout. It ends
// when the port is closed.
//
//	for c := range port.All() {
//		...
//	}
func (p *Port) All() iter.Seq[Completion] {
	return func(yield func(Completion) bool) {
		for {
			c, err := p.Get(Infinite)
			if err != nil || !yield(c) {
				return
			}
		}
	}
}

// Post queues a packet with the values of c as they are; nothing is checked or touched, and
// c.Op may be nil (D01, D02). It comes out behind every packet that came before (D08). Post
// never blocks. The queue is bounded by memory alone (D09).
//
// Error: [ErrClosed].
func (p *Port) Post(c Completion) error {
	k, err := p.core()
	if err != nil {
		return err
	}
	c.ov = nil
	if err := k.q.PostFrom(&c); err != nil {
		return portError(err)
	}
	return nil
}

// Blocking runs f, which may block, without holding the caller's slot of the concurrency
// value: another worker is released at once, exactly and immediately, where the port would
// otherwise have to notice. When f returns, the caller counts again without asking (C05,
// C06). In a goroutine that is no worker of this port it just runs f.
func (p *Port) Blocking(f func()) {
	c, err := p.core()
	if err != nil {
		f()
		return
	}
	c.q.Blocking(f)
}

// Leave ends the calling goroutine's association with the port and gives its slot back. A
// worker that ends, or calls Get on another port, need not call it: that is noticed (C07,
// C08), only later.
func (p *Port) Leave() {
	if c, err := p.core(); err == nil {
		c.q.Leave()
	}
}

// Flush hands the kernel what workers have left to be submitted by their next Get. A worker
// that starts operations and then computes or waits for long may call it; otherwise a
// monitor does it after some tens of microseconds up to ten milliseconds.
func (p *Port) Flush() {
	if c, err := p.core(); err == nil {
		c.q.Flush()
	}
}

// Concurrency returns the concurrency value. It never changes (A30).
func (p *Port) Concurrency() int {
	if p == nil || p.c == nil {
		return 0
	}
	return p.c.concurrency
}

// Len returns the number of packets queued (D11).
func (p *Port) Len() int {
	c, err := p.core()
	if err != nil {
		return 0
	}
	return c.q.Len()
}

// Engine returns the name of the engine, or "" as long as nothing has been associated.
func (p *Port) Engine() string {
	c, err := p.core()
	if err != nil {
		return ""
	}
	c.setup.Lock()
	defer c.setup.Unlock()
	if c.eng == nil {
		return ""
	}
	return c.eng.Name()
}

// Duplicate returns another handle on the same port (B23). The port lives until the last of
// them is closed (B24). Error: [ErrClosed].
func (p *Port) Duplicate() (*Port, error) {
	c, err := p.core()
	if err != nil {
		return nil, err
	}
	for {
		n := c.handles.Load()
		if n == 0 {
			return nil, ErrClosed
		}
		if c.handles.CompareAndSwap(n, n+1) {
			return &Port{c: c}, nil
		}
	}
}

// Close closes the handle. With the last one the port is closed: every waiting Get ends with
// [ErrClosed] (B04, E11), and packets that are still queued are dropped (J14). A packet that
// was handed to a waiter before reaches it (B25).
//
// Endpoints stay associated (A16): operations in flight go on and end, new ones work, their
// results can be read with [Overlapped.Result], and their packets go to nobody (J13). Close
// the endpoints to give back what the port holds.
//
// Error: [ErrClosed] for a handle that is closed already.
func (p *Port) Close() error {
	c, err := p.core()
	if err != nil {
		return err
	}
	if p.closed.Swap(true) {
		return ErrClosed
	}
	if c.handles.Add(-1) == 0 {
		c.shut()
	}
	return nil
}
