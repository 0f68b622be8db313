// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"runtime"
	"syscall"
	"testing"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// The operation is over in the kernel, its completion only not reaped yet.
func TestCompletionsOfCancelsAreNotCounted(t *testing.T) {
	p := newPort(t, Options{})
	a, b := p.Pair()
	p.Send(b, "data")
	op := enginetest.Op(engine.Recv, a, make([]byte, 8))
	p.Start(op)
	p.CancelAll(op)
	if n := p.Ready(); n != 1 {
		t.Errorf("ready %d, want 1: the cancel's own completion is nobody's", n)
	}
	if c := p.Wait(1); c[0].Res != 4 {
		t.Errorf("ended with %d, want its own result, 4", c[0].Res)
	}
	p.None()
	if p.Ready() != 0 || p.canceled != 0 {
		t.Errorf("ready %d, %d cancels outstanding, want none", p.Ready(), p.canceled)
	}
}

// missing makes the next cancel one that the kernel does not find the operation of.
func missing(p *port) {
	sqe := &p.sqes[(p.sqTail-1)&p.sqMask]
	sqe.Addr = userData(none, 0)
}

func TestCancelThatMissesIsMadeAgain(t *testing.T) {
	p := newPort(t, Options{})
	a, b := p.Pair()
	op := enginetest.Op(engine.Recv, a, make([]byte, 8))
	p.Start(op)
	p.Locked(func() { p.Cancel(op); missing(p) })
	p.Submit()
	if c := p.Wait(1); c[0].Op != op || c[0].Res != -int32(syscall.ECANCELED) {
		t.Errorf("ended with %+v, want ECANCELED", c[0])
	}
	p.None()
	if p.canceled != 0 {
		t.Errorf("%d cancels outstanding, want none", p.canceled)
	}

	p.Start(op) // and not again when the operation is over, or another one
	p.Locked(func() { p.Cancel(op); missing(p) })
	p.Send(b, "data")
	p.Submit()
	if c := p.Wait(1); c[0].Op != op || c[0].Res != 4 && c[0].Res != -int32(syscall.ECANCELED) {
		t.Errorf("ended with %+v, want 4 or ECANCELED", c[0])
	}
	p.None()
}

func TestCancelThatMissesAFileIsNotMadeAgain(t *testing.T) {
	for _, op := range []*engine.Op{{Kind: engine.Read}, {Kind: engine.Writev, Off: 5}, {Kind: engine.Sync}, {Kind: engine.Nop}} {
		if mayWait(op) {
			t.Errorf("%+v may wait", op)
		}
	}
	for _, op := range []*engine.Op{{Kind: engine.Read, Off: -1}, {Kind: engine.SendMsg}, {Kind: engine.Accept}, {Kind: engine.Poll}} {
		if !mayWait(op) {
			t.Errorf("%+v cannot wait", op)
		}
	}
}

func TestCancelOfAWaitingOperationNeverReachesItsDescriptor(t *testing.T) {
	p := newPort(t, Options{Entries: 2})
	a, b := p.Pair()
	p.Send(b, "x")
	read := enginetest.Op(engine.Read, a, make([]byte, 1))
	read.Off = -1
	ops := append(enginetest.Nops(4), read, &engine.Op{Kind: engine.Nop}, enginetest.Op(engine.Recv, a, make([]byte, 1)))
	p.QueueAll(ops...)
	p.Locked(func() {
		for range 2 {
			p.Cancel(ops[4])
			p.Cancel(ops[6])
		}
	})
	p.Submit()
	for i, c := range p.Wait(7) {
		want := int32(0)
		if i == 4 || i == 6 {
			want = -int32(syscall.ECANCELED)
		}
		if c.Op != ops[i] || c.Res != want {
			t.Errorf("completion %d: %+v, want result %d", i, c, want)
		}
	}
	p.Holds(a, "x")
}

func TestCancelsThatDoNotFitWait(t *testing.T) {
	p := newPort(t, Options{Entries: 4})
	ops := make([]*engine.Op, 40)
	for i := range ops {
		a, _ := p.Pair()
		ops[i] = enginetest.Op(engine.Recv, a, make([]byte, 1))
	}
	p.Start(ops...)
	p.Locked(func() {
		for range 3 {
			for _, op := range ops {
				p.Cancel(op)
			}
		}
	})
	if n := len(p.cancels); n > len(ops) {
		t.Errorf("%d cancels wait for %d operations", n, len(ops))
	}
	p.QueueAll(enginetest.Nops(1)...) // behind the cancels
	p.Submit()
	for _, c := range p.Wait(41) {
		if c.Op.Kind == engine.Recv && c.Res != -int32(syscall.ECANCELED) {
			t.Errorf("ended with %d, want -ECANCELED", c.Res)
		}
	}
	p.None()
	if p.Pending() != 0 || p.canceled != 0 || p.InFlight() != 0 {
		t.Errorf("pending %d, cancels %d, in flight %d, want none", p.Pending(), p.canceled, p.InFlight())
	}
}

// Otherwise operations that come and go could make the list of cancels grow without end.
func TestNewOperationsDoNotOvertakeWaitingCancels(t *testing.T) {
	p := newPort(t, Options{Entries: 2})
	a, _ := p.Pair()
	op := enginetest.Op(engine.Recv, a, make([]byte, 1))
	p.Start(op)
	p.QueueAll(enginetest.Nops(2)...)
	p.Locked(func() { p.Cancel(op) })
	if n, err := p.Enter(p.Publish(), false); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	p.QueueAll(enginetest.Nops(1)...)
	if len(p.cancels) != 1 || p.waiting.n != 1 {
		t.Errorf("%d cancels and %d operations wait, want 1 and 1", len(p.cancels), p.waiting.n)
	}
	p.Submit()
	p.Wait(4)
}

// An operation may end and its slot be taken while its cancel still waits for room.
func TestWaitingCancelOfAFinishedOperationIsDropped(t *testing.T) {
	runtime.LockOSThread() // the completion comes to the thread that submitted
	defer runtime.UnlockOSThread()
	p := newPort(t, Options{Entries: 2})
	a, b := p.Pair()
	old := enginetest.Op(engine.Recv, a, make([]byte, 1))
	p.Start(old)
	p.QueueAll(enginetest.Nops(2)...) // the queue is full
	p.Locked(func() { p.Cancel(old) })
	p.Send(b, "x")
	if _, err := p.Enter(0, true); err != nil {
		t.Fatal(err)
	}
	if c := p.Wait(1); c[0].Op != old || c[0].Res != 1 {
		t.Fatalf("ended with %+v, want 1", c[0])
	}
	next := enginetest.Op(engine.Recv, a, make([]byte, 1))
	p.Start(next)
	p.Wait(2)
	p.None()
	p.Send(b, "y")
	if c := p.Wait(1); c[0].Op != next || c[0].Res != 1 {
		t.Errorf("ended with %+v, want 1", c[0])
	}
}
