// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "testing"

func TestDriveFinishesWhatAClosedPortLeft(t *testing.T) { // J13
	p, s, as := newSourceAnd(t, 1, 1)
	s.startOps(4)
	g := as[0].get(NoContext, p, 1, -1)
	s.awaitWatch(t, as[0])
	p.Close()
	g.fails(t, ErrClosed)
	var sunk []int
	a := newActor(t)
	a.start(func() {
		p.Drive(func() bool { return s.inFlight.Load() == 0 }, func(ks []int) { sunk = append(sunk, ks...) })
	})
	until(t, "Drive watches", func() bool { return s.inWatch.Load() == 1 })
	s.complete(1, 2)
	s.complete(stepDone)
	until(t, "the next step is submitted", func() bool { return s.queued.Load() == 5 && s.unsubmitted() == 0 })
	s.complete(3, 4)
	until(t, "Drive returns", a.idle)
	if len(sunk) != 4 {
		t.Fatalf("Drive brought %v, want 4 packets", sunk)
	}
	p.DropSource()
	s.gone.Store(true)
	a.exit(t)
	if err := p.Post(1); err != ErrClosed {
		t.Fatalf("Post returned %v", err)
	}
}

func TestDriveEndsAfterACompletionWithoutAPacket(t *testing.T) {
	p, s, _ := newSourceAnd(t, 1, 0)
	s.startOps(1)
	p.Close()
	a := newActor(t)
	a.start(func() { p.Drive(func() bool { return s.inFlight.Load() == 0 }, func([]int) {}) })
	until(t, "Drive watches", func() bool { return s.inWatch.Load() == 1 })
	s.complete(opDone)
	until(t, "Drive returns", a.idle)
	a.exit(t)
}

func TestStirMakesDriveLookAgain(t *testing.T) {
	p, s, _ := newSourceAnd(t, 1, 0)
	s.startOps(1)
	p.Close()
	over, sunk := false, 0
	a := newActor(t)
	a.start(func() { p.Drive(func() bool { return over }, func(ks []int) { sunk += len(ks) }) })
	until(t, "Drive watches", func() bool { return s.inWatch.Load() == 1 })
	p.Lock()
	p.Deliver(9) // an operation that ends without the kernel
	p.Settle()
	until(t, "Drive gave the packet away", func() bool { return p.Snapshot().Queued == 0 })
	until(t, "Drive watches again", func() bool { return s.inWatch.Load() == 1 })
	p.Lock()
	over = true
	p.Stir()
	p.Settle()
	until(t, "Drive returns", a.idle)
	if sunk != 1 {
		t.Fatalf("Drive brought %d packets, want 1", sunk)
	}
	a.exit(t)
}

// J13: what another goroutine's look moved into the queue is given away although nothing is in
// flight any more.
func TestDriveGivesAwayWhatOthersGathered(t *testing.T) {
	p, s, _ := newSourceAnd(t, 1, 0)
	s.startOps(1)
	p.Close()
	sunk := 0
	a := newActor(t)
	a.start(func() { p.Drive(func() bool { return s.inFlight.Load() == 0 }, func(ks []int) { sunk += len(ks) }) })
	until(t, "Drive watches", func() bool { return s.inWatch.Load() == 1 })
	p.Lock()
	s.complete(1)
	p.Gather()
	p.Settle()
	until(t, "Drive returns", a.idle)
	if sunk != 1 {
		t.Fatalf("Drive brought %d packets, want 1", sunk)
	}
	a.exit(t)
}
