// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package netconn

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

func wantTimeout(t testing.TB, err error) {
	t.Helper()
	var ne net.Error
	if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &ne) || !ne.Timeout() {
		t.Errorf("got %v, want a net.Error with Timeout around os.ErrDeadlineExceeded", err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v is context.DeadlineExceeded, which package net keeps for dialling", err)
	}
}

// startRead reads one byte in the background, once the receive is in flight.
func startRead(t testing.TB, c *Conn) <-chan error {
	t.Helper()
	got := readBeside(c)
	blockedRead(t, c)
	return got
}

// readBeside reads one byte in the background.
func readBeside(c *Conn) <-chan error {
	got := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		got <- err
	}()
	return got
}

func await(t testing.TB, what string, c <-chan error) (err error) {
	t.Helper()
	within(t, what, func() { err = <-c })
	return err
}

func TestDeadlineInThePastRefusesAtOnce(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	mustWrite(t, b, "there is something to read")
	a.SetDeadline(time.Unix(1, 0))
	for range 2 {
		n, err := a.Read(make([]byte, 1))
		if n != 0 {
			t.Errorf("Read = %d", n)
		}
		wantOpError(t, err, "read", a, os.ErrDeadlineExceeded)
		wantTimeout(t, err)
		n, err = a.Write(make([]byte, 1))
		if n != 0 {
			t.Errorf("Write = %d", n)
		}
		wantOpError(t, err, "write", a, os.ErrDeadlineExceeded)
		wantTimeout(t, err)
	}
}

func TestDeadlineInThePastInterruptsBlockedRead(t *testing.T) {
	a, _ := pair(t, newNetwork(t))
	got := startRead(t, a)
	a.SetReadDeadline(time.Unix(1, 0))
	wantTimeout(t, await(t, "Read", got))
}

func TestDeadlinePassesWhileBlocked(t *testing.T) {
	a, _ := pair(t, newNetwork(t))
	start := time.Now()
	a.SetReadDeadline(start.Add(30 * time.Millisecond))
	_, err := a.Read(make([]byte, 1))
	wantTimeout(t, err)
	if took := time.Since(start); took < 30*time.Millisecond {
		t.Errorf("Read returned after %v, before its deadline", took)
	}
}

func TestDeadlineSetWhileBlocked(t *testing.T) {
	a, _ := pair(t, newNetwork(t))
	got := startRead(t, a)
	a.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
	wantTimeout(t, await(t, "Read", got))
}

func TestZeroDeadlineWhileBlockedTakesItBack(t *testing.T) {
	replaceWhileBlocked(t, func(time.Time) time.Time { return time.Time{} })
}

func TestDeadlineMovedWhileBlocked(t *testing.T) {
	replaceWhileBlocked(t, func(first time.Time) time.Time { return first.Add(time.Hour) })
}

// replaceWhileBlocked replaces a deadline while a Read waits, before it is over. On a busy machine
// that takes several attempts.
func replaceWhileBlocked(t *testing.T, by func(time.Time) time.Time) {
	for n := newNetwork(t); ; {
		a, b := pair(t, n)
		first := time.Now().Add(30 * time.Millisecond)
		a.SetReadDeadline(first)
		got := readBeside(a)
		waitFor(t, "a receive in flight, or over", func() bool { return inFlight(&a.rd) || len(got) > 0 })
		a.SetReadDeadline(by(first))
		if time.Until(first) <= 0 {
			continue
		}
		<-time.After(time.Until(first.Add(10 * time.Millisecond)))
		select {
		case err := <-got:
			t.Fatalf("Read returned %v without data or deadline", err)
		default:
		}
		mustWrite(t, b, "x")
		if err := await(t, "Read", got); err != nil {
			t.Errorf("Read: %v", err)
		}
		return
	}
}

func TestConnectionWorksAfterDeadlineWasTakenBack(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	for range 20 {
		got := startRead(t, a)
		a.SetReadDeadline(time.Unix(1, 0))
		wantTimeout(t, await(t, "Read", got))
		a.SetReadDeadline(time.Time{})
		mustWrite(t, b, "again")
		mustRead(t, a, "again")
	}
}

func TestReadDeadlineLeavesWritesAlone(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	a.SetReadDeadline(time.Unix(1, 0))
	mustWrite(t, a, "out")
	mustRead(t, b, "out")
	a.SetReadDeadline(time.Time{})
	a.SetWriteDeadline(time.Unix(1, 0))
	mustWrite(t, b, "in")
	mustRead(t, a, "in")
}

func TestDeadlineInterruptsBlockedWrite(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	full := fillPipe(t, a)
	type result struct {
		n   int
		err error
	}
	got := make(chan result)
	go func() {
		n, err := a.Write(make([]byte, 32<<20))
		got <- result{n, err}
	}()
	blockedWrite(t, a)
	a.SetWriteDeadline(time.Unix(1, 0))
	var r result
	within(t, "Write", func() { r = <-got })
	wantTimeout(t, r.err)
	a.CloseWrite()
	if n, err := io.Copy(io.Discard, b); n != full+int64(r.n) || err != nil {
		t.Errorf("peer read %d, %v, want %d", n, err, full+int64(r.n))
	}
}

// A reader whose deadlines strike at random moments, moved from another goroutine, must see
// every byte once and in order: a cancel that comes too late has data.
func TestDeadlineRacesLoseNoBytes(t *testing.T) {
	const total = 4 << 20
	a, b := pair(t, newNetwork(t))
	data := pattern(total)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { writeUnderDeadlines(t, a, data) })
	wg.Go(func() { toggleDeadlines(b, stop) })
	got, err := readUnderDeadlines(b, total)
	close(stop)
	wg.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, data) {
		t.Errorf("the stream differs: got %d bytes, want %d", len(got), total)
	}
}

func writeUnderDeadlines(t *testing.T, c *Conn, data []byte) {
	for len(data) > 0 {
		c.SetWriteDeadline(time.Now().Add(time.Duration(rand.IntN(500)) * time.Microsecond))
		n, err := c.Write(data[:min(len(data), 1+rand.IntN(200_000))])
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write: %v", err)
			return
		}
		data = data[n:]
	}
}

func toggleDeadlines(c *Conn, stop chan struct{}) {
	tick := time.NewTicker(50 * time.Microsecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		switch i % 3 {
		case 0:
			c.SetReadDeadline(time.Unix(1, 0))
		case 1:
			c.SetReadDeadline(time.Time{})
		case 2:
			c.SetReadDeadline(time.Now().Add(time.Duration(rand.IntN(100)) * time.Microsecond))
		}
	}
}

func readUnderDeadlines(c *Conn, total int) ([]byte, error) {
	got := make([]byte, 0, total)
	buf := make([]byte, 50_000)
	for len(got) < total {
		n, err := c.Read(buf[:1+rand.IntN(len(buf)-1)])
		got = append(got, buf[:n]...)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return got, err
		}
	}
	return got, nil
}

// Close races with Reads, Writes and deadlines; afterwards nothing hangs and nothing leaks.
func TestCloseRacesWithEverything(t *testing.T) {
	n := newNetwork(t)
	l := listen(t, n)
	for range 100 {
		x, y, err := connectTo(l, n.Dial)
		if err != nil {
			t.Fatal(err)
		}
		a, b := x.(*Conn), y.(*Conn)
		var wg sync.WaitGroup
		for _, c := range []*Conn{a, b} {
			wg.Go(func() { io.Copy(io.Discard, struct{ io.Reader }{c}) })
			wg.Go(func() {
				buf := make([]byte, 10_000)
				for {
					if _, err := c.Write(buf); err != nil {
						return
					}
				}
			})
			wg.Go(func() { c.SetDeadline(time.Now().Add(time.Duration(rand.IntN(300)) * time.Microsecond)) })
		}
		closer := time.AfterFunc(time.Duration(rand.IntN(300))*time.Microsecond, func() { a.Close(); b.Close() })
		within(t, "a Read or Write", wg.Wait)
		closer.Stop()
		a.Close()
		b.Close()
	}
}
