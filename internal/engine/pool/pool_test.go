// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package pool_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"iocp/internal/engine/inflight"
	"iocp/internal/engine/pool"
)

// request is what an engine has.
type request struct {
	inflight.Request[request]
	n    int
	gate chan struct{} // Do waits for it
}

var _ [0]struct{} = [unsafe.Offsetof(request{}.Request)]struct{}{}

// state is what a goroutine of the pool has.
type state struct {
	begun   bool
	carried int
}

// bench is a pool whose requests wait at gates.
type bench struct {
	pool.Pool[request, state]
	began chan *request
	over  chan *request
}

func newBench(t testing.TB, work pool.Work[request, state]) *bench {
	b := &bench{began: make(chan *request, 1000), over: make(chan *request, 1000)}
	if work.Do == nil {
		work.Do = func(r *request, w *state) int32 {
			w.carried++
			b.began <- r
			if r.gate != nil {
				<-r.gate
			}
			return int32(r.n)
		}
	}
	work.Over = func(r *request, res int32) {
		if int(res) != r.n {
			t.Errorf("request %d ended with %d", r.n, res)
		}
		b.over <- r
	}
	b.Init(work)
	t.Cleanup(b.Close)
	return b
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for start := time.Now(); !cond(); runtime.Gosched() {
		if time.Since(start) > time.Minute {
			t.Fatalf("not after a minute: %s", what)
		}
	}
}

// More goroutines than there may be are wanted. Those who wait can be taken back, the others not.
func TestPoolIsBounded(t *testing.T) {
	b := newBench(t, pool.Work[request, state]{})
	gate := make(chan struct{})
	all := make([]request, pool.MaxThreads+4)
	for i := range all {
		all[i].n, all[i].gate = i, gate
		b.Push(&all[i])
	}
	for range pool.MaxThreads {
		<-b.began
	}
	if b.Size() != pool.MaxThreads || b.Queued() != 4 {
		t.Errorf("%d goroutines, %d requests wait", b.Size(), b.Queued())
	}
	for i := range all {
		if got, want := b.TakeBack(&all[i]), i >= pool.MaxThreads; got != want {
			t.Errorf("request %d taken back: %v", i, got)
		}
	}
	if b.Queued() != 0 || b.TakeBack(&all[len(all)-1]) {
		t.Error("what was taken back is still there")
	}
	close(gate)
	for range pool.MaxThreads {
		<-b.over
	}
}

func TestRequestsAreTakenInOrder(t *testing.T) {
	b := newBench(t, pool.Work[request, state]{})
	gate := make(chan struct{})
	busy := make([]request, pool.MaxThreads)
	for i := range busy {
		busy[i].gate = gate
		b.Push(&busy[i])
		<-b.began
	}
	all := make([]request, 20)
	for i := range all {
		all[i].n = i
		b.Push(&all[i])
	}
	gate <- struct{}{} // one goroutine does them all
	var got []int
	for range all {
		got = append(got, (<-b.began).n)
	}
	if !slices.IsSorted(got) {
		t.Errorf("taken in the order %v", got)
	}
	close(gate)
}

func TestGoroutinesEndWhenIdle(t *testing.T) {
	b := newBench(t, pool.Work[request, state]{})
	b.Idle = time.Millisecond
	for range 3 {
		b.Push(new(request))
		<-b.over
		eventually(t, "the goroutine has ended", func() bool { return b.Size() == 0 })
	}
}

// A goroutine that waits is used before another one begins.
func TestGoroutinesAreUsedAgain(t *testing.T) {
	var begun atomic.Int32
	b := newBench(t, pool.Work[request, state]{Begin: func(*state) { begun.Add(1) }})
	b.Idle = time.Hour
	b.Push(new(request))
	<-b.over
	for range 100 {
		eventually(t, "the goroutine waits", func() bool { return b.Waiting() == 1 })
		b.Push(new(request))
		<-b.over
	}
	if n := begun.Load(); n != 1 {
		t.Errorf("%d goroutines for one request at a time", n)
	}
}

func TestEveryGoroutineBeginsAndEnds(t *testing.T) {
	var begun, ended, carried atomic.Int32
	b := newBench(t, pool.Work[request, state]{
		Begin: func(w *state) { w.begun = true; begun.Add(1) },
		End: func(w *state) {
			if carried.Add(int32(w.carried)); w.begun {
				ended.Add(1)
			}
		},
	})
	const requests = 200
	for i := range requests {
		b.Push(&request{n: i})
	}
	for range requests {
		<-b.over
	}
	b.Close()
	if begun.Load() == 0 || begun.Load() != ended.Load() || carried.Load() != requests || b.Size() != 0 {
		t.Errorf("%d began, %d ended, %d requests, %d are left", begun.Load(), ended.Load(), carried.Load(), b.Size())
	}
}

// Interrupt finds the goroutine of a request that was begun and is not over, and no other.
func TestInterruptFindsWhoCarriesOut(t *testing.T) {
	var states sync.Map // of each request
	began, gate := make(chan struct{}), make(chan struct{})
	b := newBench(t, pool.Work[request, state]{Do: func(r *request, w *state) int32 {
		states.Store(r, w)
		began <- struct{}{}
		<-gate
		return int32(r.n)
	}})
	all := make([]request, 3)
	for i := range all {
		all[i].n = i
		b.Push(&all[i])
		<-began
	}
	for i := range all {
		want, _ := states.Load(&all[i])
		if !b.Interrupt(&all[i], func(w *state) bool { return w == want }) {
			t.Errorf("request %d: nobody carries it out, or another goroutine", i)
		}
	}
	if b.Interrupt(&all[0], func(*state) bool { return false }) {
		t.Error("Interrupt does not return what f does")
	}
	close(gate)
	for range all {
		<-b.over
	}
	for i := range all {
		if b.Interrupt(&all[i], func(*state) bool { return true }) {
			t.Errorf("request %d is over, and somebody carries it out", i)
		}
	}
}

// Requests are pushed and taken back while goroutines begin, rest and end: each is carried out once, or
// was taken back.
func TestNothingIsLostWhileGoroutinesEnd(t *testing.T) {
	b := newBench(t, pool.Work[request, state]{})
	b.Idle = time.Nanosecond
	var wg sync.WaitGroup
	var taken atomic.Int32
	const pushers, each = 4, 200
	for range pushers {
		wg.Go(func() {
			for i := range each {
				r := &request{n: i}
				b.Push(r)
				if i%4 == 0 && b.TakeBack(r) {
					taken.Add(1)
				}
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
	for range pushers*each - int(taken.Load()) {
		<-b.over
	}
	eventually(t, "all goroutines have ended", func() bool { return b.Size() == 0 })
	select {
	case <-b.over:
		t.Error("a request was carried out twice")
	default:
	}
}

func Example() {
	var p pool.Pool[request, state]
	over := make(chan int32)
	p.Init(pool.Work[request, state]{
		Do:   func(r *request, _ *state) int32 { return int32(2 * r.n) }, // may block
		Over: func(_ *request, res int32) { over <- res },
	})
	p.Push(&request{n: 21})
	fmt.Println(<-over)
	p.Close()
	// Output: 42
}
