// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"context"
	"errors"
	"io"
	"math"
	"sync/atomic"
	"testing"
	"time"
)

// echoed is an operation of a connection that a pool serves.
type echoed struct {
	Overlapped
	conn  *TCPConn
	buf   []byte
	sends bool
	ended chan<- error
}

func (e *echoed) Complete(c Completion) {
	err := c.Err
	switch {
	case err != nil:
	case e.sends:
		e.sends = false
		err = e.conn.Recv(e, e.buf[:cap(e.buf)])
	default:
		e.sends = true
		err = e.conn.Send(e, e.buf[:c.Bytes])
	}
	if err != nil {
		e.ended <- err
	}
}

func shutdown(t *testing.T, pl *Pool) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return pl.Shutdown(ctx)
}

func TestPoolServesOperations(t *testing.T) {
	for _, cfg := range []PoolConfig{{}, {Workers: 1}, {Workers: 7, Batch: 16}} {
		p := newPort(t)
		pl := NewPool(p, cfg)
		const n = 10
		ended := make(chan error, n)
		for i := range n {
			c, far := tcpPair(t, p)
			e := &echoed{conn: c, buf: make([]byte, 100), ended: ended}
			ok(t, c.Recv(e, e.buf))
			go func() {
				out, in := pattern(50+i), make([]byte, 50+i)
				for range 50 {
					far.Write(out)
					if _, err := io.ReadFull(far, in); err != nil || string(in) != string(out) {
						t.Errorf("the echo is wrong: %v", err)
					}
				}
				far.CloseWrite()
			}()
		}
		for range n {
			if err := await(t, "an end", ended); err != io.EOF {
				t.Errorf("a connection ended with %v", err)
			}
		}
		ok(t, shutdown(t, pl))
		if s := p.Stats(); s.Waiting != 0 || s.Running != 0 {
			t.Errorf("workers are left: %+v", s)
		}
	}
}

func TestPoolGivesOtherPacketsToItsHandler(t *testing.T) {
	p := newPort(t)
	got := make(chan Completion, 3)
	pl := NewPool(p, PoolConfig{Handler: func(c Completion) { got <- c }})
	want := Completion{Op: &op{}, Key: "key", Bytes: 5, Err: io.EOF}
	ok(t, p.Post(want))
	if c := await(t, "the packet", got); c != want {
		t.Errorf("the handler got %+v", c)
	}
	ok(t, shutdown(t, pl))
	nobody := NewPool(p, PoolConfig{Workers: 1})
	ok(t, p.Post(want))
	ok(t, shutdown(t, nobody))
	quiet(t, p)
}

func TestPoolShutdownWaitsForWhatGoesOn(t *testing.T) {
	p := newPort(t)
	var handled atomic.Int32
	gate := make(chan struct{})
	pl := NewPool(p, PoolConfig{Workers: 4, Batch: 3, Handler: func(c Completion) {
		if handled.Add(1) == 1 {
			<-gate
		}
	}})
	c, far := tcpPair(t, p)
	ok(t, c.Recv(&op{}, make([]byte, 1)))
	for range 20 {
		ok(t, p.Post(Completion{}))
	}
	down := make(chan error, 1)
	go func() { down <- pl.Shutdown(context.Background()) }()
	eventually(t, "the posts to be handled", func() bool { return handled.Load() >= 18 }) // one batch waits
	far.Write([]byte{1})
	select {
	case err := <-down:
		t.Fatalf("Shutdown did not wait for a handler: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(gate)
	ok(t, await(t, "Shutdown", down))
	if handled.Load() != 21 {
		t.Errorf("%d packets were handled; want 21", handled.Load())
	}
}

func TestPoolShutdownWithoutPatience(t *testing.T) {
	p := newPort(t)
	pl := NewPool(p, PoolConfig{Workers: 3, Batch: 2})
	c, _ := tcpPair(t, p)
	o := &op{}
	ok(t, c.Recv(o, make([]byte, 1)))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := pl.Shutdown(ctx); err != context.DeadlineExceeded {
		t.Errorf("Shutdown gave %v", err)
	}
	eventually(t, "the workers to end", func() bool { s := p.Stats(); return s.Waiting == 0 && s.Running == 0 })
	ok(t, o.Cancel()) // the port is still good
	expect(t, p, o, 0, ErrCanceled)
	p.Leave()
	canceled, cancel2 := context.WithCancel(t.Context())
	cancel2()
	other := NewPool(p, PoolConfig{Workers: 2})
	ok(t, c.Recv(o, make([]byte, 1)))
	if err := other.Shutdown(canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown gave %v", err)
	}
	ok(t, o.Cancel())
	eventually(t, "the second pool to end", func() bool { s := p.Stats(); return s.Waiting == 0 && s.Running == 0 })
}

func TestPoolEndsWithThePort(t *testing.T) {
	p := newPort(t)
	pl := NewPool(p, PoolConfig{})
	eventually(t, "the workers", func() bool { return p.Stats().Waiting == 2*p.Concurrency() })
	ok(t, p.Close())
	ok(t, shutdown(t, pl))
	ok(t, shutdown(t, pl))
}

func TestPoolOfAPortWithoutABound(t *testing.T) {
	p := newPort(t, Config{Concurrency: math.MaxInt32})
	pl := NewPool(p, PoolConfig{})
	ok(t, shutdown(t, pl))
	if pl.n != maxWorkers {
		t.Errorf("the pool had %d workers", pl.n)
	}
}

func TestTwoPoolsOnOnePort(t *testing.T) {
	p := newPort(t)
	var handled atomic.Int32
	count := func(Completion) { handled.Add(1) }
	a, b := NewPool(p, PoolConfig{Handler: count, Workers: 2}), NewPool(p, PoolConfig{Handler: count, Workers: 2, Batch: 8})
	for range 100 {
		ok(t, p.Post(Completion{}))
	}
	ok(t, shutdown(t, a))
	for range 100 {
		ok(t, p.Post(Completion{}))
	}
	ok(t, shutdown(t, b))
	ok(t, shutdown(t, b))
	if handled.Load() != 200 {
		t.Errorf("%d packets were handled; want 200", handled.Load())
	}
	quiet(t, p)
}

// TestPoolShutdownMeetsAnother: the other has found the pool idle, and not ended its workers yet.
func TestPoolShutdownMeetsAnother(t *testing.T) {
	p := newPort(t)
	pl := NewPool(p, PoolConfig{Workers: 2})
	eventually(t, "the pool to wait", func() bool { return p.Stats().Waiting == 2 })
	p.c.q.Await(pl.group)
	await(t, "the pool to be idle", pl.group.Idle())
	ok(t, shutdown(t, pl))
}

// TestPoolShutdownSeesWhatOthersTake: the last packet goes to a worker that is none of the pool's.
func TestPoolShutdownSeesWhatOthersTake(t *testing.T) {
	p := newPort(t)
	pl := NewPool(p, PoolConfig{Workers: 2})
	eventually(t, "the pool to wait", func() bool { return p.Stats().Waiting == 2 })
	c, far := tcpPair(t, p)
	o := &op{}
	ok(t, c.Recv(o, make([]byte, 1)))
	down := make(chan error, 1)
	go func() { down <- shutdown(t, pl) }()
	go func() {
		eventually(t, "the other worker to wait", func() bool { return p.Stats().Waiting == 3 })
		far.Write([]byte{1})
	}()
	expect(t, p, o, 1, nil) // the newest waiter is released (C01)
	ok(t, await(t, "Shutdown", down))
}

func TestPoolDrainsWhenTheLastThingIsAClose(t *testing.T) {
	for range 100 { // the request of the close makes no packet, and anybody may reap it
		p := newPort(t)
		pl := NewPool(p, PoolConfig{})
		c, _ := tcpPair(t, p)
		ok(t, c.Recv(&op{}, make([]byte, 1)))
		go c.Close()
		eventually(t, "the close", func() bool { return c.Recv(&op{}, make([]byte, 1)) != nil })
		ok(t, shutdown(t, pl))
		ok(t, p.Close())
	}
}
