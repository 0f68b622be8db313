// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"math/rand/v2"
	"syscall"
	"testing"

	"iocp/internal/engine"
)

func TestCancelOfAPendingRecv(t *testing.T) {
	p := newPort(t)
	a, b := pair(t)
	op := opOn(engine.Recv, a, make([]byte, 8))
	p.start(op)
	p.locked(func() { p.Cancel(op) })
	if n := p.Pending(); n != 1 {
		t.Errorf("pending %d, want 1: a cancel is work", n)
	}
	p.submit()
	if c := p.wait(1); c[0].Op != op || c[0].Res != errno(syscall.ECANCELED) {
		t.Errorf("ended with %+v, want -ECANCELED", c[0])
	}
	p.none()
	write(t, b, "x") // nothing may swallow it
	if res := p.do(op); res != 1 {
		t.Errorf("recv after the cancel: %d, want 1", res)
	}
}

func TestCancelBeforeTheOperationIsPublished(t *testing.T) {
	p := newPort(t)
	a, _ := pair(t)
	op := opOn(engine.Recv, a, make([]byte, 8))
	p.locked(func() {
		p.Queue(op)
		p.Cancel(op)
	})
	if n := p.Pending(); n != 2 {
		t.Errorf("pending %d, want 2", n)
	}
	p.submit()
	if c := p.wait(1); c[0].Res != errno(syscall.ECANCELED) {
		t.Errorf("ended with %d, want -ECANCELED", c[0].Res)
	}
}

// The operation is over in the kernel, its completion only not reaped yet.
func TestCancelThatLosesTheRace(t *testing.T) {
	p := newPort(t)
	a, b := pair(t)
	write(t, b, "data")
	op := opOn(engine.Recv, a, make([]byte, 8))
	p.start(op)
	p.cancel(op)
	if n := p.Ready(); n != 1 {
		t.Errorf("ready %d, want 1: the cancel's own completion is nobody's", n)
	}
	if c := p.wait(1); c[0].Res != 4 {
		t.Errorf("ended with %d, want its own result, 4", c[0].Res)
	}
	p.none()
	if p.Ready() != 0 || p.Pending() != 0 {
		t.Errorf("ready %d, pending %d, want none", p.Ready(), p.Pending())
	}
}

// A late cancel must not hit the operation that took the slot.
func TestCancelDoesNotHitTheNextOperation(t *testing.T) {
	p := newPort(t)
	a, b := pair(t)
	nop := &engine.Op{Kind: engine.Nop}
	p.start(nop)
	p.locked(func() { p.Cancel(nop) })
	p.locked(func() { p.Reap(make([]engine.Completion, 1)) })
	next := opOn(engine.Recv, a, make([]byte, 1))
	p.start(next)
	if nop.Slot != next.Slot {
		t.Fatalf("slots %d and %d: the slot was not taken again", nop.Slot, next.Slot)
	}
	p.none()
	write(t, b, "x")
	if c := p.wait(1); c[0].Op != next || c[0].Res != 1 {
		t.Errorf("ended with %+v, want 1", c[0])
	}
}

// Random queues, cancels and completions through tiny queues: every operation ends once,
// with one of the results it may have.
func TestRandomCancels(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	p := newPort(t)
	a, b := pair(t)
	live := map[*engine.Op]bool{}
	buf := make([]engine.Completion, 5)
	reap := func() {
		for _, c := range buf[:p.step(buf[:1+rnd.IntN(5)])] {
			if !live[c.Op] {
				t.Fatalf("an operation ended twice: %+v", c)
			}
			delete(live, c.Op)
			if c.Res != 1 && c.Res != errno(syscall.ECANCELED) && c.Res != errno(syscall.EINTR) {
				t.Fatalf("ended with %d", c.Res)
			}
		}
	}
	for range 3000 {
		switch rnd.IntN(5) {
		case 0, 1:
			op := opOn(engine.Recv, a, make([]byte, 1))
			live[op] = true
			p.queue(op)
		case 2:
			for op := range live {
				p.locked(func() { p.Cancel(op) })
				break
			}
		case 3:
			write(t, b, "x")
		case 4:
			reap()
		}
		if p.InFlight() != len(live) {
			t.Fatalf("in flight %d, want %d", p.InFlight(), len(live))
		}
	}
	for len(live) > 0 {
		for op := range live {
			p.locked(func() { p.Cancel(op) })
		}
		p.submit()
		reap()
	}
}
