// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"math/rand/v2"
	"runtime"
	"syscall"
	"testing"

	"iocp/internal/engine"
)

func TestCancelOfAPendingRecv(t *testing.T) {
	p := newPort(t, Options{})
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
	p := newPort(t, Options{})
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
	p := newPort(t, Options{})
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
	if p.Ready() != 0 || p.canceled != 0 {
		t.Errorf("ready %d, %d cancels outstanding, want none", p.Ready(), p.canceled)
	}
}

// A late cancel must not hit the operation that took the slot.
func TestCancelDoesNotHitTheNextOperation(t *testing.T) {
	p := newPort(t, Options{})
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

func TestCancelOfAWaitingOperationNeverReachesItsDescriptor(t *testing.T) {
	p := newPort(t, Options{Entries: 2})
	a, b := pair(t)
	write(t, b, "x")
	ops := append(nops(4), opOn(engine.Recv, a, make([]byte, 1)), &engine.Op{Kind: engine.Nop})
	p.queue(ops...)
	p.locked(func() {
		p.Cancel(ops[4])
		p.Cancel(ops[4])
	})
	p.submit()
	for i, c := range p.wait(6) {
		want := int32(0)
		if i == 4 {
			want = errno(syscall.ECANCELED)
		}
		if c.Op != ops[i] || c.Res != want {
			t.Errorf("completion %d: %+v, want result %d", i, c, want)
		}
	}
	if n, err := syscall.Read(a, make([]byte, 8)); n != 1 || err != nil {
		t.Errorf("the byte is gone: %d, %v", n, err)
	}
}

func TestCancelsThatDoNotFitWait(t *testing.T) {
	p := newPort(t, Options{Entries: 4})
	ops := make([]*engine.Op, 40)
	for i := range ops {
		a, _ := pair(t)
		ops[i] = opOn(engine.Recv, a, make([]byte, 1))
	}
	p.start(ops...)
	p.locked(func() {
		for range 3 {
			for _, op := range ops {
				p.Cancel(op)
			}
		}
	})
	if n := len(p.cancels); n > len(ops) {
		t.Errorf("%d cancels wait for %d operations", n, len(ops))
	}
	p.queue(nops(1)...) // behind the cancels
	p.submit()
	for _, c := range p.wait(41) {
		if c.Op.Kind == engine.Recv && c.Res != errno(syscall.ECANCELED) {
			t.Errorf("ended with %d, want -ECANCELED", c.Res)
		}
	}
	p.none()
	if p.Pending() != 0 || p.canceled != 0 || p.InFlight() != 0 {
		t.Errorf("pending %d, cancels %d, in flight %d, want none", p.Pending(), p.canceled, p.InFlight())
	}
}

// Otherwise operations that come and go could make the list of cancels grow without end.
func TestNewOperationsDoNotOvertakeWaitingCancels(t *testing.T) {
	p := newPort(t, Options{Entries: 2})
	a, _ := pair(t)
	op := opOn(engine.Recv, a, make([]byte, 1))
	p.start(op)
	p.queue(nops(2)...)
	p.locked(func() { p.Cancel(op) })
	if n, err := p.Enter(p.Publish(), false); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	p.queue(nops(1)...)
	if len(p.cancels) != 1 || p.waiting.n != 1 {
		t.Errorf("%d cancels and %d operations wait, want 1 and 1", len(p.cancels), p.waiting.n)
	}
	p.submit()
	p.wait(4)
}

// An operation may end and its slot be taken while its cancel still waits for room.
func TestWaitingCancelOfAFinishedOperationIsDropped(t *testing.T) {
	runtime.LockOSThread() // the completion comes to the thread that submitted
	defer runtime.UnlockOSThread()
	p := newPort(t, Options{Entries: 2})
	a, b := pair(t)
	old := opOn(engine.Recv, a, make([]byte, 1))
	p.start(old)
	p.queue(nops(2)...) // the queue is full
	p.locked(func() { p.Cancel(old) })
	write(t, b, "x")
	if _, err := p.Enter(0, true); err != nil {
		t.Fatal(err)
	}
	if c := p.wait(1); c[0].Op != old || c[0].Res != 1 {
		t.Fatalf("ended with %+v, want 1", c[0])
	}
	next := opOn(engine.Recv, a, make([]byte, 1))
	p.start(next)
	p.wait(2)
	p.none()
	write(t, b, "y")
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
	p := newPort(t, Options{Entries: 4, CQEntries: 4})
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
