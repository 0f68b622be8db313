// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"context"
	"errors"
	"net"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func skipUnderRace(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes a goroutine for every buffer (see race.go)")
	}
}

// steady checks that f, after a few rounds, allocates nothing.
func steady(t *testing.T, name string, f func()) {
	t.Helper()
	for range 100 {
		f()
	}
	// A collection empties the pools of SendFile's buffers.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	rounds := 1000
	if testing.Short() {
		rounds = 200
	}
	if n := testing.AllocsPerRun(rounds, f); n != 0 {
		t.Errorf("%s allocates %v times a round", name, n)
	}
}

// taking returns a function that takes n packets and fails for an error in one.
func taking(t *testing.T, p *Port, n int) func() {
	return func() {
		for range n {
			c, err := p.Get(Infinite)
			if err != nil || c.Err != nil {
				t.Fatal(err, c.Err)
			}
		}
	}
}

func TestPostsAllocateNothing(t *testing.T) {
	skipUnderRace(t)
	p := newPort(t)
	o, key, take := &op{}, any("key"), taking(t, p, 1)
	steady(t, "Post and Get", func() {
		p.Post(Completion{Op: o, Key: key, Bytes: 1})
		take()
	})
	steady(t, "Get with a timeout", func() { p.Post(Completion{}); p.Get(time.Minute) })
	steady(t, "a poll that finds nothing", func() { p.Get(0) })
	var buf [64]Completion
	steady(t, "GetBatch", func() {
		for range buf {
			p.Post(Completion{Op: o})
		}
		p.GetBatch(buf[:], Infinite)
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	steady(t, "GetContext", func() {
		p.Post(Completion{})
		if _, err := p.GetContext(ctx); err != nil {
			t.Fatal(err)
		}
	})
}

func TestWaitsAllocateNothing(t *testing.T) {
	skipUnderRace(t)
	p := newPort(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range asked {
			for p.Stats().Waiting == 0 {
				runtime.Gosched()
			}
			p.Post(Completion{})
		}
	}()
	steady(t, "a wait with a context", func() { asked <- struct{}{}; p.GetContext(ctx) })
	steady(t, "a wait with a timeout", func() { asked <- struct{}{}; p.Get(time.Minute) })
	steady(t, "a wait", func() { asked <- struct{}{}; p.Get(Infinite) })
	close(asked)
	<-ended
}

func TestTransfersAllocateNothing(t *testing.T) {
	skipUnderRace(t)
	p := newPort(t)
	a, b := connPair(t, p)
	send, recv := &op{}, &op{}
	buf, in := make([]byte, 1000), make([]byte, 1000)
	out, into := [][]byte{buf[:10], buf[10:500], buf[500:]}, [][]byte{in[:700], in[700:]}
	take := taking(t, p, 2)
	steady(t, "Recv and Send", func() {
		b.Recv(recv, in)
		a.Send(send, buf)
		take()
	})
	steady(t, "Recvv and Sendv", func() {
		b.Recvv(recv, into)
		a.Sendv(send, out)
		take()
	})
	steady(t, "Readable", func() {
		b.Readable(recv)
		a.Send(send, buf[:1])
		take()
		b.Recv(recv, in)
		taking(t, p, 1)()
	})
	send.SetTimeout(time.Minute)
	recv.SetTimeout(time.Hour)
	steady(t, "transfers with timeouts", func() {
		b.Recv(recv, in)
		a.Send(send, buf)
		take()
	})
}

func TestCancelsAllocateNothing(t *testing.T) {
	skipUnderRace(t)
	p := newPort(t)
	_, b := connPair(t, p)
	recv, in := &op{}, make([]byte, 10)
	steady(t, "Cancel", func() {
		b.Recv(recv, in)
		recv.Cancel()
		if c, err := p.Get(Infinite); err != nil || c.Err != ErrCanceled {
			t.Fatal(c.Err, err)
		}
	})
	steady(t, "Result", func() { b.Recv(recv, in); recv.Result(); b.CancelAll(); p.Get(Infinite) })
}

func TestFileOperationsAllocateNothing(t *testing.T) {
	skipUnderRace(t)
	p := newPort(t)
	f := tempFile(t, p, pattern(100_000))
	o, buf := &op{}, make([]byte, 4096)
	bufs := [][]byte{buf[:100], buf[100:]}
	take := taking(t, p, 1)
	steady(t, "Read", func() { f.Read(o, buf, 8192); take() })
	steady(t, "Write", func() { f.Write(o, buf, 8192); take() })
	steady(t, "Readv", func() { f.Readv(o, bufs, 8192); take() })
	steady(t, "Writev", func() { f.Writev(o, bufs, 8192); take() })
	steady(t, "SkipOnSuccess", func() {
		f.SkipOnSuccess()
		if f.Read(o, buf, 0) == nil {
			take()
		}
	})
	a, b := connPair(t, p)
	in, recv, head := make([]byte, 20_000), &op{}, []byte("head")
	steady(t, "SendFile", func() {
		a.SendFile(o, f, 0, 10_000, head, head)
		take()
		for n := int64(0); n < 10_008; {
			b.Recv(recv, in)
			c, err := p.Get(Infinite)
			if err != nil || c.Err != nil {
				t.Fatal(err, c.Err)
			}
			n += c.Bytes
		}
	})
}

// connPair returns both ends of a connection, associated with p.
func connPair(t testing.TB, p *Port) (a, b *TCPConn) {
	t.Helper()
	x, y := netPair(t)
	a, err := AdoptTCPConn(x)
	if errors.Is(err, errors.ErrUnsupported) { // Wine cannot take a socket away from package net
		return connectedPair(t, p)
	}
	ok(t, err)
	b, err = AdoptTCPConn(y)
	ok(t, err)
	return associate(t, p, a, "a"), associate(t, p, b, "b")
}

// connectedPair is connPair by a connect and an accept on ports of their own.
func connectedPair(t testing.TB, p *Port) (a, b *TCPConn) {
	t.Helper()
	q, err := NewPort(Config{})
	ok(t, err)
	defer q.Close()
	l, err := ListenTCP("tcp", "127.0.0.1:0")
	ok(t, err)
	defer l.Close()
	a, b = NewTCPConn(), associate(t, p, NewTCPConn(), "b")
	ok(t, q.Associate(l, nil))
	ok(t, l.Accept(&op{name: "accept"}, a))
	ok(t, b.Connect(&op{name: "connect"}, l.Addr().(*net.TCPAddr).AddrPort(), nil))
	for _, port := range []*Port{p, q} {
		ok(t, get(t, port).Err)
		port.Leave()
	}
	return associate(t, p, a, "a"), b
}
