// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/engine"
)

// rounds shortens the stress tests where they are slow.
func rounds(n int) int {
	if testing.Short() || raceEnabled {
		return n / 10
	}
	return n
}

// A receive is submitted by the watcher and completed by a write from another thread.
func TestWatchWakesForACompletionFromAnotherThread(t *testing.T) {
	for _, k := range []*kernel{host, poor()} {
		p := newPortWith(t, k)
		a, b := pair(t)
		ready := make(chan bool)
		go func() {
			runtime.LockOSThread() // never unlocked: the thread is not the watcher's
			for range ready {
				write(t, b, "x")
			}
		}()
		op := opOn(engine.Recv, a, make([]byte, 1))
		for i := range rounds(2000) {
			p.start(op)
			ready <- true
			if c := p.wait(1); c[0].Res != 1 {
				t.Fatalf("round %d: %+v", i, c[0])
			}
		}
		close(ready)
	}
}

// The completion is posted on another thread, by that thread, exactly while the watcher
// parks: there is no submission, no deferred work and no second completion that could
// save a watcher that missed it. The watcher comes a little later from round to round, so
// that every instruction of Watch is met.
func TestCompletionAtTheMomentOfParking(t *testing.T) {
	p := newPort(t)
	var round, done atomic.Int64
	signal := make(chan bool, 1)
	single := runtime.GOMAXPROCS(0) == 1
	n := int64(rounds(20000))
	parked, ready := 0, p.peekFn
	p.peekFn = func(fd uintptr) bool {
		if ready(fd) {
			return true
		}
		parked++
		return false
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		op := &engine.Op{Kind: engine.Nop}
		for i := int64(1); i <= n; i++ {
			for spin := 0; round.Load() < i; spin++ {
				if spin > 10000 || single {
					runtime.Gosched()
				}
			}
			p.start(op)
			for done.Load() < i {
				if single { // spinning would keep the only P from the poller
					<-signal
				} else {
					runtime.Gosched()
				}
			}
		}
	})
	watchdog := time.AfterFunc(patience, func() { p.locked(p.Wake) })
	defer watchdog.Stop()
	buf := make([]engine.Completion, 2)
	for i := int64(1); i <= n; i++ {
		round.Store(i)
		for spin := i % 8000; spin > 0; spin-- {
			runtime.KeepAlive(spin)
		}
		m := 0
		for m == 0 {
			p.Watch()
			p.locked(func() { m = p.Reap(buf) })
			if m == 0 && !watchdog.Stop() {
				done.Store(n)
				round.Store(n)
				close(signal)
				t.Fatalf("round %d of %d: the completion was slept through", i, n)
			}
			watchdog.Reset(patience)
		}
		done.Store(i)
		if single {
			signal <- true
		}
	}
	wg.Wait()
	if parked == 0 {
		t.Error("the watcher never parked: the test shows nothing")
	}
	t.Logf("%d rounds, parked in %d, stats %+v", n, parked, p.Stats())
}

func TestWatchDoesNotParkOnACompletion(t *testing.T) {
	p := newPort(t)
	p.start(nops(1)...)
	p.Watch()
	p.Watch()
	p.wait(1)
}

func TestWakeEndsTheCurrentWatch(t *testing.T) {
	p := newPort(t)
	for range rounds(500) {
		returned := make(chan bool)
		before := p.watches.Load()
		go func() {
			p.Watch()
			close(returned)
		}()
		for p.watches.Load() == before {
			runtime.Gosched()
		}
		p.locked(p.Wake)
		select {
		case <-returned:
		case <-time.After(patience):
			t.Fatal("Watch did not return after Wake")
		}
		p.locked(p.Rearm)
	}
}

func TestWakeEndsTheNextWatch(t *testing.T) {
	p := newPort(t)
	p.Wake()
	p.Wake()
	p.Watch()
	p.Watch()
	p.Rearm()
}

// After Rearm a Watch parks again and sees completions.
func TestWatchWorksAfterRearm(t *testing.T) {
	p := newPort(t)
	a, b := pair(t)
	op := opOn(engine.Recv, a, make([]byte, 1))
	for range rounds(500) {
		p.start(op)
		p.Wake()
		p.Watch()
		p.Rearm()
		p.none()
		go write(t, b, "x")
		p.wait(1)
	}
}

// Completions, watches and wakes from several goroutines at once.
func TestWatchStress(t *testing.T) {
	p := newPort(t)
	const producers = 3
	n := rounds(3000)
	var wg sync.WaitGroup
	for range producers {
		wg.Go(func() {
			for range n {
				p.start(&engine.Op{Kind: engine.Nop})
			}
		})
	}
	p.wait(producers * n)
	wg.Wait()
	if p.InFlight() != 0 || p.Ready() != 0 {
		t.Errorf("in flight %d, ready %d at the end", p.InFlight(), p.Ready())
	}
}
