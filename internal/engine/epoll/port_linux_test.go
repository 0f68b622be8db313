// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// port plays the port for the engine: the lock, and one goroutine at a time in Enter.
type port struct {
	testing.TB
	*Engine
	mu    sync.Mutex
	enter sync.Mutex
}

func newPort(t testing.TB) *port {
	t.Helper()
	if info := Probe(); !info.Available {
		t.Skip(info.Err)
	}
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return adopt(t, e)
}

// newPortWith makes a port on a kernel that pretends to be another one.
func newPortWith(t testing.TB, k *kernel) *port {
	t.Helper()
	if info := Probe(); !info.Available {
		t.Skip(info.Err)
	}
	e, err := k.newEngine()
	if err != nil {
		t.Fatal(err)
	}
	return adopt(t, e)
}

func adopt(t testing.TB, e *Engine) *port {
	p := &port{TB: t, Engine: e}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return p
}

func (p *port) locked(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// queue only queues.
func (p *port) queue(ops ...*engine.Op) {
	p.locked(func() {
		for _, op := range ops {
			p.Queue(op)
		}
	})
}

// submit enters until nothing is pending.
func (p *port) submit() {
	p.Helper()
	p.enter.Lock()
	defer p.enter.Unlock()
	for {
		p.mu.Lock()
		n := p.Publish()
		p.mu.Unlock()
		if n == 0 {
			return
		}
		if _, err := p.Enter(n, true); err != nil {
			p.Errorf("Enter: %v", err)
			return
		}
	}
}

// start queues and submits.
func (p *port) start(ops ...*engine.Op) {
	p.Helper()
	p.queue(ops...)
	p.submit()
}

// step does what a worker does between two looks: it submits, looks for events and reaps.
func (p *port) step(buf []engine.Completion) (n int) {
	p.Helper()
	p.mu.Lock()
	n = p.Reap(buf)
	work := n == 0 && (p.Pending() > 0 || p.Work())
	p.mu.Unlock()
	if !work {
		return n
	}
	p.enter.Lock()
	p.mu.Lock()
	m := p.Publish()
	p.mu.Unlock()
	_, err := p.Enter(m, true)
	p.enter.Unlock()
	if err != nil {
		p.Fatalf("Enter: %v", err)
	}
	p.locked(func() { n = p.Reap(buf) })
	return n
}

// wait returns the next n completions. It watches when there is nothing to do, and fails
// the test if they do not come in time.
func (p *port) wait(n int) []engine.Completion {
	p.Helper()
	var late atomic.Bool
	timer := time.AfterFunc(patience, func() {
		late.Store(true)
		p.locked(p.Wake)
	})
	defer timer.Stop()
	var got []engine.Completion
	buf := make([]engine.Completion, 64)
	for len(got) < n {
		m := p.step(buf[:min(len(buf), n-len(got))])
		got = append(got, buf[:m]...)
		if m == 0 {
			p.Watch()
		}
		if late.Load() {
			p.Fatalf("%d of %d completions after %v; in flight %d, pending %d, ready %d, stats %+v",
				len(got), n, patience, p.InFlight(), p.Pending(), p.Ready(), p.Stats())
		}
	}
	return got
}

// do runs one operation to its end.
func (p *port) do(op *engine.Op) int32 {
	p.Helper()
	p.start(op)
	c := p.wait(1)
	if c[0].Op != op {
		p.Fatalf("reaped %p, want %p", c[0].Op, op)
	}
	return c[0].Res
}

// cancel cancels and submits.
func (p *port) cancel(op *engine.Op) {
	p.Helper()
	p.locked(func() { p.Cancel(op) })
	p.submit()
}

// none checks that nothing can be reaped.
func (p *port) none() {
	p.Helper()
	if n := p.step(make([]engine.Completion, 1)); n != 0 {
		p.Fatalf("a completion that should not be there")
	}
}

// eventually polls a condition that no completion announces.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !cond(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not in %v: %s", patience, what)
		}
	}
}

// pair returns a connected pair of stream sockets.
func pair(t testing.TB) (a, b int) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Close(fds[0])
		syscall.Close(fds[1])
	})
	return fds[0], fds[1]
}

func tempFile(t testing.TB, content string) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "epoll")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.WriteString(content); err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t testing.TB, fd int, s string) {
	t.Helper()
	if n, err := syscall.Write(fd, []byte(s)); n != len(s) || err != nil {
		t.Errorf("write: %d, %v", n, err)
	}
}

func opOn(kind engine.Kind, fd int, b []byte) *engine.Op {
	return &engine.Op{Kind: kind, FD: int32(fd), Addr: unsafe.Pointer(unsafe.SliceData(b)), Len: uint32(len(b))}
}

func nops(n int) []*engine.Op {
	ops := make([]*engine.Op, n)
	for i := range ops {
		ops[i] = &engine.Op{Kind: engine.Nop}
	}
	return ops
}

func errno(e syscall.Errno) int32 { return -int32(e) }

// loopback returns a listening TCP socket and its address as the kernel wants it.
func loopback(t testing.TB) (int, *unix.RawSockaddrInet4) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	err = errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 8))
	if err != nil {
		t.Fatal(err)
	}
	sa := &unix.RawSockaddrInet4{}
	n := uint32(unsafe.Sizeof(*sa))
	_, _, e := syscall.Syscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(sa)), uintptr(unsafe.Pointer(&n)))
	if e == syscall.ENOSYS {
		t.Skip("getsockname is not a system call of its own here")
	}
	if e != 0 {
		t.Fatal(e)
	}
	return fd, sa
}

// poor is a kernel without eventfd2, preadv2 and pwritev2.
func poor() *kernel {
	k := *host
	k.eventfd = func() (int, syscall.Errno) { return -1, syscall.ENOSYS }
	k.vectors = func() syscall.Errno { return syscall.ENOSYS }
	return &k
}
