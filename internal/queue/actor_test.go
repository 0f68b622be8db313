// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"errors"
	"flag"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/worker"
)

var (
	seedFlag = flag.Uint64("seed", 0, "seed of the first random history; 0 takes one from the clock")
	longFlag = flag.Bool("long", false, "run the stress tests longer")
)

// patience is how long a test waits for what must happen. It only matters when it fails.
const patience = 30 * time.Second

// until waits for cond, running all the while: whoever waits here reads as running.
func until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for start := time.Now(); !cond(); runtime.Gosched() {
		if time.Since(start) > patience {
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// An actor is a goroutine that carries out orders. Between two orders it spins: if it waited
// on a channel for the next one, the port would rightly take it for blocked.
type actor struct {
	id    worker.ID
	ready atomic.Bool
	order atomic.Pointer[func()]
	given uint64
	done  atomic.Uint64
	quit  bool // set by an order
	over  atomic.Bool
	gate  chan struct{}
}

// newActor starts an actor. A port must have been made before, so that goroutines can be
// told apart.
func newActor(t testing.TB) *actor {
	t.Helper()
	a := &actor{gate: make(chan struct{})}
	go a.run()
	t.Cleanup(func() { a.over.Store(true) }) // one that is idle and was not told to exit
	until(t, "an actor starts", a.ready.Load)
	return a
}

func actors(t testing.TB, n int) []*actor {
	all := make([]*actor, n)
	for i := range all {
		all[i] = newActor(t)
	}
	return all
}

func (a *actor) run() {
	a.id = worker.Self()
	a.ready.Store(true)
	for !a.quit && !a.over.Load() {
		if f := a.order.Swap(nil); f != nil {
			(*f)()
			a.done.Add(1)
		}
		runtime.Gosched()
	}
}

func (a *actor) idle() bool { return a.done.Load() == a.given }

// start gives an order without waiting for its end. What an order did can be seen a moment
// before the actor is ready for the next one.
func (a *actor) start(f func()) {
	for start := time.Now(); !a.idle(); runtime.Gosched() {
		if time.Since(start) > patience {
			panic("the actor is still busy with its last order")
		}
	}
	a.given++
	a.order.Store(&f)
}

// do gives an order and waits for its end.
func (a *actor) do(t testing.TB, f func()) {
	t.Helper()
	a.start(f)
	until(t, "an actor carries out an order", a.idle)
}

// needStates ends a test that relies on the port's seeing what its workers do.
func needStates(t testing.TB) {
	t.Helper()
	if known, why := worker.Calibrate(); !known {
		t.Skip(why)
	}
}

// block makes the actor wait on a channel until unblock.
func (a *actor) block(t testing.TB) {
	t.Helper()
	needStates(t)
	a.start(func() { <-a.gate })
	until(t, "an actor blocks", func() bool { return a.id.State() == worker.Blocked })
}

func (a *actor) unblock(t testing.TB) {
	t.Helper()
	a.gate <- struct{}{}
	until(t, "an actor runs again", a.idle)
}

// exit ends the goroutine.
func (a *actor) exit(t testing.TB) {
	t.Helper()
	needStates(t)
	until(t, "an actor is idle", a.idle)
	a.start(func() { a.quit = true })
	until(t, "an actor's goroutine ends", func() bool { return a.id.State() == worker.Exited })
}

// A gate holds up whoever spins at it.
type gate struct{ isOpen atomic.Bool }

func (g *gate) open() { g.isOpen.Store(true) }

func (g *gate) spin() {
	for !g.isOpen.Load() {
		runtime.Gosched()
	}
}

// A got is the outcome of one Get of an actor.
type got struct {
	over    atomic.Bool
	packets []int
	err     error
	at      time.Time
}

// get lets the actor call Get.
func (a *actor) get(ctx context.Context, p *Port[int], size int, timeout time.Duration) *got {
	g := new(got)
	a.start(func() {
		buf := make([]int, size)
		n, err := p.Get(ctx, buf, timeout)
		g.packets, g.err, g.at = buf[:n], err, time.Now()
		g.over.Store(true)
	})
	return g
}

// take lets the actor get one packet without a timeout, and waits for it.
func (a *actor) take(t testing.TB, p *Port[int]) int {
	t.Helper()
	g := a.get(NoContext, p, 1, -1)
	return g.one(t)
}

// park lets the actor wait for one packet.
func (a *actor) park(t testing.TB, p *Port[int]) *got {
	t.Helper()
	g := a.get(NoContext, p, 1, -1)
	a.awaitParked(t, p)
	return g
}

func (a *actor) awaitParked(t testing.TB, p *Port[int]) {
	t.Helper()
	until(t, "an actor waits in Get", func() bool { return a.waits(p) })
}

func (a *actor) waits(p *Port[int]) bool {
	w := p.ws.find(a.id)
	if w == nil || w.port.Load() != p {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return w.port.Load() == p && (w.state == wParked || w.state == wWatching)
}

func (a *actor) watches(p *Port[int]) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.watcher != nil && p.watcher.id == a.id && p.inWatch
}

// one waits for the end of a Get and returns its one packet.
func (g *got) one(t testing.TB) int {
	t.Helper()
	until(t, "a Get returns", g.over.Load)
	if g.err != nil || len(g.packets) != 1 {
		t.Fatalf("Get returned packets %v and error %v, want one packet", g.packets, g.err)
	}
	return g.packets[0]
}

// fails waits for the end of a Get and checks its error.
func (g *got) fails(t testing.TB, want error) {
	t.Helper()
	until(t, "a Get returns", g.over.Load)
	if !errors.Is(g.err, want) || len(g.packets) != 0 {
		t.Fatalf("Get returned packets %v and error %v, want no packet and %v", g.packets, g.err, want)
	}
}

func newPort(t testing.TB, n int) *Port[int] {
	return New(new(Workers[int]), n)
}

// newPortAnd returns a port and actors, which end with the test.
func newPortAnd(t testing.TB, limit, n int) (*Port[int], []*actor) {
	t.Helper()
	p := newPort(t, limit)
	all := actors(t, n)
	t.Cleanup(func() {
		p.Close()
		for _, a := range all {
			if a.id.State() == worker.Exited {
				continue
			}
			for start := time.Now(); !a.idle() && time.Since(start) < patience; runtime.Gosched() {
				select {
				case a.gate <- struct{}{}:
				default:
				}
			}
			if a.idle() {
				a.start(func() { a.quit = true })
			}
		}
	})
	return p, all
}

func post(t testing.TB, p *Port[int], packets ...int) {
	t.Helper()
	for _, k := range packets {
		if err := p.Post(k); err != nil {
			t.Fatalf("Post(%d): %v", k, err)
		}
	}
}

// mustHold checks Invariant and the number of packets queued.
func mustHold(t testing.TB, p *Port[int], queued int) {
	t.Helper()
	if err := p.Invariant(); err != nil {
		t.Fatal(err)
	}
	if n := p.Snapshot().Queued; n != queued {
		t.Fatalf("%d packets queued, want %d", n, queued)
	}
}
