// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"iocp"
)

func TestListenerCloseUnblocksAccept(t *testing.T) {
	l := listen(t, newNetwork(t))
	got := make(chan error, 3)
	for range 3 {
		go func() {
			_, err := l.Accept()
			got <- err
		}()
	}
	waitFor(t, "three Accepts", func() bool { l.Lock(); defer l.Unlock(); return l.waiting == 3 && l.busy > 0 })
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	within(t, "Accept", func() {
		for range 3 {
			wantAcceptError(t, <-got, l, net.ErrClosed)
		}
	})
	_, err := l.Accept()
	wantAcceptError(t, err, l, net.ErrClosed)
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("second Close: %v, want net.ErrClosed", err)
	}
	if err := l.SetDeadline(time.Now()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("SetDeadline after Close: %v, want net.ErrClosed", err)
	}
}

func wantAcceptError(t testing.TB, err error, l *Listener, cause error) {
	t.Helper()
	oe, ok := err.(*net.OpError)
	if !ok || !errors.Is(err, cause) {
		t.Fatalf("got %T %v, want a *net.OpError around %v", err, err, cause)
	}
	if oe.Op != "accept" || oe.Net != "tcp" || oe.Source != nil || oe.Addr != l.Addr() {
		t.Errorf("got %#v", oe)
	}
}

func TestAddressIsFreeAfterListenerClose(t *testing.T) {
	if engines := iocp.Engines(); len(engines) > 0 && strings.Contains(engines[0].Kernel, "Wine") {
		t.Skip("Wine does not let a socket bind where connections of the past linger on; Windows does")
	}
	n := newNetwork(t)
	l := listen(t, n)
	addr := l.Addr().String()
	for range 20 {
		a, b, err := connectTo(l, n.Dial)
		if err != nil {
			t.Fatal(err)
		}
		a.Close()
		b.Close()
		l.Close()
		next, err := n.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		l = next.(*Listener)
	}
	l.Close()
}

func TestListenerDeadline(t *testing.T) {
	n := newNetwork(t)
	l := listen(t, n)
	l.SetDeadline(time.Unix(1, 0))
	_, err := l.Accept()
	wantAcceptError(t, err, l, os.ErrDeadlineExceeded)
	wantTimeout(t, err)
	l.SetDeadline(time.Now().Add(10 * time.Millisecond))
	_, err = l.Accept()
	wantTimeout(t, err)

	// The accept that is in flight takes this connection before anybody asks for it.
	a, err := n.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	waitFor(t, "the connection", func() bool { l.Lock(); defer l.Unlock(); return len(l.ready) == 1 })
	_, err = l.Accept()
	wantTimeout(t, err)
	l.SetDeadline(time.Time{})
	b, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	mustWrite(t, a, "hello")
	mustRead(t, b, "hello")
}

func TestListenerDeadlineSetWhileBlocked(t *testing.T) {
	l := listen(t, newNetwork(t))
	got := make(chan error)
	go func() {
		_, err := l.Accept()
		got <- err
	}()
	waitFor(t, "an Accept", func() bool { l.Lock(); defer l.Unlock(); return l.busy > 0 })
	l.SetDeadline(time.Unix(1, 0))
	wantTimeout(t, await(t, "Accept", got))
}

func TestListenerCloseClosesConnectionsNobodyAccepted(t *testing.T) {
	n := newNetwork(t)
	l := listen(t, n)
	a, b, err := connectTo(l, n.Dial) // the window is two accepts now
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	defer b.Close()
	var waiting []net.Conn
	for range 4 {
		c, err := n.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		waiting = append(waiting, c)
	}
	waitFor(t, "two connections", func() bool { l.Lock(); defer l.Unlock(); return len(l.ready) == 2 })
	l.Close()
	for _, c := range waiting {
		within(t, "Read", func() {
			if _, err := c.Read(make([]byte, 1)); err != io.EOF && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("Read: %v, want the end of the connection", err)
			}
		})
	}
}

func TestManyConnectionsWithManyAccepters(t *testing.T) {
	const accepters, dialers, each = 4, 8, 25
	n := newNetwork(t)
	l := listen(t, n)
	var accepted, dialled sync.WaitGroup
	for range accepters {
		accepted.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					wantAcceptError(t, err, l, net.ErrClosed)
					return
				}
				accepted.Go(func() { defer c.Close(); io.Copy(c, c) })
			}
		})
	}
	for range dialers {
		dialled.Go(func() {
			for range each {
				c, err := n.Dial("tcp", l.Addr().String())
				if err != nil {
					t.Errorf("Dial: %v", err)
					return
				}
				mustWrite(t, c, "ping")
				mustRead(t, c, "ping")
				c.Close()
			}
		})
	}
	within(t, "a dialer", dialled.Wait)
	l.Close()
	within(t, "an accepter", accepted.Wait)
}

// When descriptors run out, all accepts in flight fail together. One report is enough; a
// connection that another of them has brought is kept.
func TestAcceptReportsErrorsThatComeTogetherOnce(t *testing.T) {
	l := listen(t, newNetwork(t))
	failed := func() *accept { return &accept{l: l, conn: iocp.NewTCPConn(), err: syscall.EMFILE} }
	good := &accept{l: l, conn: iocp.NewTCPConn()}
	l.Lock()
	defer l.Unlock()
	l.window, l.ready = maxAccepts, []*accept{failed(), failed(), good, failed()}
	if _, err := l.take(); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("first: %v, want EMFILE", err)
	}
	if len(l.ready) != 1 || l.ready[0] != good || len(l.idle) != 3 || l.window != 1 {
		t.Errorf("%d ready, %d idle, window %d; want 1, 3, 1", len(l.ready), len(l.idle), l.window)
	}
}

func TestListenerSyscallConn(t *testing.T) {
	l := listen(t, newNetwork(t))
	raw, err := l.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	used := false
	if err := raw.Control(func(uintptr) { used = true }); err != nil || !used {
		t.Errorf("Control: %v, called: %v", err, used)
	}
	l.Close()
	if _, err := l.SyscallConn(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v, want net.ErrClosed", err)
	}
}

// Listen reports what package net does for a taken address and a network it does not know.
func TestListenErrors(t *testing.T) {
	n := newNetwork(t)
	l := listen(t, n)
	_, err := n.Listen("tcp", l.Addr().String())
	if oe, ok := err.(*net.OpError); !ok || oe.Op != "listen" || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("taken address: %T %v", err, err)
	}
	if _, err := n.Listen("unix", "/nowhere"); !as[net.UnknownNetworkError](err) {
		t.Errorf("unix: got %v, want net.UnknownNetworkError", err)
	}
}
