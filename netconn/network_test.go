// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"iocp"
)

func TestNewRefusesUnknownEngine(t *testing.T) {
	n, err := New(Config{Engine: "steam"})
	if n != nil || !errors.Is(err, iocp.ErrInvalidParameter) {
		t.Errorf("New = %v, %v, want iocp.ErrInvalidParameter", n, err)
	}
}

func TestNewRefusesNegativeNumbers(t *testing.T) {
	for _, c := range []Config{{Workers: -1}, {Concurrency: -1}} {
		n, err := New(c)
		if n != nil || !errors.Is(err, iocp.ErrInvalidParameter) {
			t.Errorf("New(%+v) = %v, %v, want iocp.ErrInvalidParameter", c, n, err)
		}
	}
}

func TestShutdownWithoutConnectionsNeedsNoTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		n := newNetwork(t)
		listen(t, n)
		if err := n.Shutdown(ctx); err != nil {
			t.Fatalf("Shutdown of a network without a connection: %v", err)
		}
	}
}

func TestShutdownWaitsForConnections(t *testing.T) {
	n := newNetwork(t)
	l := listen(t, n)
	a, b, err := connectTo(l, n.Dial)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- n.Shutdown(t.Context()) }()
	_, err = l.Accept()
	wantAcceptError(t, err, l, net.ErrClosed)
	mustWrite(t, a, "still served")
	mustRead(t, b, "still served")
	a.Close()
	select {
	case err := <-ended:
		t.Fatalf("Shutdown returned %v with a connection open", err)
	default:
	}
	b.Close()
	if err := await(t, "Shutdown", ended); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := n.Port().Post(iocp.Completion{}); !errors.Is(err, iocp.ErrClosed) {
		t.Errorf("Post after Shutdown: %v, want iocp.ErrClosed", err)
	}
}

func TestShutdownClosesConnectionsWhenItsTimeIsUp(t *testing.T) {
	n := newNetwork(t)
	_, b := pairWithNet(t, n)
	got := startRead(t, b)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	var err error
	within(t, "Shutdown", func() { err = n.Shutdown(ctx) })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown: %v, want context.DeadlineExceeded", err)
	}
	wantOpError(t, await(t, "Read", got), "read", b, net.ErrClosed)
	_, err = b.Write([]byte("x"))
	wantOpError(t, err, "write", b, net.ErrClosed)
}

func TestCloseEndsShutdown(t *testing.T) {
	n := newNetwork(t)
	pair(t, n)
	ended := make(chan error, 1)
	go func() { ended <- n.Shutdown(context.Background()) }()
	waitFor(t, "Shutdown to begin", func() bool { n.mu.Lock(); defer n.mu.Unlock(); return n.draining })
	if err := n.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := await(t, "Shutdown", ended); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := n.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestCloseUnblocksEverything(t *testing.T) {
	n := newNetwork(t)
	l := listen(t, n)
	peer, a, err := connectTo(l, net.Dial)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	fillPipe(t, a)
	ended := make(chan error, 3)
	go func() { _, err := l.Accept(); ended <- err }()
	go func() { _, err := a.Write(make([]byte, 10<<20)); ended <- err }()
	go func() { _, err := a.Read(make([]byte, 1)); ended <- err }()
	blockedRead(t, a.(*Conn))
	blockedWrite(t, a.(*Conn))
	within(t, "Close", func() { n.Close() })
	for range 3 {
		if err := await(t, "a blocked call", ended); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want net.ErrClosed", err)
		}
	}
	if _, err := a.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Read after Network.Close: %v, want net.ErrClosed", err)
	}
}

// posted is a completer of the port's owner, who shares the port with a network.
type posted struct {
	iocp.Overlapped
	got chan any
}

func (p *posted) Complete(c iocp.Completion) { p.got <- c.Key }

func TestNewOnSharesThePortOfItsOwner(t *testing.T) {
	skipWithoutEngine(t)
	checkLeaks(t)
	port, err := iocp.NewPort(iocp.Config{})
	if err != nil {
		t.Fatal(err)
	}
	pool := iocp.NewPool(port, iocp.PoolConfig{Workers: 1})
	n := NewOn(port)
	if n.Port() != port {
		t.Error("Port is another port")
	}
	a, b := pair(t, n)
	mustWrite(t, a, "over the owner's port")
	mustRead(t, b, "over the owner's port")
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	p := &posted{got: make(chan any, 1)}
	if err := port.Post(iocp.Completion{Op: p, Key: "mine"}); err != nil {
		t.Fatal(err)
	}
	within(t, "the posted packet", func() {
		if key := <-p.got; key != "mine" {
			t.Errorf("got the key %v", key)
		}
	})
	if err := pool.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := port.Close(); err != nil {
		t.Errorf("the owner's port was closed by the network: %v", err)
	}
}

// The owner of a port need not use a Pool: whoever calls Complete will do.
func TestNewOnWithWorkersOfTheOwner(t *testing.T) {
	skipWithoutEngine(t)
	checkLeaks(t)
	port, err := iocp.NewPort(iocp.Config{Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for c := range port.All() {
			c.Op.(iocp.Completer).Complete(c)
		}
	}()
	n := NewOn(port)
	a, b := pair(t, n)
	go func() { io.Copy(b, b) }()
	for range 100 {
		mustWrite(t, a, "echo")
		mustRead(t, a, "echo")
	}
	n.Close()
	waitFor(t, "the operations to end", func() bool { return port.Stats().InFlight == 0 && port.Len() == 0 })
	port.Close()
	within(t, "the worker", func() { <-ended })
}

// Concurrency 1 with one worker is enough for any number of blocked calls, because those
// block in goroutines of their own.
func TestOneWorkerServesAll(t *testing.T) {
	skipWithoutEngine(t)
	checkLeaks(t)
	n, err := New(Config{Engine: testEngine, Concurrency: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for range 20 {
		a, b := pair(t, n)
		go func() { io.Copy(b, b); b.Close() }()
		mustWrite(t, a, "one")
		mustRead(t, a, "one")
	}
}
