// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"iocp/internal/engine"
)

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

func TestSteadyStateAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	p := newPort(t)
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
		for _, op := range ops {
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

func TestFilesAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	p := newPort(t)
	f := tempFile(t, "content")
	read, buf := opOn(engine.Read, int(f.Fd()), make([]byte, 7)), make([]engine.Completion, 1)
	blocking := opOn(engine.Read, int(f.Fd()), make([]byte, 7))
	blocking.Off = -1 // the pool's
	round := func() {
		for _, op := range []*engine.Op{read, blocking} {
			p.Queue(op)
			p.submit()
			for p.step(buf) == 0 {
				p.Watch()
			}
		}
	}
	round()
	if n := testing.AllocsPerRun(200, round); n != 0 {
		t.Errorf("%v allocations per round, want 0", n)
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	eventually(t, "goroutines of earlier tests end", func() bool { return runtime.NumGoroutine() <= 3 })
	before, goroutines := fds(t), runtime.NumGoroutine()
	for _, k := range []*kernel{host, poor()} {
		e, err := k.newEngine()
		if err != nil {
			t.Fatal(err)
		}
		p := &port{TB: t, Engine: e}
		a, b := pair(t)
		p.start(opOn(engine.Recv, a, make([]byte, 1)))
		write(t, b, "x")
		p.wait(1)
		p.do(&engine.Op{Kind: engine.Sync, FD: int32(tempFile(t, "x").Fd())}) // of the pool
		if err := e.Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
		e.Forget(int32(a)) // comes too late, and does nothing
		k.inspect()
	}
	for fd := range fds(t) {
		if !before[fd] && !strings.Contains(fd, "socket:") && !strings.Contains(fd, t.Name()) {
			t.Errorf("left open: %s", fd)
		}
	}
	eventually(t, "its goroutines end", func() bool { return runtime.NumGoroutine() <= goroutines })
}

func TestPoolEndsWhenIdle(t *testing.T) {
	p := newPort(t)
	p.pool.idle = time.Millisecond
	p.do(&engine.Op{Kind: engine.Sync, FD: int32(tempFile(t, "x").Fd())})
	eventually(t, "the thread ends", func() bool { return p.pool.size() == 0 })
	p.do(&engine.Op{Kind: engine.Sync, FD: int32(tempFile(t, "x").Fd())})
}

func TestProbeSaysWhatIsMissing(t *testing.T) {
	info := poor().inspect()
	if !info.Available || len(info.Features) != 0 || len(info.Lacks) != 2 {
		t.Errorf("%+v", info)
	}
	for i, want := range []string{"preadv2", "eventfd2"} {
		if !strings.Contains(info.Lacks[i], want) {
			t.Errorf("%q does not name %s", info.Lacks[i], want)
		}
	}
	if info := Probe(); info.Available && len(info.Features)+len(info.Lacks) == 0 {
		t.Errorf("%+v", info)
	}
}

func TestRefusalSaysWhatToDo(t *testing.T) {
	for errno, cure := range map[syscall.Errno]string{syscall.EMFILE: "ulimit -n", syscall.ENFILE: "fs.file-max",
		syscall.ENOMEM: "memory limit", syscall.EPERM: "seccomp", syscall.EINVAL: "another engine"} {
		k := *host
		k.create = func() (int, syscall.Errno) { return -1, errno }
		info := k.inspect()
		if info.Available || info.Err == nil || !strings.Contains(info.Err.Error(), cure) {
			t.Errorf("%v: %+v", errno, info)
		}
	}
}
