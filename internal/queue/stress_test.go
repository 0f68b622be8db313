// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp/internal/worker"
)

// stressTime is how long a stress test runs.
func stressTime(short, long time.Duration) time.Duration {
	switch {
	case *longFlag:
		return long
	case testing.Short():
		return short / 4
	}
	return short
}

// A stress has eight goroutines that post and eight that take and behave in every way a
// worker may. Every packet must arrive exactly once.
type stress struct {
	t      *testing.T
	p, q   *Port[int]
	stop   atomic.Bool
	posted atomic.Int64
	taken  atomic.Int64
	sum    atomic.Int64 // of packets posted minus packets taken
	locks  [4]sync.Mutex
	served sync.WaitGroup
}

func TestStressLosesNothingAndLeavesNothingBehind(t *testing.T) {
	ws := new(Workers[int])
	s := &stress{t: t, p: New(ws, 2), q: New(ws, 1)}
	var posters sync.WaitGroup
	for i := range 8 {
		posters.Go(func() { s.produce(rand.New(rand.NewPCG(uint64(i), 1))) })
		s.served.Go(func() { s.serve(uint64(i)) })
	}
	end := time.Now().Add(stressTime(2*time.Second, 20*time.Second))
	for ; time.Now().Before(end); runtime.Gosched() {
		if err := s.p.Invariant(); err != nil {
			t.Error(err)
			break
		}
	}
	s.stop.Store(true)
	posters.Wait()
	until(t, "all packets are taken", func() bool { return s.taken.Load() == s.posted.Load() })
	s.p.Close()
	s.served.Wait()
	if n := s.sum.Load(); n != 0 {
		t.Fatalf("packets posted and packets taken differ: sum %d", n)
	}
	t.Logf("%d packets, %+v", s.posted.Load(), s.p.Snapshot())
}

func (s *stress) produce(rng *rand.Rand) {
	for !s.stop.Load() {
		for range 1 + rng.IntN(20) {
			k := 1 + rng.IntN(1<<20)
			s.sum.Add(int64(k))
			s.posted.Add(1)
			if err := s.p.Post(k); err != nil {
				s.t.Error(err)
			}
		}
		switch rng.IntN(3) {
		case 0:
			time.Sleep(time.Duration(rng.IntN(200)) * time.Microsecond)
		default:
			for s.posted.Load()-s.taken.Load() > 1000 && !s.stop.Load() {
				runtime.Gosched()
			}
		}
	}
}

// serve takes packets until the port is closed. A worker that ends is followed by another.
func (s *stress) serve(seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 2))
	buf := make([]int, 8)
	for {
		n, err := s.take(rng, buf)
		if err == ErrClosed {
			return
		}
		for _, k := range buf[:n] {
			s.sum.Add(-int64(k))
		}
		s.taken.Add(int64(n))
		if rng.IntN(24) == 0 { // workers post too
			s.sum.Add(1)
			s.posted.Add(1)
			s.p.Post(1)
		}
		if rng.IntN(200) == 0 {
			s.served.Go(func() { s.serve(rng.Uint64()) })
			return
		}
		s.behave(rng)
	}
}

func (s *stress) take(rng *rand.Rand, buf []int) (int, error) {
	switch rng.IntN(8) {
	case 0:
		return s.p.Get(NoContext, buf[:1], 0)
	case 1:
		return s.p.Get(NoContext, buf[:1], time.Duration(rng.IntN(300))*time.Microsecond)
	case 2:
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(rng.IntN(300))*time.Microsecond)
		defer cancel()
		return s.p.Get(ctx, buf[:1], -1)
	case 3:
		return s.p.Get(NoContext, buf, -1)
	}
	return s.p.Get(NoContext, buf[:1], -1)
}

func (s *stress) behave(rng *rand.Rand) {
	switch rng.IntN(24) {
	case 0:
		time.Sleep(time.Duration(rng.IntN(100)) * time.Microsecond)
	case 1:
		m := &s.locks[rng.IntN(len(s.locks))]
		m.Lock()
		time.Sleep(time.Microsecond)
		m.Unlock()
	case 2:
		s.p.Blocking(func() { time.Sleep(10 * time.Microsecond) })
	case 3:
		s.q.Get(NoContext, make([]int, 1), 0)
	case 4:
		s.p.Leave()
	case 5:
		runtime.Gosched()
	case 6:
		compute(20 * time.Microsecond)
	}
}

func compute(d time.Duration) {
	for start := nanotime(); nanotime()-start < int64(d); {
	}
}

// Operations in a loop: every packet of the source starts the next operation, and the kernel,
// another goroutine, completes what was submitted. Nothing may be stranded, whatever the
// workers do after Get.
func TestStressOfASourceStrandsNoOperation(t *testing.T) {
	ws := new(Workers[int])
	p := New(ws, 2)
	s := newSource(t, p)
	s.setEnter(func(n int, _ bool) (int, error) { return n - n/8, nil }) // often short of something
	st := &stress{t: t, p: p, q: New(ws, 1)}
	var kernel sync.WaitGroup
	kernel.Go(func() { completeOps(s, &st.stop) })
	s.startOps(16)
	for i := range 6 {
		st.served.Go(func() { st.echo(s, rand.New(rand.NewPCG(uint64(i), 3))) })
	}
	var last int64
	for end := time.Now().Add(stressTime(2*time.Second, 20*time.Second)); time.Now().Before(end); {
		until(t, "some operation ends", func() bool { return st.taken.Load() > last || t.Failed() })
		last = st.taken.Load()
		if err := p.Invariant(); err != nil {
			t.Error(err)
			break
		}
	}
	st.stop.Store(true)
	p.Close()
	st.served.Wait()
	kernel.Wait()
	p.DropSource()
	s.gone.Store(true)
	t.Logf("%d operations, %+v", st.taken.Load(), p.Snapshot())
}

func completeOps(s *fakeSource, stop *atomic.Bool) {
	rng := rand.New(rand.NewPCG(1, 4))
	for done := int64(0); !stop.Load(); {
		for ; done < s.submitted.Load(); done++ {
			k := 1
			if rng.IntN(10) == 0 {
				k = stepDone
			}
			s.complete(k)
		}
		if rng.IntN(4) == 0 {
			time.Sleep(time.Duration(rng.IntN(100)) * time.Microsecond)
		}
		runtime.Gosched()
	}
}

func (s *stress) echo(src *fakeSource, rng *rand.Rand) {
	buf := make([]int, 8)
	for {
		n, err := s.take(rng, buf)
		if err == ErrClosed {
			return
		}
		for range n {
			by := worker.Self()
			s.p.Lock()
			src.queue(1)
			s.p.SubmitBy(by)
		}
		s.taken.Add(int64(n))
		if rng.IntN(200) == 0 {
			s.served.Go(func() { s.echo(src, rand.New(rand.NewPCG(rng.Uint64(), 3))) })
			return
		}
		s.behave(rng)
	}
}

func TestNeverMoreWorkersRunThanTheConcurrencyValue(t *testing.T) { // C03
	const limit = 2
	p := New(new(Workers[int]), limit)
	var running, packets, over atomic.Int64
	var served, posters sync.WaitGroup
	for range 8 {
		served.Go(func() {
			buf := make([]int, 1)
			for {
				if _, err := p.Get(NoContext, buf, -1); err != nil {
					return
				}
				if running.Add(1) > limit {
					over.Add(1)
				}
				compute(20 * time.Microsecond)
				running.Add(-1)
				packets.Add(1)
			}
		})
	}
	var stop atomic.Bool
	posters.Go(func() {
		for n := int64(0); !stop.Load(); n++ {
			p.Post(1)
			for n-packets.Load() > 100 && !stop.Load() {
				runtime.Gosched()
			}
		}
	})
	for end := time.Now().Add(stressTime(time.Second, 5*time.Second)); time.Now().Before(end); {
		runtime.Gosched()
	}
	stop.Store(true)
	posters.Wait()
	p.Close()
	served.Wait()
	if n := over.Load(); n != 0 {
		t.Errorf("%d of %d packets were started while %d workers ran", n, packets.Load(), limit)
	}
	t.Logf("%d packets", packets.Load())
}
