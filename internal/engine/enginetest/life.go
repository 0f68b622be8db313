// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"runtime"
	"testing"

	"iocp/internal/engine"
)

var lifeTests = []test{
	{"NameIsAlwaysTheSame", func(p *Port) {
		if n := p.Name(); n == "" || n != p.Name() {
			p.Errorf("names %q and %q", n, p.Name())
		}
	}},
	{"CloseLeavesNothingBehind", closeLeavesNothing},
	{"SteadyStateAllocatesNothing", allocatesNothing},
	{"FilesAllocateNothing", filesAllocateNothing},
}

func closeLeavesNothing(p *Port) {
	p.close()
	round := func() {
		q := newPort(p.TB, p.c)
		a, b := q.Pair()
		q.Start(Op(engine.Recv, a, make([]byte, 1)))
		q.Send(b, "x")
		q.Wait(1)
		q.Is("sync", q.Do(&engine.Op{Kind: engine.Sync, FD: q.File("x")}), 0)
		q.close()
		if m, ok := q.Machine.(interface{ closeAll() }); ok {
			m.closeAll()
		}
		q.Forget(a) // comes too late, and does nothing
	}
	round()
	goroutines, open := runtime.NumGoroutine(), Descriptors()
	for range 10 {
		round()
	}
	p.Eventually("its goroutines end", func() bool { return runtime.NumGoroutine() <= goroutines })
	p.Eventually("its descriptors are closed", func() bool { return Descriptors() <= open })
}

func allocatesNothing(p *Port) {
	if raceEnabled {
		p.Skip("the race detector allocates")
	}
	a, b := p.Pair()
	recv, one := Op(engine.Recv, a, make([]byte, 1)), []byte("x")
	ops, buf := Nops(50), make([]engine.Completion, 64)
	round := func() {
		for _, o := range ops {
			p.Queue(o)
		}
		p.Cancel(ops[3])
		p.Cancel(ops[40])
		p.reapAll(buf, len(ops))
		p.Queue(recv)
		p.Submit()
		p.Wake()
		p.Watch()
		p.Rearm()
		if n, err := p.Write(b, one); n != 1 || err != nil {
			p.Fatal(n, err)
		}
		p.reapAll(buf, 1)
	}
	round()
	if n := testing.AllocsPerRun(200, round); n != 0 {
		p.Errorf("%v allocations per round, want 0", n)
	}
}

// reapAll is wait without a memory.
func (p *Port) reapAll(buf []engine.Completion, n int) {
	for n > 0 {
		m := p.Step(buf)
		if n -= m; m == 0 {
			p.Watch()
		}
	}
}

func filesAllocateNothing(p *Port) {
	if raceEnabled {
		p.Skip("the race detector allocates")
	}
	f := p.File("content")
	read, buf := Op(engine.Read, f, make([]byte, 7)), make([]engine.Completion, 1)
	blocking := Stream(engine.Read, f, make([]byte, 7)) // with the position of the file
	round := func() {
		for _, o := range [...]*engine.Op{read, blocking} {
			p.Queue(o)
			p.Submit()
			p.reapAll(buf, 1)
		}
	}
	round()
	if n := testing.AllocsPerRun(200, round); n != 0 {
		p.Errorf("%v allocations per round, want 0", n)
	}
}
