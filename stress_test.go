// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"flag"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	stressFor  = flag.Duration("stress", 3*time.Second, "how long all stress tests together run")
	stressSeed = flag.Uint64("seed", 0, "of the stress tests; 0: a random one")
)

// TestStress opens, uses, cancels, times out, duplicates and closes connections at random, so
// that descriptors, slots and Overlappeds are reused all the time. Every operation must send
// exactly one packet, and every stream carry its own bytes in order.
func TestStress(t *testing.T) {
	runStress(t, *stressFor/2)
}

type stress struct {
	t       *testing.T
	p       *Port
	until   time.Time
	started atomic.Int64
	packets atomic.Int64
	bytes   atomic.Int64
	conns   atomic.Int64
	tags    atomic.Uint32
}

func runStress(t *testing.T, d time.Duration) {
	p := newPort(t)
	seed := *stressSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	s := &stress{t: t, p: p, until: time.Now().Add(d)}
	workers := make(chan struct{})
	var served sync.WaitGroup
	for i := range 6 {
		served.Go(func() { s.serve(1 + 7*(i%2)) })
	}
	go func() { served.Wait(); close(workers) }()
	var drivers sync.WaitGroup
	for i := range 16 {
		drivers.Go(func() { s.drive(rand.New(rand.NewPCG(seed, uint64(i)))) })
	}
	drivers.Wait()
	eventually(t, "everything to be over", func() bool { return p.Stats().InFlight == 0 && p.Len() == 0 })
	checkInvariant(t, p)
	if a, b := s.started.Load(), s.packets.Load(); a != b {
		t.Errorf("%d operations were started and %d packets came; the seed is %d", a, b, seed)
	}
	t.Logf("seed %d: %d connections, %d operations, %d MiB", seed, s.conns.Load(), s.started.Load(), s.bytes.Load()>>20)
	ok(t, p.Close())
	await(t, "the workers to end", workers)
}

// serve is a worker that takes up to n packets at a time.
func (s *stress) serve(n int) {
	buf := make([]Completion, n)
	for {
		m, err := s.p.GetBatch(buf, Infinite)
		if err != nil {
			return
		}
		for _, c := range buf[:m] {
			o := c.Op.(*stressOp)
			s.packets.Add(1)
			if !o.pending.CompareAndSwap(true, false) {
				s.t.Errorf("a second packet of one operation came: %+v", c)
			}
			o.done(o, c)
		}
	}
}

// stressOp is an operation that knows whether a packet is due.
type stressOp struct {
	Overlapped
	pending atomic.Bool
	done    func(*stressOp, Completion)

	buf  []byte
	n    int64 // received
	over bool  // its packet has come, and those of older receives have not
	err  error
}

// start makes f start o. It reports whether a packet will come.
func (s *stress) start(o *stressOp, f func() error) bool {
	s.started.Add(1)
	o.pending.Store(true)
	err := f()
	if err == nil {
		return true
	}
	s.started.Add(-1)
	o.pending.Store(false)
	if !mayEnd(err) {
		s.t.Errorf("an operation could not be started: %v", err)
	}
	return false
}

// drive makes one connection after the other.
func (s *stress) drive(r *rand.Rand) {
	for time.Now().Before(s.until) && !s.t.Failed() {
		a, b, done := s.connect(r)
		if !done {
			continue
		}
		s.conns.Add(1)
		x := s.newSession(a, b)
		x.play(r)
		x.end(r)
	}
}

// connect makes a connection with both ends at the port, if chance does not cancel it.
func (s *stress) connect(r *rand.Rand) (a, b *TCPConn, done bool) {
	l, err := ListenTCP("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Error(err)
		return nil, nil, false
	}
	defer l.Close()
	a, b = NewTCPConn(), NewTCPConn()
	for _, e := range []Endpoint{l, a, b} {
		if err := s.p.Associate(e, e); err != nil {
			s.t.Error(err)
		}
	}
	ends := make(chan error, 2)
	report := func(_ *stressOp, c Completion) { ends <- c.Err }
	accept, connect := &stressOp{done: report}, &stressOp{done: report}
	if r.IntN(10) == 0 {
		accept.SetTimeout(time.Duration(r.IntN(300)) * time.Microsecond)
	}
	n := 0
	for _, f := range []func() bool{
		func() bool { return s.start(accept, func() error { return l.Accept(accept, a) }) },
		func() bool {
			return s.start(connect, func() error { return b.Connect(connect, l.Addr().(*net.TCPAddr).AddrPort(), nil) })
		},
	} {
		if f() {
			n++
		}
	}
	switch r.IntN(20) {
	case 0:
		accept.Cancel()
	case 1:
		connect.Cancel()
	case 2:
		l.Close()
	case 3:
		a.Close()
	case 4:
		b.CancelAll()
	}
	done = n == 2
	for range n {
		err := await(s.t, "a connection", ends)
		if err != nil {
			done = false
			accept.Cancel() // nobody will come
		}
	}
	if !done {
		a.Close()
		b.Close()
	}
	return a, b, done
}

func (x *session) end(r *rand.Rand) {
	ends := []*TCPConn{x.a, x.b}
	if r.IntN(2) == 0 {
		ends[0], ends[1] = ends[1], ends[0]
	}
	if r.IntN(3) == 0 {
		ends[0].SetLinger(0)
	}
	ends[0].Close()
	if r.IntN(2) == 0 {
		runtime.Gosched()
	}
	ends[1].Close()
	over := make(chan struct{})
	go func() { x.live.Wait(); close(over) }()
	await(x.t, "the packets of a closed connection", over)
}
