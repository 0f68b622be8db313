// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
	"iocp/internal/engine/pool"
)

// More threads than there may be are wanted; those who wait can be cancelled, the others not.
func TestPoolIsBounded(t *testing.T) {
	p := newPort(t)
	var listeners []int
	var ops []*engine.Op
	for range pool.MaxThreads + 4 {
		// A connect that waits for the backlog blocks for as long as the test wants.
		op, l := blockedConnect(t)
		ops, listeners = append(ops, op), append(listeners, l)
	}
	p.Start(ops...)
	if s := p.Stats(); s.Threads != pool.MaxThreads {
		t.Errorf("%d threads, want %d", s.Threads, pool.MaxThreads)
	}
	p.Eventually("all threads are busy", func() bool { return p.pool.Queued() == 4 })
	for _, op := range ops {
		p.CancelAll(op)
	}
	for _, c := range p.Wait(4) {
		if c.Res != -int32(syscall.ECANCELED) {
			t.Errorf("ended with %d, want -ECANCELED", c.Res)
		}
	}
	p.None()
	for _, l := range listeners {
		s, _, err := unix.Accept(l) // makes room for one
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(s)
	}
	p.Wait(pool.MaxThreads)
}

// blockedConnect returns a connect that waits, and the listener that it waits for.
func blockedConnect(t *testing.T) (*engine.Op, int) {
	t.Helper()
	name := t.TempDir() + "/s"
	l, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(l) })
	if err := unix.Bind(l, &unix.SockaddrUnix{Name: name}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(l, 0); err != nil {
		t.Fatal(err)
	}
	for { // until the backlog is full
		c, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(c) })
		if unix.Connect(c, &unix.SockaddrUnix{Name: name}) == unix.EAGAIN {
			if err := unix.SetNonblock(c, false); err != nil {
				t.Fatal(err)
			}
			return &engine.Op{Kind: engine.Connect, FD: int32(c), Addr: rawUnix(name), Off: int64(3 + len(name))}, l
		}
	}
}

// Nobody looks, and yet what the kernel could go on with goes on.
func TestRequestsEndThoughNobodyLooks(t *testing.T) {
	p := newPort(t)
	a, b := p.Pair()
	for range 3 {
		p.Start(enginetest.Op(engine.Recv, a, make([]byte, 1)))
		p.Send(b, "x")
		p.Eventually("the receive is over", func() bool { return p.Ready() == 1 })
		p.Wait(1)
	}
	big := enginetest.Op(engine.Send, a, make([]byte, 1<<22))
	big.Flags = unix.MSG_WAITALL
	p.Start(big)
	if n := len(p.Drain(b, 1<<22)); n != 1<<22 {
		t.Errorf("%d bytes came", n)
	}
	p.Eventually("the send is over", func() bool { return p.Ready() == 1 })
	p.Wait(1)
}

// Work is true once per search for packets, so that a worker looks, and only once.
func TestWorkIsTrueOncePerSearch(t *testing.T) {
	p := newPort(t)
	a, _ := p.Pair()
	buf := make([]engine.Completion, 1)
	if p.Work() {
		t.Error("there is work although nothing waits")
	}
	op := enginetest.Op(engine.Recv, a, make([]byte, 1))
	p.Start(op)
	for range 3 {
		p.Reap(buf)
		p.Reap(buf)
		if !p.Work() {
			t.Fatal("no work for one who comes for packets")
		}
		p.Enter(0, true)
		if p.Work() {
			t.Error("work right after a look")
		}
		if p.Reap(buf); p.Work() {
			t.Error("work for one who has looked")
		}
	}
	p.CancelAll(op)
	p.WaitFor(op)
}
