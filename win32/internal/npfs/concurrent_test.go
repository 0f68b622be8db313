// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs_test

import (
	"sync"
	"testing"

	"iocp/win32/internal/npfs"
)

// waiter is a request one goroutine uses again and again and waits for.
type waiter struct {
	npfs.Request
	st   npfs.Status
	n    int
	over chan struct{}
}

func newWaiter() *waiter {
	w := &waiter{over: make(chan struct{}, 1)}
	w.Done = w
	return w
}

func (w *waiter) Complete(st npfs.Status, n int) {
	w.st, w.n = st, n
	w.over <- struct{}{}
}

func (w *waiter) result(st npfs.Status, n int, pending bool) (npfs.Status, int) {
	if !pending {
		return st, n
	}
	<-w.over
	return w.st, w.n
}

// A reader and a writer at each end, and bytes that arrive in order, whatever the sizes.
func TestConcurrentStreams(tt *testing.T) {
	t := check{tt}
	total := 1 << 20
	if testing.Short() {
		total = 1 << 16
	}
	server, client := t.pair(bytes(300))
	var wg sync.WaitGroup
	for _, d := range [][2]*npfs.End{{server, client}, {client, server}} {
		wg.Go(func() { pour(tt, d[0], total) })
		wg.Go(func() { drain(tt, d[1], total) })
	}
	wg.Wait()
}

func pour(t *testing.T, e *npfs.End, total int) {
	w := newWaiter()
	buf := make([]byte, 997)
	for sent := 0; sent < total; {
		n := min(1+sent%len(buf), total-sent)
		for i := range n {
			buf[i] = byte((sent + i) % 251)
		}
		if st, got := w.result(e.Write(&w.Request, buf[:n])); st != npfs.Success || got != n {
			t.Errorf("write: %v, %d of %d", st, got, n)
			return
		}
		sent += n
	}
}

func drain(t *testing.T, e *npfs.End, total int) {
	w := newWaiter()
	buf := make([]byte, 613)
	for got := 0; got < total; {
		st, n := w.result(e.Read(&w.Request, buf[:1+got%len(buf)]))
		if st != npfs.Success || n == 0 {
			t.Errorf("read: %v, %d bytes", st, n)
			return
		}
		for i, b := range buf[:n] {
			if b != byte((got+i)%251) {
				t.Errorf("byte %d is %d", got+i, b)
				return
			}
		}
		got += n
	}
}

// Servers and clients come and go, requests are cancelled and ends closed under them. That
// every request ends, and only once, is what lets the test end.
func TestConcurrentComingAndGoing(t *testing.T) {
	s := new(npfs.Space)
	rounds := 300
	if testing.Short() {
		rounds = 50
	}
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() { servers(t, s, rounds, i) })
	}
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 3 {
		clients.Go(func() { visits(s, stop) })
	}
	wg.Wait()
	close(stop)
	clients.Wait()
}

// servers makes instances, one after the other; each answers a client, and leaves in one of two
// ways, not caring whether the client reads.
func servers(t *testing.T, s *npfs.Space, rounds, way int) {
	w := newWaiter()
	buf := make([]byte, 8)
	for i := range rounds {
		e, st := s.Create("busy", npfs.Config{Max: npfs.Unlimited, InQuota: 4, OutQuota: 4})
		if st != npfs.Success {
			t.Errorf("Create: %v", st)
			return
		}
		st, pending := e.Connect(&w.Request)
		w.result(st, 0, pending)
		w.result(e.Read(&w.Request, buf))
		st, n, pending := e.Write(&w.Request, buf)
		if (i+way)%3 == 0 {
			e.Disconnect()
		}
		e.Close()
		w.result(st, n, pending)
	}
}

// visits opens the pipe while there is one, with a write, a read, and a cancel from elsewhere.
func visits(s *npfs.Space, stop chan struct{}) {
	w, r := newWaiter(), newWaiter()
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		e, st := s.Open("busy", true, true)
		if st != npfs.Success {
			s.Wait("busy", 1)
			continue
		}
		st, _, reads := e.Read(&r.Request, make([]byte, 8))
		canceled := make(chan struct{})
		go func() {
			defer close(canceled)
			if i%2 == 0 {
				e.Cancel(&r.Request)
			}
		}()
		w.result(e.Write(&w.Request, []byte("sixteen bytes...")))
		<-canceled
		e.Close()
		r.result(st, 0, reads)
	}
}
