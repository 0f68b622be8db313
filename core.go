// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"iocp/internal/engine"
	"iocp/internal/queue"
	"iocp/internal/sys"
)

// workers knows every goroutine that has called Get on any port.
var workers queue.Workers[Completion]

// defaultMaxInFlight bounds the table of operations in flight.
const defaultMaxInFlight = 1 << 20

// core is the port itself, which lives as long as a [Port] handle or an associated endpoint
// does (A33, J13). It is also the queue's source: it turns what the engine has completed
// into packets. Everything from eng on is guarded by the queue's lock.
type core struct {
	q           *queue.Port[Completion]
	concurrency int
	sys         sys.System // the machine of its endpoints
	makeEngine  func() (engine.Engine, error)
	limit       int
	parallel    bool // more than one processor for goroutines: cached reads can be done by each
	handles     atomic.Int32

	setup sync.Mutex // makes the engine once

	eng     engine.Engine
	dweller engine.Dweller        // eng, if it is one
	held    int                   // operations that go on only when something is reaped
	objects int                   // associated and not closed for good
	pending int                   // operations started and not finished
	raw     [64]engine.Completion // the last: what is above lies together
}

func newCore(s sys.System, cfg Config, makeEngine func() (engine.Engine, error)) *core {
	c := &core{sys: s, makeEngine: makeEngine, limit: cfg.MaxInFlight, parallel: runtime.GOMAXPROCS(0) > 1}
	if c.limit == 0 {
		c.limit = defaultMaxInFlight
	}
	c.q = queue.New(&workers, cfg.Concurrency)
	c.concurrency = c.q.Concurrency()
	c.handles.Store(1)
	return c
}

// ensureEngine makes the engine when the first endpoint is associated: a port that is only
// posted to never pays for one.
func (c *core) ensureEngine() error {
	c.setup.Lock()
	defer c.setup.Unlock()
	if c.handles.Load() == 0 {
		return ErrClosed // shut has looked for the engine, or will find none
	}
	if c.eng != nil {
		return nil
	}
	e, err := c.makeEngine()
	if err != nil {
		return err
	}
	c.q.Lock()
	c.eng = e
	c.dweller, _ = e.(engine.Dweller)
	c.q.Unlock()
	c.q.SetSource(c)
	if a, ok := e.(interface{ Attend(func()) }); ok {
		a.Attend(c.attend) // of a lazy one: see Lazy
	}
	return nil
}

// attend takes what is over when nobody waits for it, and goes on with it.
func (c *core) attend() {
	c.q.Lock()
	c.q.Gather()
	c.q.Submit()
}

// shut ends the port when its last handle is closed. Endpoints that are still associated go
// on working; their packets go to nobody (J13).
func (c *core) shut() {
	discard(c.q.Close())
	c.setup.Lock()
	e := c.eng
	c.setup.Unlock()
	if e != nil {
		go c.outlive()
	}
}

// outlive drives what is left of a closed port, and then gives the engine back.
func (c *core) outlive() {
	c.q.Drive(func() bool { return c.objects == 0 && c.InFlight() == 0 }, discard)
	if c.q.Failed() != nil {
		return // the kernel may still use the memory of operations in flight
	}
	c.q.DropSource()
	c.eng.Close()
}

func discard(packets []Completion) {
	for i := range packets {
		packets[i].dequeue()
	}
}

// The methods below make core a queue.Source. All but Enter, Watch and Nudge are called
// with the queue's lock held.

func (c *core) Pending() int  { return c.eng.Pending() }
func (c *core) InFlight() int { return max(c.eng.InFlight(), c.pending) }
func (c *core) Ready() int    { return c.eng.Ready() }
func (c *core) Work() bool    { return c.eng.Work() }
func (c *core) Held() int     { return c.held }
func (c *core) Started() int  { return c.pending }
func (c *core) Publish() int  { return c.eng.Publish() }
func (c *core) Watch()        { c.eng.Watch() }
func (c *core) Wake()         { c.eng.Wake() }
func (c *core) Rearm()        { c.eng.Rearm() }
func (c *core) Nudge()        { c.eng.Nudge() }

// Lazy reports whether the engine is one of a machine whose time passes only while somebody waits.
func (c *core) Lazy() bool {
	e, ok := c.eng.(interface{ Lazy() bool })
	return ok && e.Lazy()
}

func (c *core) Enter(n int, events bool) (int, error) { return c.eng.Enter(n, events) }

// Dwells reports whether the engine is an engine.Dweller.
func (c *core) Dwells() bool { return c.dweller != nil }

func (c *core) Dwell(n int, d time.Duration) (int, error) { return c.dweller.Dwell(n, d) }

// Reap turns finished operations into packets. What was a step of a longer operation, or a request of
// an object's own, makes none.
func (c *core) Reap(buf []Completion) int {
	n := 0
	for n < len(buf) {
		raw := c.raw[:min(len(c.raw), len(buf)-n)]
		m := c.eng.Reap(raw)
		for i := range raw[:m] {
			req, res := raw[i].Op, raw[i].Res
			raw[i].Op = nil // one by one: they are few, and a call to clear them all costs more
			if req.Tag == ownRequest {
				objectOf(req).requested(c, res)
				continue
			}
			ov := overlappedOf(req)
			if !ov.whole(res) && !ov.advance(c, res) {
				continue // a step of a longer operation
			}
			if ov.finish(c, &buf[n]); ov.tell(&buf[n]) {
				n++
			}
		}
		if m < len(raw) {
			break
		}
	}
	return n
}

// deliver finishes an operation without the engine.
func (c *core) deliver(ov *Overlapped) {
	var packet Completion
	if ov.finish(c, &packet); ov.tell(&packet) {
		c.q.Deliver(packet)
	}
}
