// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"sync"
	"testing"
	"time"

	"iocp/internal/nap"
)

// unwatched makes a port with a worker that is blocked and another that waits. Nobody but the test looks.
func unwatched(t *testing.T) (*Port[int], *fakeSource, *got) {
	needStates(t)
	p, s, as := newSourceAnd(t, 1, 2)
	post(t, p, 1)
	as[0].take(t, p)
	p.Lock()
	p.onMonitor = true
	p.Unlock()
	g := as[1].park(t, p)
	as[0].block(t)
	return p, s, g
}

// stalled is unwatched with something in the source for the one that waits.
func stalled(t *testing.T) (*Port[int], *got) {
	p, s, g := unwatched(t)
	s.startOps(1)
	s.complete(5)
	return p, g
}

// Workers that come and go leave what the source has to those that come back; but no longer than they run.
func TestMonitorReleasesForTheSourceWhileOthersMakeProgress(t *testing.T) { // C05
	p, g := stalled(t)
	p.Lock()
	p.monitorMoves = p.moves - 1
	p.Unlock()
	if l := p.check(); !l.acted {
		t.Errorf("check: %+v; want to act", l)
	}
	if k := g.one(t); k != 5 {
		t.Errorf("got packet %d", k)
	}
}

func TestAPortWhoseWorkersBlockIsOneForAWhile(t *testing.T) {
	p, g := stalled(t)
	if l := p.check(); !l.blocks {
		t.Errorf("check: %+v after a packet had to wait for a worker that was blocked", l)
	}
	g.one(t)
	for n := 0; p.check().blocks; n++ {
		if n > blocksFor {
			t.Fatalf("after %d looks that found nothing its workers still block", n)
		}
	}
}

// Without packets that wait nobody gains by finding a blocked worker soon.
func TestWorkersMayBlockWherePacketsDoNotWait(t *testing.T) {
	p, _, _ := unwatched(t)
	p.Lock()
	p.monitorMoves = p.moves
	p.Unlock()
	if l := p.check(); !l.acted || l.blocks {
		t.Errorf("check: %+v; want to free the slot, and not to hurry from now on", l)
	}
}

func (p *Port[P]) usesNaps() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.naps
}

func TestNapsEndWithThePort(t *testing.T) {
	p, g := stalled(t)
	users := func() int {
		naps.Lock()
		defer naps.Unlock()
		if (naps.users == 0) != (naps.timer == nil) && nap.New() != nil {
			t.Errorf("%d ports use a timer, and it is %v", naps.users, naps.timer)
		}
		return naps.users
	}
	before := users()
	p.check()
	g.one(t)
	if n := users(); n != before+1 || !p.usesNaps() {
		t.Errorf("%d ports use the timer, before %d", n, before)
	}
	p.Close()
	p.Close()
	if n := users(); n != before {
		t.Errorf("%d ports use the timer after Close, before %d", n, before)
	}
	if p.check(); p.usesNaps() {
		t.Error("a look makes a closed port use it")
	}
}

// A process with nothing to do has the monitor wait in the kernel, which counted milliseconds: so long every packet waited
// for its turn behind a worker that sleeps.
func TestPacketsDoNotWaitAMillisecondBehindWorkersThatBlock(t *testing.T) { // C05
	needStates(t)
	timer := nap.New()
	if timer == nil {
		t.Skip("there are no exact timers here")
	}
	timer.Close()
	const workers, packets = 32, 400
	p := New(new(Workers[int]), 1)
	var left, over sync.WaitGroup
	for range workers {
		over.Go(func() {
			for {
				if _, err := p.GetOne(NoContext, -1); err != nil {
					return
				}
				time.Sleep(time.Millisecond)
				left.Done()
			}
		})
	}
	best := time.Hour
	for range 20 { // the rest of the machine may be at work for a while
		left.Add(packets)
		begin := time.Now()
		for range packets {
			post(t, p, 1)
		}
		left.Wait()
		if best = min(best, time.Since(begin)); best < packets*time.Millisecond/2 {
			break
		}
	}
	if best >= packets*time.Millisecond/2 {
		t.Errorf("%d packets took %v at least, with %d workers that sleep a millisecond for each", packets, best, workers)
	}
	p.Close()
	over.Wait()
}
