// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
	sys "iocp/internal/sys/uring"
)

func TestCountsOfOneOperation(t *testing.T) {
	p := newPort(t, Options{})
	check := func(when string, pending, inFlight, ready int) {
		t.Helper()
		if a, b, c := p.Pending(), p.InFlight(), p.Ready(); a != pending || b != inFlight || c != ready {
			t.Errorf("%s: pending %d in flight %d ready %d, want %d %d %d", when, a, b, c, pending, inFlight, ready)
		}
	}
	check("new", 0, 0, 0)
	p.Queue(&engine.Op{Kind: engine.Nop})
	check("queued", 1, 1, 0)
	if n := p.Publish(); n != 1 {
		t.Errorf("Publish = %d, want 1", n)
	}
	check("published", 1, 1, 0)
	if n, err := p.Enter(1, false); n != 1 || err != nil {
		t.Errorf("Enter = %d, %v, want 1", n, err)
	}
	check("entered", 0, 1, 1)
	var buf [2]engine.Completion
	if n := p.Reap(buf[:0]); n != 0 {
		t.Errorf("Reap into nothing = %d", n)
	}
	if n := p.Reap(buf[:]); n != 1 {
		t.Errorf("Reap = %d, want 1", n)
	}
	check("reaped", 0, 0, 0)
	if s := p.Stats(); s.Enters != 1 || s.Submitted != 1 || s.Reaped != 1 || s.Overflows != 0 {
		t.Errorf("stats %+v", s)
	}
}

// The completion is the kernel's: Dwell keeps the processor, and on the only one no goroutine could bring it.
func TestDwellWaitsUntilSomethingIsThereOrTheTimeIsOver(t *testing.T) {
	p := newPort(t, Options{})
	const soon = 2 * time.Millisecond
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	begin := time.Now()
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(int64(soon))}, nil); err != nil {
		t.Fatal(err)
	}
	ticks := new([8]byte)
	p.Queue(&engine.Op{Kind: engine.Read, FD: int32(fd), Addr: unsafe.Pointer(ticks), Len: 8, Off: -1})
	submitted := 0
	for n := p.Publish(); p.Ready() == 0; n = p.Publish() { // a signal ends a call
		m, err := p.Dwell(n, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		submitted += m
	}
	if took := time.Since(begin); took < soon || took > time.Minute/2 {
		t.Errorf("it took %v; want %v and not much more", took, soon)
	}
	var buf [1]engine.Completion
	if n := p.Reap(buf[:]); submitted != 1 || n != 1 || buf[0].Res != 8 {
		t.Errorf("%d submitted, %d reaped with %d; want one with 8", submitted, n, buf[0].Res)
	}
	if n, err := p.Dwell(0, soon); n != 0 || err != nil || p.Ready() != 0 {
		t.Errorf("Dwell for nothing = %d, %v, ready %d", n, err, p.Ready())
	}
}

func TestABadRequestDoesNotHoldBackTheOthers(t *testing.T) {
	for i, k := range fallbackKernels() {
		p := newPortWith(t, k, Options{})
		bad := &engine.Op{Kind: engine.Shutdown, FD: -1, Len: 9}
		p.Start(append(enginetest.Nops(2), append([]*engine.Op{bad}, enginetest.Nops(2)...)...)...)
		failed := 0
		for _, c := range p.Wait(5) {
			if c.Res != 0 {
				failed++
			}
		}
		if failed != 1 {
			t.Errorf("step %d: %d failed, want 1", i, failed)
		}
	}
}

func TestSubmissionQueueOverflowKeepsTheOrder(t *testing.T) {
	p := newPort(t, Options{Entries: 4})
	ops := enginetest.Nops(19)
	p.QueueAll(ops...)
	if p.Pending() != 4 || p.InFlight() != 19 {
		t.Errorf("pending %d, in flight %d, want 4, 19", p.Pending(), p.InFlight())
	}
	p.Submit()
	for i, c := range p.Wait(len(ops)) {
		if c.Op != ops[i] {
			t.Fatalf("completion %d is not of operation %d", i, i)
		}
		if c.Op.Next != nil {
			t.Errorf("operation %d was given back with Next set", i)
		}
	}
	if s := p.Stats(); s.Overflows != 15 || s.Submitted != 19 {
		t.Errorf("stats %+v, want 15 overflows of 19", s)
	}
}

// Room appears while something waits: a new operation must not take it.
func TestNewOperationsDoNotOvertakeWaitingOnes(t *testing.T) {
	p := newPort(t, Options{Entries: 2})
	ops := enginetest.Nops(5)
	p.QueueAll(ops[:4]...)
	if _, err := p.Enter(p.Publish(), false); err != nil {
		t.Fatal(err)
	}
	p.QueueAll(ops[4])
	p.Submit()
	for i, c := range p.Wait(5) {
		if c.Op != ops[i] {
			t.Fatalf("completion %d is not of operation %d", i, i)
		}
	}
}

// A receive comes behind what is queued with it, and before what is queued after the next Publish.
func TestReceivesComeLastButWaitNoLonger(t *testing.T) {
	p := newPort(t, Options{Entries: 4})
	a, b := p.Pair()
	p.Send(b, "xy")
	nops := enginetest.Nops(6)
	first, second := enginetest.Op(engine.Recv, a, make([]byte, 1)), enginetest.Op(engine.Recv, a, make([]byte, 1))
	p.QueueAll(first, nops[0], second)
	p.QueueAll(nops[1:5]...) // one of which has to wait for room
	if _, err := p.Enter(p.Publish(), false); err != nil {
		t.Fatal(err)
	}
	p.QueueAll(nops[5])
	p.Submit()
	want := append(nops[:5:5], first, second, nops[5])
	for i, c := range p.Wait(len(want)) {
		if c.Op != want[i] {
			t.Errorf("completion %d is not of operation %d: %+v", i, i, c)
		}
	}
	if first.Addr == nil || *(*byte)(first.Addr) != 'x' || *(*byte)(second.Addr) != 'y' {
		t.Error("two receives were submitted in the wrong order")
	}
}

func TestCompletionQueueOverflowLosesNothing(t *testing.T) {
	p := newPort(t, Options{Entries: 4, CQEntries: 4})
	const n = 300
	seen := map[*engine.Op]int{}
	ops := enginetest.Nops(n)
	p.Start(ops...)
	buf := make([]engine.Completion, 3)
	for len(seen) < n {
		if p.Ready() < 1 {
			t.Fatalf("after %d of %d completions Ready = %d, work %v", len(seen), n, p.Ready(), p.Work())
		}
		for _, c := range buf[:p.Step(buf)] {
			seen[c.Op]++
		}
	}
	for _, op := range ops {
		if seen[op] != 1 {
			t.Fatalf("an operation was reaped %d times", seen[op])
		}
	}
	if p.Ready() != 0 || p.InFlight() != 0 {
		t.Errorf("ready %d, in flight %d after the last", p.Ready(), p.InFlight())
	}
}

func TestOverflowedCompletionsAreReadyAndWork(t *testing.T) {
	p := newPort(t, Options{Entries: 4, CQEntries: 4})
	p.Start(enginetest.Nops(10)...)
	buf := make([]engine.Completion, 16)
	if n := p.Reap(buf); n != 4 {
		t.Fatalf("Reap = %d, want the 4 that fit", n)
	}
	if p.Ready() < 1 || !p.Work() {
		t.Errorf("ready %d, work %v while the kernel holds 6, want >= 1, true", p.Ready(), p.Work())
	}
	p.Watch() // must not park: nothing would wake it
	p.Wait(6)
}

// TestStaleCompletionIsIgnored gives the kernel a request with the user_data of an
// operation that is over and whose slot another one has taken since.
func TestStaleCompletionIsIgnored(t *testing.T) {
	p := newPort(t, Options{})
	a, b := p.Pair()
	first := &engine.Op{Kind: engine.Nop}
	p.QueueAll(first)
	old := userData(first.Slot, p.slots[first.Slot].gen)
	p.Submit()
	p.Wait(1)
	second := enginetest.Op(engine.Recv, a, make([]byte, 1))
	p.Start(second)
	if first.Slot != second.Slot {
		t.Fatalf("slots %d and %d: the slot was not taken again", first.Slot, second.Slot)
	}
	for _, data := range []uint64{old, userData(12345, 0), uint64(none) - 1} {
		p.next().UserData = data
	}
	p.Submit()
	p.None()
	if s := p.Stats(); s.Stale != 3 || p.InFlight() != 1 {
		t.Errorf("stale %d, in flight %d, want 3, 1", s.Stale, p.InFlight())
	}
	p.Send(b, "x")
	if c := p.Wait(1); c[0].Op != second || c[0].Res != 1 {
		t.Errorf("the operation in flight ended with %+v", c[0])
	}
}

// fallbackKernels are this machine with the newest setup flags unknown, step by step.
func fallbackKernels() []*kernel {
	var ks []*kernel
	for i := range setupFlags {
		known := setupFlags[i]
		k := *host
		k.setup = func(entries uint32, p *sys.Params) (int, syscall.Errno) {
			if p.Flags&^known != 0 {
				return -1, syscall.EINVAL
			}
			return sys.Setup(entries, p)
		}
		ks = append(ks, &k)
	}
	return ks
}

func TestOlderKernelsWork(t *testing.T) {
	for i, k := range fallbackKernels() {
		p := newPortWith(t, k, Options{Entries: 4})
		if p.flags&setupFlags[0] > setupFlags[i] {
			t.Errorf("step %d: flags %#x, want at most %#x", i, p.flags, setupFlags[i])
		}
		a, b := p.Pair()
		r := enginetest.Op(engine.Recv, a, make([]byte, 1))
		p.Start(append(enginetest.Nops(20), r)...)
		p.Wait(20)
		go p.Send(b, "x")
		if c := p.Wait(1); c[0].Op != r || c[0].Res != 1 {
			t.Errorf("step %d: recv ended with %+v", i, c[0])
		}
		if p.Work() {
			t.Errorf("step %d: work with nothing in flight", i)
		}
	}
}
