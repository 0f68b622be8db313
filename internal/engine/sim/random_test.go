// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// history drives a machine at random, from one goroutine, and returns the hash of what happened. It
// checks that every operation ends once and that nothing is left.
type history struct {
	t       testing.TB
	m       *Machine
	e       engine.Engine
	s       sys.System
	rng     *rand.Rand
	flying  map[*engine.Op][]byte
	streams []int32
	ended   int
	results map[int32]int
}

func play(t testing.TB, seed uint64, f Faults, rounds int) *history {
	m, err := New(Config{Seed: seed, Faults: f})
	if err != nil {
		t.Fatal(err)
	}
	h := &history{t: t, m: m, e: m.NewEngine(), s: m.System(), rng: rand.New(rand.NewPCG(seed, 1)),
		flying: map[*engine.Op][]byte{}, results: map[int32]int{}}
	for range 8 {
		a, b, errno := m.NewPair()
		if errno != 0 {
			t.Fatal(errno)
		}
		h.streams = append(h.streams, a, b)
	}
	for range rounds {
		h.step()
	}
	h.finish()
	return h
}

var histories = []engine.Kind{engine.Nop, engine.Recv, engine.Recv, engine.Send, engine.Send, engine.Poll}

// step starts, cancels or reaps.
func (h *history) step() {
	switch h.rng.IntN(4) {
	case 0, 1:
		b := make([]byte, 1+h.rng.IntN(3000))
		op := &engine.Op{Kind: histories[h.rng.IntN(len(histories))], FD: h.streams[h.rng.IntN(len(h.streams))], Flags: sys.PollIn | sys.PollOut}
		if op.Kind != engine.Poll {
			op.Addr, op.Len, op.Flags = unsafe.Pointer(unsafe.SliceData(b)), uint32(len(b)), 0
		}
		h.flying[op] = b
		h.e.Queue(op)
		if h.rng.IntN(8) == 0 {
			h.e.Cancel(op)
		}
	case 2:
		h.e.Enter(h.e.Publish(), h.rng.IntN(2) == 0)
	case 3:
		if h.reap() == 0 && h.e.InFlight() > 40 {
			h.e.Enter(h.e.Publish(), true)
			if h.e.Wake(); h.rng.IntN(2) == 0 {
				h.e.Watch()
			}
			h.e.Rearm()
		}
	}
}

func (h *history) reap() int {
	var buf [16]engine.Completion
	n := h.e.Reap(buf[:])
	for _, c := range buf[:n] {
		if _, ok := h.flying[c.Op]; !ok {
			h.t.Fatalf("%v ended twice, or never began", c.Op.Kind)
		}
		delete(h.flying, c.Op)
		h.ended++
		h.results[min(c.Res, 1)]++
	}
	return n
}

// finish cancels what is left, once, and waits for all of it.
func (h *history) finish() {
	ops := make([]*engine.Op, 0, len(h.flying))
	for op := range h.flying {
		ops = append(ops, op)
	}
	slices.SortFunc(ops, func(a, b *engine.Op) int { return int(a.Slot) - int(b.Slot) })
	for _, op := range ops {
		h.e.Cancel(op)
	}
	for len(h.flying) > 0 {
		h.e.Enter(h.e.Publish(), true)
		if h.reap() == 0 {
			h.e.Watch()
		}
	}
	if n := h.e.InFlight(); n != 0 {
		h.t.Errorf("%d in flight at the end", n)
	}
	for _, fd := range h.streams {
		if errno := h.s.Close(fd); errno != 0 {
			h.t.Errorf("close: %v", errno)
		}
	}
	if err := h.e.Close(); err != nil {
		h.t.Error(err)
	}
	for _, what := range h.m.Leaks() {
		h.t.Error(what)
	}
}

func TestOneSeedIsOneHistory(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := range uint64(12) {
		first := play(t, seed, Everywhere(0.05), 2000)
		again := play(t, seed, Everywhere(0.05), 2000)
		if first.m.Hash() != again.m.Hash() {
			t.Fatalf("seed %d: two runs differ", seed)
		}
		if seen[first.m.Hash()] {
			t.Errorf("seed %d repeats the history of another", seed)
		}
		seen[first.m.Hash()] = true
	}
}

func TestTraceTellsWhatHappened(t *testing.T) {
	var lines [2]strings.Builder
	for i := range lines {
		m, _ := New(Config{Seed: 7, Faults: Everywhere(0.3)})
		m.TraceTo(&lines[i])
		fd, _ := m.System().Socket(sys.AFInet, sys.SockStream, 0)
		m.System().Close(fd)
		e := m.NewEngine()
		e.Queue(&engine.Op{Kind: engine.Nop})
		e.Enter(e.Publish(), true)
		for e.Ready() == 0 {
			e.Watch()
			e.Enter(0, true)
		}
	}
	if lines[0].String() != lines[1].String() || strings.Count(lines[0].String(), "\n") < 4 {
		t.Errorf("traces:\n%s\n%s", &lines[0], &lines[1])
	}
	for _, want := range []string{"socket on", "close on", "request 0: nop", "result"} {
		if !strings.Contains(lines[0].String(), want) {
			t.Errorf("the trace does not mention %q:\n%s", want, &lines[0])
		}
	}
}

// TestEveryFaultStrikes looks for the mark of each fault in a history with it alone.
func TestEveryFaultStrikes(t *testing.T) {
	calm := play(t, 3, Faults{}, 3000)
	if n := calm.results[-int32(sys.EINTR)] + calm.results[-int32(sys.ECONNRESET)] + calm.results[-int32(errNoMemory)]; n != 0 {
		t.Errorf("a machine without faults has %v", calm.results)
	}
	for _, c := range []struct {
		name  string
		f     Faults
		errno sys.Errno
	}{
		{"interrupt", Faults{Interrupt: 0.1}, sys.EINTR}, {"again", Faults{Again: 0.1}, sys.EAGAIN},
		{"no memory", Faults{NoMemory: 0.1}, errNoMemory}, {"no buffers", Faults{NoBuffers: 0.1}, errNoBuffers},
		{"reset", Faults{Reset: 0.1}, sys.ECONNRESET},
	} {
		if h := play(t, 3, c.f, 3000); h.results[-int32(c.errno)] == 0 {
			t.Errorf("%s: the results are %v, none of them %v", c.name, h.results, c.errno)
		}
	}
	lost := play(t, 3, Faults{ThreadLoss: 0.2}, 3000)
	if lost.results[-int32(sys.ECANCELED)] <= calm.results[-int32(sys.ECANCELED)] {
		t.Errorf("threads that end cancel nothing: %v, without %v", lost.results, calm.results)
	}
	late := play(t, 3, Faults{LateCancel: 1}, 3000)
	if late.results[-int32(sys.ECANCELED)] >= calm.results[-int32(sys.ECANCELED)] {
		t.Errorf("no cancel comes too late: %v, without %v", late.results, calm.results)
	}
}

func TestFullQueueTakesFewer(t *testing.T) {
	m, _ := New(Config{Seed: 1, Faults: Faults{FullQueue: 0.5}})
	e := m.NewEngine()
	for range 100 {
		e.Queue(&engine.Op{Kind: engine.Nop})
	}
	fewer := 0
	for e.Pending() > 0 {
		if n := e.Publish(); enter(e, n) < n {
			fewer++
		}
	}
	if fewer < 10 {
		t.Errorf("Enter took fewer than there were %d times of 100 requests, want about 50", fewer)
	}
	reapAll(t, e, 100)
}

func enter(e engine.Engine, n int) int {
	m, _ := e.Enter(n, false)
	return m
}

func reapAll(t *testing.T, e engine.Engine, n int) {
	t.Helper()
	buf := make([]engine.Completion, n+1)
	for got := 0; got < n; {
		k := e.Reap(buf)
		if got += k; k == 0 {
			e.Enter(e.Publish(), true)
		}
	}
	if e.InFlight() != 0 {
		t.Errorf("%d in flight", e.InFlight())
	}
}

func TestOverflowNeedsAnEnter(t *testing.T) {
	m, _ := New(Config{Seed: 1, Faults: Faults{Overflow: 1}})
	e := m.NewEngine()
	e.Queue(&engine.Op{Kind: engine.Nop})
	enter(e, e.Publish())
	var buf [4]engine.Completion
	if r, w, n := e.Ready(), e.Work(), e.Reap(buf[:]); r != 1 || !w || n != 0 {
		t.Errorf("Ready = %d, Work = %v, Reap = %d; want 1, true, 0", r, w, n)
	}
	e.Watch() // does not wait: there is something for an Enter
	e.Nudge()
	if n := e.Reap(buf[:]); n != 0 {
		t.Errorf("Nudge has brought %d", n)
	}
	e.Enter(0, true)
	if n := e.Reap(buf[:]); n != 1 || e.Work() {
		t.Errorf("after Enter Reap = %d, Work = %v; want 1, false", n, e.Work())
	}
}

func TestDeferredComesWithANudge(t *testing.T) {
	for name, bring := range map[string]func(engine.Engine){
		"Nudge": engine.Engine.Nudge, "Watch": engine.Engine.Watch, "Enter": func(e engine.Engine) { e.Enter(0, true) },
	} {
		m, _ := New(Config{Seed: 1, Faults: Faults{Deferred: 1}})
		e := m.NewEngine()
		e.Queue(&engine.Op{Kind: engine.Nop})
		enter(e, e.Publish())
		if e.Ready() != 0 || !e.Work() {
			t.Errorf("Ready = %d, Work = %v; want 0, true", e.Ready(), e.Work())
		}
		if bring(e); e.Ready() != 1 || e.Work() {
			t.Errorf("after %s Ready = %d, Work = %v; want 1, false", name, e.Ready(), e.Work())
		}
	}
}

// TestStreamsKeepOrder sends numbers in pieces of all sizes while everything that leaves a stream
// whole goes wrong.
func TestStreamsKeepOrder(t *testing.T) {
	f := Faults{Delay: 0.2, Short: 0.5, Interrupt: 0.2, Again: 0.2, ThreadLoss: 0.2, Overflow: 0.1, Deferred: 0.1, Reorder: 0.2, FullQueue: 0.2}
	for seed := range uint64(8) {
		m, _ := New(Config{Seed: seed, Faults: f})
		e := m.NewEngine()
		a, b, _ := m.NewPair()
		const total = 300_000
		out, in := make([]byte, total), make([]byte, total+2000)
		for i := 0; i < total; i += 4 {
			binary.LittleEndian.PutUint32(out[i:], uint32(i))
		}
		sent, got := 0, 0
		send := &engine.Op{Kind: engine.Send, FD: a, Flags: sys.MsgWaitAll * uint32(seed&1)}
		recv := &engine.Op{Kind: engine.Recv, FD: b}
		start := func(op *engine.Op, buf []byte) {
			op.Addr, op.Len = unsafe.Pointer(unsafe.SliceData(buf)), uint32(len(buf))
			e.Queue(op)
		}
		start(send, out)
		start(recv, in[:1000])
		var buf [2]engine.Completion
		for got < total {
			e.Enter(e.Publish(), true)
			n := e.Reap(buf[:])
			if n == 0 {
				e.Watch()
			}
			for _, c := range buf[:n] {
				moved := max(int(c.Res), 0)
				if c.Op == send {
					if sent += moved; sent < total {
						start(send, out[sent:])
					}
				} else if got += moved; got < total {
					start(recv, in[got:got+1+int(seed)*100])
				}
			}
		}
		if string(in[:total]) != string(out) {
			t.Fatalf("seed %d: what came is not what was sent", seed)
		}
	}
}

func ExampleMachine() {
	m, err := New(Config{Seed: 42, Faults: Faults{Delay: 1}})
	if err != nil {
		panic(err)
	}
	e := m.NewEngine()
	a, b, _ := m.NewPair()
	buf := make([]byte, 8)
	e.Queue(&engine.Op{Kind: engine.Recv, FD: b, Addr: unsafe.Pointer(&buf[0]), Len: 8})
	e.Queue(&engine.Op{Kind: engine.Send, FD: a, Addr: unsafe.Pointer(unsafe.StringData("hello")), Len: 5})
	e.Enter(e.Publish(), true)
	for got := 0; got < 2; {
		var c [1]engine.Completion
		if e.Reap(c[:]) == 0 {
			e.Watch()
			continue
		}
		got++
		fmt.Println(c[0].Op.Kind, c[0].Res)
	}
	fmt.Printf("%s, and no time has passed outside\n", buf[:5])
	// Output:
	// send 5
	// recv 5
	// hello, and no time has passed outside
}
