// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"iocp/internal/engine"
)

func TestOptionSizes(t *testing.T) {
	for _, x := range []struct {
		o      Options
		sq, cq uint32
	}{
		{Options{}, 1024, 8192},
		{Options{Entries: 16}, 16, 8192},
		{Options{CQEntries: 4096}, 1024, 4096},
		{Options{Entries: 64, CQEntries: 8}, 64, 64},
		{Options{Entries: 5, CQEntries: 9}, 8, 16},
		{Options{Entries: 1 << 30, CQEntries: 1 << 30}, 32768, 65536},
	} {
		if testing.Short() && x.sq > 1024 {
			continue
		}
		p := newPort(t, x.o)
		if sq, cq := len(p.sqes), len(p.cqes); sq != int(x.sq) || cq != int(x.cq) {
			t.Errorf("%+v: %d and %d entries, want %d and %d", x.o, sq, cq, x.sq, x.cq)
		}
	}
}

// fds lists what the process has open, without the listing's own descriptor.
func fds(t *testing.T) map[string]bool {
	t.Helper()
	names, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(names) == 0 {
		t.Skip("/proc is not mounted")
	}
	open := map[string]bool{}
	for _, name := range names {
		if to, err := os.Readlink(name); err == nil {
			open[name+" "+to] = true
		}
	}
	return open
}

func mappings(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip("/proc is not mounted")
	}
	return strings.Count(string(b), "anon_inode:[io_uring]")
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	if info := Probe(); !info.Available {
		t.Skip(info.Err)
	}
	<-hostBarrier.done // its goroutine ends here
	eventually(t, "goroutines of earlier tests end", func() bool { return runtime.NumGoroutine() <= 3 })
	before, goroutines, maps := fds(t), runtime.NumGoroutine(), mappings(t)
	for range 20 {
		e, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		p := &port{TB: t, Engine: e}
		a, b := pair(t)
		p.start(opOn(engine.Recv, a, make([]byte, 1)))
		write(t, b, "x")
		p.wait(1)
		if err := e.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
	for _, k := range fallbackKernels() {
		k.inspect()
	}
	refusing(1, "").inspect()
	for fd := range fds(t) {
		if !before[fd] && !strings.Contains(fd, "socket:") {
			t.Errorf("left open: %s", fd)
		}
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	if n := mappings(t); n != maps {
		t.Errorf("%d mappings of rings, %d before", n, maps)
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	p := newPort(t, Options{Entries: 8, CQEntries: 16})
	a, b := pair(t)
	recv, one := opOn(engine.Recv, a, make([]byte, 1)), []byte("x")
	ops, buf := nops(50), make([]engine.Completion, 64)
	reap := func(n int) {
		for n > 0 {
			m := p.step(buf)
			if n -= m; m == 0 {
				p.Watch()
			}
		}
	}
	round := func() {
		for _, op := range ops { // more than either queue holds
			p.Queue(op)
		}
		p.Cancel(ops[3])
		p.Cancel(ops[40])
		reap(len(ops))
		p.Queue(recv)
		p.submit()
		p.Wake()
		p.Watch()
		p.Rearm()
		if n, err := syscall.Write(b, one); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		reap(1)
	}
	round()
	if n := testing.AllocsPerRun(200, round); n != 0 {
		t.Errorf("%v allocations per round, want 0", n)
	}
}
