// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crew are workers of one port whose handlers the test gives.
type crew struct {
	p  *Port
	wg sync.WaitGroup
}

// newCrew starts n workers that call the function that a packet's key is, if it is one.
func newCrew(t *testing.T, p *Port, n int) *crew {
	c := &crew{p: p}
	for range n {
		c.wg.Go(func() {
			for k := range p.All() {
				if f, isFunc := k.Key.(func()); isFunc {
					f()
				}
			}
		})
	}
	eventually(t, "the workers to wait", func() bool { return p.Stats().Waiting == n })
	return c
}

func (c *crew) close(t *testing.T) {
	ok(t, c.p.Close())
	ended := make(chan struct{})
	go func() { c.wg.Wait(); close(ended) }()
	await(t, "the workers to end", ended)
}

// TestBlockedWorkersFreeTheirSlots: when both workers that may run block, the others are
// released for the packets there are (C05).
func TestBlockedWorkersFreeTheirSlots(t *testing.T) {
	p := newPort(t, Config{Concurrency: 2})
	tempFile(t, p, nil) // with an engine, as usual
	c := newCrew(t, p, 8)
	for _, o := range obstacles(t) {
		var within []time.Duration
		for range 5 {
			within = append(within, c.blocked(t, o))
			o.again()
		}
		slices.Sort(within)
		t.Logf("%-20s released after %8v, at worst %8v", o.name, within[2], within[4])
		if within[2] >= sleeps {
			t.Errorf("nobody was released while the others were blocked by a %s", o.name)
		}
		checkInvariant(t, p)
	}
	c.close(t)
}

// obstacle is a way for two workers to block, and to go on.
type obstacle struct {
	name  string
	block func()
	free  func() // both
	again func() // makes the next two block
}

func nothing() {}

// sleeps is how long sleeping workers do; the others must be released before.
const sleeps = 100 * time.Millisecond

// blocked returns how long a packet waits that is posted right behind two whose handlers block.
func (c *crew) blocked(t *testing.T, o obstacle) time.Duration {
	t.Helper()
	var over sync.WaitGroup
	over.Add(2)
	ran := make(chan time.Time, 1)
	for range 2 {
		ok(t, c.p.Post(Completion{Key: func() { defer over.Done(); o.block() }}))
	}
	posted := time.Now()
	ok(t, c.p.Post(Completion{Key: func() { ran <- time.Now() }}))
	d := await(t, "a released worker", ran).Sub(posted)
	o.free()
	over.Wait()
	eventually(t, "all to wait again", func() bool { return c.p.Stats().Waiting == 8 })
	return d.Round(time.Microsecond)
}

// TestWorkersInFileIO: the wait for a device is too short to arrange, so it is enough that
// packets keep flowing while handlers write and sync.
func TestWorkersInFileIO(t *testing.T) {
	p := newPort(t, Config{Concurrency: 2})
	c := newCrew(t, p, 8)
	f, err := os.Create(t.TempDir() + "/f")
	ok(t, err)
	defer f.Close()
	var latency []time.Duration
	var mu sync.Mutex
	var over sync.WaitGroup
	for range 50 {
		over.Add(2)
		posted := time.Now()
		ok(t, p.Post(Completion{Key: func() {
			defer over.Done()
			f.Write(make([]byte, 4096))
			f.Sync()
		}}))
		ok(t, p.Post(Completion{Key: func() {
			defer over.Done()
			mu.Lock()
			defer mu.Unlock()
			latency = append(latency, time.Since(posted))
		}}))
	}
	over.Wait()
	slices.Sort(latency)
	t.Logf("median latency beside writing and syncing workers: %v, worst %v", latency[len(latency)/2], latency[len(latency)-1])
	c.close(t)
}

func TestBlockingReleasesAtOnce(t *testing.T) {
	p := newPort(t, Config{Concurrency: 1})
	c := newCrew(t, p, 3)
	var order []string
	done := make(chan struct{})
	ok(t, p.Post(Completion{Key: func() {
		ran := make(chan struct{})
		p.Post(Completion{Key: func() { order = append(order, "released"); close(ran) }})
		p.Blocking(func() { <-ran })
		order = append(order, "back")
		close(done)
	}}))
	await(t, "the worker to come back", done)
	if len(order) != 2 || order[0] != "released" {
		t.Errorf("the order is %v", order)
	}
	if n := p.Stats().Released; n != 1 {
		t.Errorf("%d slots were freed; want 1", n)
	}
	c.close(t)
}

// TestLimitHoldsForBusyWorkers: whoever computes keeps the slot (C03).
func TestLimitHoldsForBusyWorkers(t *testing.T) {
	d := time.Second
	if *long {
		d = 5 * time.Second
	}
	for name, again := range map[string]func(p *Port, f *File, c Completion) error{
		"posts":       func(p *Port, _ *File, c Completion) error { return p.Post(c) },
		"completions": func(p *Port, f *File, c Completion) error { return startNop(&f.Handle, c.Op) },
	} {
		t.Run(name, func(t *testing.T) {
			const limit = 2
			p := newPort(t, Config{Concurrency: limit})
			f := tempFile(t, p, nil)
			var in, total, violations atomic.Int64
			var stop atomic.Bool
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for c := range p.All() {
						if in.Add(1) > limit {
							violations.Add(1)
						}
						spin(50 * time.Microsecond)
						total.Add(1)
						in.Add(-1)
						if !stop.Load() {
							if err := again(p, f, c); err != nil {
								t.Error(err)
							}
						}
					}
				})
			}
			for range 50 {
				ok(t, again(p, f, Completion{Op: &op{}}))
			}
			time.AfterFunc(d/2, func() { stop.Store(true) })
			eventually(t, "the packets to be served", func() bool {
				s := p.Stats()
				return stop.Load() && s.Queued == 0 && s.InFlight == 0 && s.Waiting == 8
			})
			t.Logf("%d packets, %d times more than %d workers ran", total.Load(), violations.Load(), limit)
			if violations.Load() != 0 {
				t.Errorf("%d times more than %d workers ran at once", violations.Load(), limit)
			}
			checkInvariant(t, p)
			ok(t, p.Close())
			wg.Wait()
		})
	}
}

// TestReleaseIsLastInFirstOut: of the waiting workers the newest is released, for posts and for
// completions (C01).
func TestReleaseIsLastInFirstOut(t *testing.T) {
	p := newPort(t, Config{Concurrency: 8})
	c, far := tcpPair(t, p)
	const n = 4
	who := make(chan int, n)
	var wg sync.WaitGroup
	recvs := make([]op, n)
	for i := range n {
		ok(t, c.Recv(&recvs[i], make([]byte, 1)))
	}
	p.Leave()
	for i := range n {
		wg.Go(func() {
			k, err := p.Get(Infinite)
			if err != nil {
				t.Error(err)
			}
			who <- i
			if k.Op == nil { // whoever has run waits for the end: its goroutine lives on
				eventually(t, "all to have run", func() bool { return len(who) == n || p.Stats().Waiting == 0 })
			}
		})
		eventually(t, "the worker to wait", func() bool { return p.Stats().Waiting == i+1 })
	}
	for i := n - 1; i >= 0; i-- {
		if i%2 == 0 {
			ok(t, p.Post(Completion{}))
		} else {
			far.Write([]byte{1})
		}
		if got := await(t, "a worker", who); got != i {
			t.Errorf("worker %d was released; want %d", got, i)
		}
	}
	wg.Wait()
	ok(t, c.CancelAll())
}

func spin(d time.Duration) {
	for end := nanotime() + int64(d); nanotime() < end; {
	}
}
