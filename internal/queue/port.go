// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"iocp/internal/netpoll"
	"iocp/internal/worker"
)

// The ends of a Get without a packet.
var (
	ErrTimeout = errors.New("no packet came in time")
	ErrClosed  = errors.New("the port is closed")

	// ErrDismissed: the caller's Group was dismissed.
	ErrDismissed = errors.New("the worker is dismissed")
)

// Source brings packets that nobody posts. Package iocp puts an engine behind it; the
// methods and which of them are called with the port's lock held are those of
// engine.Engine, except that Reap gives finished packets.
//
// Reap may consume completions and return none, when they were steps of longer operations;
// it may queue further requests then.
type Source[P any] interface {
	Pending() int                          // locked
	InFlight() int                         // locked
	Ready() int                            // locked
	Work() bool                            // locked
	Held() int                             // locked: operations that go on only when something is reaped
	Started() int                          // locked: operations that will still make a packet
	Reap(buf []P) int                      // locked
	Publish() int                          // locked
	Enter(n int, events bool) (int, error) // one goroutine at a time
	Watch()                                // one goroutine at a time
	Wake()                                 // locked
	Rearm()                                // locked
	Nudge()
}

// Port is the queue. The exported methods may be called by any goroutine.
type Port[P any] struct {
	mu     Lock
	max    int
	ws     *Workers[P]
	closed bool
	failed error // what the source broke with

	packets fifo[P]
	inlet   inlet[P]

	top     *Worker[P] // the waiter stack, doubly linked: timeouts leave from the middle
	waiters int        // on the stack
	seq     uint64

	running []*Worker[P]
	blocked []*Worker[P]
	rr      int // round robin over blocked
	tick    uint32

	src      Source[P]                 // nil until there is something to watch: posts alone never pay for it
	dwells   dweller                   // src, if it is one and a worker may dwell in it
	last     atomic.Pointer[Worker[P]] // that left Get with packets; stored under the lock
	deferred int                       // calls of Submit that left it to the next Get, since the last Enter
	leaves   int                       // packets of the last Get from which that is done

	busy    bool       // a goroutine is inside src.Enter; it submits for all
	watcher *Worker[P] // parked in src.Watch; not on the stack
	inWatch bool       // a goroutine is inside src.Watch, or has not come back to tell
	kicked  bool       // src.Wake was called: nobody may watch before Rearm
	driving bool       // it is Drive that watches

	lazy      bool // the source is: see SetSource
	bubble    bool // made in a bubble of testing/synctest, where time stands still while anybody runs
	lookout   lookout
	alone     bool // one processor for all goroutines
	lingering bool // the watcher is not in src.Watch, and needs no Wake
	lulls     lulls
	habit     habit // of those who dwell
	visits    visits[P]
	nudging   bool // the monitor is in src.Nudge

	hold  int64  // ns a worker stays outside Get (see noteHold); rises at once, falls by 1/16
	moves uint32 // dequeues: progress, for the monitor

	awaited []*Group // whose idleness somebody waits for

	onMonitor    bool
	monitorMoves uint32
	quietSince   int64
	blocks       int  // looks of the monitor for which packets are likely to wait for workers that block
	naps         bool // that has been so; until the port is closed

	stats Stats
}

// shortHold is how long workers may usually stay outside Get, in ns, for a port to leave
// requests unsubmitted and completions unwatched until they come back. Waking another worker
// for less costs more than it gives: 10 to 40 % of the processor time of an echo server.
const (
	shortHold  = 20_000
	packetHold = 2_000 // besides, for each packet of a batch
)

// New returns a port with concurrency value n; 0 means the number of processors now (A29).
// The first New of a process calibrates internal/worker, which takes some milliseconds.
func New[P any](ws *Workers[P], n int) *Port[P] {
	worker.Calibrate()
	if n <= 0 {
		n = runtime.NumCPU()
	}
	return &Port[P]{ws: ws, max: n, bubble: worker.InBubble(), alone: runtime.GOMAXPROCS(0) == 1}
}

// Concurrency returns the concurrency value.
func (p *Port[P]) Concurrency() int { return p.max }

// Lock takes the port's lock, for the owner of its Source.
func (p *Port[P]) Lock() { p.mu.Lock() }

// Unlock gives it back.
func (p *Port[P]) Unlock() { p.mu.Unlock() }

// SetSource gives the port its source. If that has a method Lazy() bool and it returns true, nothing
// happens there unless somebody waits for it. So there is nothing for the monitor to keep going as
// long as nobody does, and a program of one goroutine has the port for itself.
func (p *Port[P]) SetSource(src Source[P]) {
	l, ok := src.(interface{ Lazy() bool })
	lazy := ok && l.Lazy()
	alone := p.alone && !lazy && !p.bubble
	var visitor *netpoll.Visitor
	if alone {
		visitor = netpoll.New()
	}
	p.mu.Lock()
	p.shut()
	p.src, p.lazy = src, lazy
	p.leaves = deferFrom
	if d, ok := src.(dweller); ok && d.Dwells() && alone {
		p.dwells, p.leaves = d, 1
	}
	if !p.closed {
		p.visits.on, p.visits.visitor, visitor = alone, visitor, nil
	}
	p.mu.Unlock()
	if visitor != nil { // closed meanwhile
		visitor.Close()
	}
}

// DropSource takes the source of a closed port away. When it returns, nobody is in a call of
// it and nobody will be.
func (p *Port[P]) DropSource() {
	p.mu.Lock()
	for p.inWatch || p.busy || p.nudging {
		p.yield()
	}
	p.src, p.dwells = nil, nil
	p.mu.Unlock()
}

// Gather moves what the source has ready into the queue, so that the owner of the source
// sees which operations are over. The watcher does not see what is there no more, so waiters
// are released as by Post. Locked; Settle or Submit must follow.
func (p *Port[P]) Gather() {
	p.gather()
	if p.packets.n > 0 && p.newest() != nil {
		p.look()
		p.release(p.max)
	}
}

// GatherAll is Gather which enters the kernel for what only that brings: a full completion queue holds
// back the rest, and nobody may ever call Get. The lock is free meanwhile.
func (p *Port[P]) GatherAll() {
	p.gatherAll()
	p.Gather()
}

// The accounting below is done with the lock held.

// count makes w a running worker. A closed port has none, but a packet handed over before may
// still be on its way to one (B25).
func (p *Port[P]) count(w *Worker[P]) {
	if p.closed || w.state == wRunning {
		return
	}
	if w.state == wBlocked {
		remove(&p.blocked, w)
	}
	w.state, w.sysSince, w.idx = wRunning, 0, len(p.running)
	p.running = append(p.running, w)
}

// uncount takes w out of both lists.
func (p *Port[P]) uncount(w *Worker[P]) {
	switch w.state {
	case wRunning:
		remove(&p.running, w)
	case wBlocked:
		remove(&p.blocked, w)
	}
	w.state = wNone
}

// block frees the slot of w, which stays with the port (C05).
func (p *Port[P]) block(w *Worker[P]) {
	p.uncount(w)
	w.state, w.idx = wBlocked, len(p.blocked)
	p.blocked = append(p.blocked, w)
	p.stats.Released++
}

func remove[P any](list *[]*Worker[P], w *Worker[P]) {
	l := *list
	last := len(l) - 1
	l[w.idx] = l[last]
	l[w.idx].idx = w.idx
	l[last] = nil
	*list = l[:last]
}

// others is the number of running workers without w.
func (p *Port[P]) others(w *Worker[P]) int {
	if w.state == wRunning {
		return len(p.running) - 1
	}
	return len(p.running)
}

// dissociate ends w's association with p (C08, or its goroutine has ended: C07).
func (p *Port[P]) dissociate(w *Worker[P]) {
	p.mu.Lock()
	if w.port.Load() == p {
		p.forget(w)
		p.release(p.max)
		p.promote()
	}
	p.unlockMonitored()
}

// forget takes w off the port's books.
func (p *Port[P]) forget(w *Worker[P]) {
	p.uncount(w)
	w.unfollow()
	w.port.Store(nil)
}

// backlog is the number of packets a Get could take without entering the kernel.
func (p *Port[P]) backlog() int {
	if p.src == nil {
		return p.packets.n
	}
	return p.packets.n + p.src.Ready()
}

// take moves packets to buf: those of the queue first, which are older than any the source
// holds, since Post collects the source's before it appends (D08).
func (p *Port[P]) take(buf []P) int {
	n := p.packets.pop(buf)
	if p.src != nil && n < len(buf) {
		n += p.src.Reap(buf[n:])
	}
	return n
}

// gather moves what the source has ready into the queue. more: it has something that makes no packet
// yet, such as a step of a longer operation, or that only Enter brings.
func (p *Port[P]) gather() (more bool) {
	if p.src == nil {
		return false
	}
	for p.src.Ready() > 0 {
		room := p.packets.room()
		n := p.src.Reap(room)
		p.packets.added(n)
		if n == 0 {
			return true
		}
		p.Stir()
	}
	return false
}

// gatherAll: see GatherAll. It goes on while that brings packets: the kernel gives no more at a time than
// the completion queue holds. Somebody else who is in the kernel keeps it from going there.
func (p *Port[P]) gatherAll() {
	for n := -1; p.gather() && !p.busy && n < p.packets.n; p.enter(true) {
		n = p.packets.n
	}
}

// enter submits what is pending and, with events, lets the kernel finish deferred work. The
// lock is held on entry and exit and free in between. Whoever finds somebody inside leaves
// it to him. It reports whether the kernel took everything.
func (p *Port[P]) enter(events bool) bool { return p.enterFor(events, 0) }

// enterFor is enter which, with a positive d, dwells in the kernel for up to d.
func (p *Port[P]) enterFor(events bool, d time.Duration) bool {
	for first := true; !p.busy; first = false {
		n := p.src.Publish()
		p.deferred = 0
		if n == 0 && !(first && events) {
			return true
		}
		src, dweller := p.src, p.dwells
		p.busy = true
		p.stats.Enters++
		p.mu.Unlock()
		var m int
		var err error
		if d > 0 && dweller != nil {
			m, err = dweller.Dwell(n, d)
			d = 0
		} else {
			m, err = src.Enter(n, events)
		}
		p.mu.Lock()
		p.busy = false
		p.stats.Submitted += uint64(m)
		if err != nil {
			p.fail(err)
			return false
		}
		if m < n {
			return false // the kernel is short of something; the monitor tries again
		}
		if p.src.Pending() == 0 { // nearly always, and cheaper to ask for than to publish
			return true
		}
	}
	return true
}

// fail ends the port when its source is broken: every waiter and every later Get gets err,
// rather than a silence.
func (p *Port[P]) fail(err error) {
	if p.failed == nil {
		p.failed = err
		p.evict(err)
	}
}

// evict wakes every waiter with err.
func (p *Port[P]) evict(err error) {
	for w := p.newest(); w != nil; w = p.newest() {
		w.n, w.err = 0, err
		stacked := p.give(w)
		p.forget(w)
		if stacked {
			w.sema <- struct{}{}
		}
	}
}

// Len is the number of packets queued (D11).
func (p *Port[P]) Len() int {
	p.mu.Lock()
	p.gather()
	p.refresh()
	n := p.packets.n
	p.release(p.max)
	p.unlockMonitored()
	return n
}

// Flush submits what is pending (see Submit).
func (p *Port[P]) Flush() {
	p.mu.Lock()
	if p.src != nil && p.failed == nil {
		p.enter(false)
	}
	p.unlockMonitored()
}

var base = time.Now()

// nanotime is a monotonic clock; reading it costs as much as posting a packet. It is positive in a
// bubble of testing/synctest, too, where it is the year 2000.
func nanotime() int64 { return int64(time.Since(base)) + 1<<61 }

// Failed returns what the source broke with, or nil.
func (p *Port[P]) Failed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}
