// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"iocp/internal/engine"
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

func TestNothingIsSubmittedBeforePublish(t *testing.T) {
	p := newPort(t, Options{})
	p.Queue(&engine.Op{Kind: engine.Nop})
	if n, err := p.Enter(1, true); n != 0 || err != nil {
		t.Errorf("Enter = %d, %v, want 0", n, err)
	}
	if p.Pending() != 1 || p.Ready() != 0 {
		t.Errorf("pending %d, ready %d, want 1, 0", p.Pending(), p.Ready())
	}
	p.submit()
	p.wait(1)
}

func TestEnterSubmitsOnlyWhatItIsTold(t *testing.T) {
	p := newPort(t, Options{})
	p.queue(nops(5)...)
	p.Publish()
	if n, err := p.Enter(2, false); n != 2 || err != nil {
		t.Fatalf("Enter = %d, %v, want 2", n, err)
	}
	if p.Pending() != 3 || p.Ready() != 2 {
		t.Errorf("pending %d, ready %d, want 3, 2", p.Pending(), p.Ready())
	}
	if n := p.Publish(); n != 3 {
		t.Errorf("Publish = %d, want the 3 that are left", n)
	}
	p.submit()
	p.wait(5)
}

func TestABadRequestDoesNotHoldBackTheOthers(t *testing.T) {
	for i, k := range fallbackKernels() {
		p := newPortWith(t, k, Options{})
		bad := &engine.Op{Kind: engine.Shutdown, FD: -1, Len: 9}
		p.start(append(nops(2), append([]*engine.Op{bad}, nops(2)...)...)...)
		failed := 0
		for _, c := range p.wait(5) {
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
	ops := nops(19)
	p.queue(ops...)
	if p.Pending() != 4 || p.InFlight() != 19 {
		t.Errorf("pending %d, in flight %d, want 4, 19", p.Pending(), p.InFlight())
	}
	p.submit()
	for i, c := range p.wait(len(ops)) {
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
	ops := nops(5)
	p.queue(ops[:4]...)
	if _, err := p.Enter(p.Publish(), false); err != nil {
		t.Fatal(err)
	}
	p.queue(ops[4])
	p.submit()
	for i, c := range p.wait(5) {
		if c.Op != ops[i] {
			t.Fatalf("completion %d is not of operation %d", i, i)
		}
	}
}

func TestCompletionQueueOverflowLosesNothing(t *testing.T) {
	p := newPort(t, Options{Entries: 4, CQEntries: 4})
	const n = 300
	seen := map[*engine.Op]int{}
	ops := nops(n)
	p.start(ops...)
	buf := make([]engine.Completion, 3)
	for len(seen) < n {
		if p.Ready() < 1 {
			t.Fatalf("after %d of %d completions Ready = %d, work %v", len(seen), n, p.Ready(), p.Work())
		}
		for _, c := range buf[:p.step(buf)] {
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
	p.start(nops(10)...)
	buf := make([]engine.Completion, 16)
	if n := p.Reap(buf); n != 4 {
		t.Fatalf("Reap = %d, want the 4 that fit", n)
	}
	if p.Ready() < 1 || !p.Work() {
		t.Errorf("ready %d, work %v while the kernel holds 6, want >= 1, true", p.Ready(), p.Work())
	}
	p.Watch() // must not park: nothing would wake it
	p.wait(6)
}

func TestReapTakesTheOldestFirst(t *testing.T) {
	p := newPort(t, Options{})
	ops := nops(10)
	p.start(ops...)
	var buf [3]engine.Completion
	for i := 0; i < len(ops); {
		n := p.Reap(buf[:])
		if n == 0 {
			t.Fatalf("nothing to reap after %d", i)
		}
		for _, c := range buf[:n] {
			if c.Op != ops[i] {
				t.Fatalf("completion %d is not of operation %d", i, i)
			}
			i++
		}
	}
}

func TestIndicesWrapAround(t *testing.T) {
	p := newPort(t, Options{Entries: 2, CQEntries: 2})
	op := &engine.Op{Kind: engine.Nop}
	for range 1000 {
		if res := p.do(op); res != 0 {
			t.Fatal(res)
		}
	}
	if len(p.slots) != 1 {
		t.Errorf("%d slots for one operation at a time", len(p.slots))
	}
}

// TestStaleCompletionIsIgnored gives the kernel a request with the user_data of an
// operation that is over and whose slot another one has taken since.
func TestStaleCompletionIsIgnored(t *testing.T) {
	p := newPort(t, Options{})
	a, b := pair(t)
	first := &engine.Op{Kind: engine.Nop}
	p.queue(first)
	old := userData(first.Slot, p.slots[first.Slot].gen)
	p.submit()
	p.wait(1)
	second := opOn(engine.Recv, a, make([]byte, 1))
	p.start(second)
	if first.Slot != second.Slot {
		t.Fatalf("slots %d and %d: the slot was not taken again", first.Slot, second.Slot)
	}
	for _, data := range []uint64{old, userData(12345, 0), cancelData - 1} {
		p.next().UserData = data
	}
	p.submit()
	p.none()
	if s := p.Stats(); s.Stale != 3 || p.InFlight() != 1 {
		t.Errorf("stale %d, in flight %d, want 3, 1", s.Stale, p.InFlight())
	}
	write(t, b, "x")
	if c := p.wait(1); c[0].Op != second || c[0].Res != 1 {
		t.Errorf("the operation in flight ended with %+v", c[0])
	}
}

// Memory that only an operation in flight refers to must live until the kernel has written it.
func TestOperationsInFlightAreKeptReachable(t *testing.T) {
	p := newPort(t, Options{})
	a, b := pair(t)
	var freed [1]bool
	func() {
		buf := new([64]byte)
		op := &engine.Op{Kind: engine.Recv, FD: int32(a), Addr: unsafe.Pointer(buf), Len: uint32(len(buf))}
		runtime.AddCleanup(buf, func(p *bool) { *p = true }, &freed[0])
		p.start(op)
	}()
	runtime.GC()
	runtime.GC()
	write(t, b, "kept")
	c := p.wait(1)
	got := unsafe.String((*byte)(c[0].Op.Addr), c[0].Res)
	if got != "kept" || c[0].Res != 4 {
		t.Errorf("received %d %q", c[0].Res, got)
	}
	if freed[0] {
		t.Error("the buffer was collected while the kernel could write to it")
	}
	runtime.KeepAlive(c)
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
		a, b := pair(t)
		r := opOn(engine.Recv, a, make([]byte, 1))
		p.start(append(nops(20), r)...)
		p.wait(20)
		if p.flags&sys.SetupTaskrunFlag == 0 && !p.Work() {
			t.Errorf("step %d: no work with an operation in flight, and no flag to tell", i)
		}
		go write(t, b, "x")
		if c := p.wait(1); c[0].Op != r || c[0].Res != 1 {
			t.Errorf("step %d: recv ended with %+v", i, c[0])
		}
		if p.Work() {
			t.Errorf("step %d: work with nothing in flight", i)
		}
	}
}
