// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestInletIsOpenWhileNobodyWaits(t *testing.T) {
	p := New(new(Workers[int]), 1)
	if p.inlet.isOpen() {
		t.Error("the inlet of a new port is open, and has no room")
	}
	p.Post(1)
	if !p.inlet.isOpen() {
		t.Error("the inlet is shut although nobody waits")
	}
	p.SetSource(nil)
	if p.inlet.isOpen() {
		t.Error("the inlet is open after a source has come")
	}
	p.Post(2)
	p.Close()
	if p.inlet.isOpen() || p.Post(3) != ErrClosed {
		t.Error("a closed port takes packets")
	}
}

func TestInletIsShutWhileAWorkerWaits(t *testing.T) {
	p := New(new(Workers[int]), 1)
	defer p.Close()
	p.Post(1)
	got := make(chan int)
	go func() {
		for {
			k, err := p.GetOne(NoContext, -1)
			if err != nil {
				return
			}
			got <- k
		}
	}()
	for i := 1; i <= 100; i++ {
		if k := <-got; k != i {
			t.Fatalf("packet %d came, want %d", k, i)
		}
		until(t, "the worker waits", func() bool { return p.Snapshot().Waiting == 1 })
		if p.inlet.isOpen() {
			t.Fatal("the inlet is open while a worker waits")
		}
		p.Post(i + 1)
		if i%2 == 0 {
			i++
			p.Post(i + 1)
			if k := <-got; k != i {
				t.Fatalf("packet %d came, want %d", k, i)
			}
		}
	}
	<-got
}

func TestInletGoesOnInTheNextBlock(t *testing.T) {
	p := New(new(Workers[int]), 1)
	defer p.Close()
	const n = 3*blockSize + 1
	for i := range n {
		p.Post(i)
	}
	buf := make([]int, 2*n)
	if n, err := p.Get(NoContext, buf[:2], 0); n != 2 || err != nil {
		t.Fatalf("Get returned %d packets and error %v, want 2", n, err)
	}
	if m, err := p.Get(NoContext, buf[2:], 0); m != n-2 || err != nil {
		t.Fatalf("Get returned %d packets and error %v, want %d", m, err, n-2)
	}
	for i, k := range buf[:n] {
		if k != i {
			t.Fatalf("packet %d came, want %d", k, i)
		}
	}
	if s := p.Snapshot(); s.Posted != n || s.Dequeued != n || s.Queued != 0 {
		t.Errorf("%d posted, %d dequeued, %d queued, want %d, %d, 0", s.Posted, s.Dequeued, s.Queued, n, n)
	}
}

// TestPacketsOfOnePosterComeInOrder has workers that go through all ways of Get while the
// inlet opens and shuts.
func TestPacketsOfOnePosterComeInOrder(t *testing.T) {
	const posters, each = 4, 20_000
	p := New(new(Workers[int]), 2)
	var post, get sync.WaitGroup
	var taken atomic.Int64
	for i := range posters {
		post.Go(func() {
			for k := range each {
				if err := p.Post(k*posters + i); err != nil {
					t.Error(err)
				}
				if k%(100+i) == 0 {
					runtime.Gosched()
				}
			}
		})
	}
	get.Go(func() { // alone, so that what it sees is the order of the queue
		var next [posters]int
		buf := make([]int, 8)
		for round := 0; taken.Load() < posters*each; round++ {
			n, err := p.Get(NoContext, buf[:1+round%8], []time.Duration{-1, 0, time.Millisecond}[round%3])
			if err != nil && err != ErrTimeout {
				t.Error(err)
			}
			for _, k := range buf[:n] {
				if i := k % posters; k/posters != next[i] {
					t.Errorf("packet %d of poster %d came, want %d", k/posters, i, next[i])
				} else {
					next[i]++
				}
			}
			taken.Add(int64(n))
		}
	})
	post.Wait()
	get.Wait()
	if dropped := p.Close(); len(dropped) > 0 {
		t.Errorf("%d packets are left", len(dropped))
	}
	if s := p.Snapshot(); s.Posted != posters*each || s.Dequeued != posters*each {
		t.Errorf("%d packets posted and %d dequeued, want %d", s.Posted, s.Dequeued, posters*each)
	}
}

// TestClosedPortAccountsForEveryPacket closes a port in the middle of posting and taking.
func TestClosedPortAccountsForEveryPacket(t *testing.T) {
	for range 100 {
		p := New(new(Workers[int]), 2)
		var posted, taken atomic.Int64
		var wg sync.WaitGroup
		for i := range 2 {
			wg.Go(func() {
				for p.Post(1) == nil {
					if posted.Add(1)%64 == 0 {
						runtime.Gosched()
					}
				}
			})
			wg.Go(func() {
				buf := make([]int, 3)
				for {
					n, err := p.Get(NoContext, buf, -1)
					if err != nil {
						return
					}
					if taken.Add(int64(n)); i == 0 && taken.Load() > 100 {
						taken.Add(int64(len(p.Close())))
					}
				}
			})
		}
		wg.Wait()
		if posted.Load() != taken.Load() {
			t.Fatalf("%d packets were posted, %d taken or dropped", posted.Load(), taken.Load())
		}
	}
}
