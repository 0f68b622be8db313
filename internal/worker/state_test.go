// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build gc && ((linux && (386 || amd64 || arm || arm64 || loong64 || ppc64 || ppc64le || riscv64 || s390x)) || (windows && (386 || amd64 || arm64)))

package worker

import (
	"net"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func needKnown(t testing.TB) {
	t.Helper()
	if known, why := Calibrate(); !known {
		t.Fatal(why)
	}
}

func eventuallyState(t testing.TB, id ID, want State) {
	t.Helper()
	var s State
	defer func() {
		if t.Failed() {
			t.Logf("the last state was %v", s)
		}
	}()
	eventually(t, "state "+want.String(), func() bool { s = id.State(); return s == want })
}

// wait is a way to block: block returns after release has been called.
type wait struct{ block, release func() }

func waits(t *testing.T) map[string]wait {
	quit, full := make(chan int), make(chan int)
	var mutex sync.Mutex
	var forReader, forWriter sync.RWMutex
	var group sync.WaitGroup
	mutex.Lock()
	forReader.Lock()
	forWriter.RLock()
	group.Add(1)
	lockedQuit, selectQuit, never := make(chan int), make(chan int), make(chan int)
	return map[string]wait{
		"receive": {func() { <-quit }, func() { close(quit) }},
		"send":    {func() { full <- 1 }, func() { <-full }},
		"select": {func() {
			select {
			case <-selectQuit:
			case never <- 1:
			}
		}, func() { close(selectQuit) }},
		"receive on a locked thread": {func() { runtime.LockOSThread(); <-lockedQuit; runtime.UnlockOSThread() },
			func() { close(lockedQuit) }},
		"mutex":      {func() { mutex.Lock(); defer mutex.Unlock() }, mutex.Unlock},
		"read lock":  {func() { forReader.RLock(); defer forReader.RUnlock() }, forReader.Unlock},
		"write lock": {func() { forWriter.Lock(); defer forWriter.Unlock() }, forWriter.RUnlock},
		"wait group": {group.Wait, group.Done},
		"condition":  waitCondition(),
		"pipe":       waitPipe(t),
		"accept":     waitAccept(t),
		"connection": waitConnection(t),
	}
}

func waitCondition() wait {
	cond, open := sync.NewCond(new(sync.Mutex)), false
	return wait{
		func() {
			cond.L.Lock()
			defer cond.L.Unlock()
			for !open {
				cond.Wait()
			}
		},
		func() {
			cond.L.Lock()
			open = true
			cond.L.Unlock()
			cond.Signal()
		},
	}
}

func waitPipe(t *testing.T) wait {
	o := openKernelObstacles(t)
	return wait{func() { o.polled.Read(make([]byte, 1)) }, o.remove}
}

func openKernelObstacles(t *testing.T) *kernelObstacles {
	o := new(kernelObstacles)
	if err := o.open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.close)
	return o
}

func waitAccept(t *testing.T) wait {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return wait{func() { ln.Accept() }, func() { ln.Close() }}
}

func waitConnection(t *testing.T) wait {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	peer, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return wait{func() { c.Read(make([]byte, 1)) }, func() { peer.Close() }}
}

func TestWaitingIsBlocked(t *testing.T) {
	needKnown(t)
	for name, w := range waits(t) {
		t.Run(name, func(t *testing.T) {
			id := start(w.block)
			eventuallyState(t, id, Blocked)
			if tid := id.Thread(); tid != 0 {
				t.Errorf("it occupies thread %d", tid)
			}
			for range 10 { // it stays so whatever the garbage collector does
				runtime.GC()
				for range 100 {
					if s := id.State(); s != Blocked {
						t.Fatalf("state %v while blocked", s)
					}
				}
			}
			w.release()
			eventuallyState(t, id, Exited)
		})
	}
}

func TestSleepingIsBlocked(t *testing.T) {
	needKnown(t)
	var stop atomic.Bool
	id := start(func() {
		for !stop.Load() {
			time.Sleep(10 * time.Millisecond)
		}
	})
	eventuallyState(t, id, Blocked)
	stop.Store(true)
	eventuallyState(t, id, Exited)
}

func TestBlockedThreadIsSyscall(t *testing.T) {
	needKnown(t)
	o := openKernelObstacles(t)
	id := start(o.blockThread)
	eventuallyState(t, id, Syscall)
	if threadsAreTold() {
		eventually(t, "its thread waits", func() bool {
			waiting, known := ThreadWaiting(id.Thread())
			return waiting && known
		})
	}
	if s := id.State(); s != Syscall {
		t.Errorf("state %v, want syscall", s)
	}
	o.remove()
	eventuallyState(t, id, Exited)
}

func TestComputingIsActive(t *testing.T) {
	needKnown(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	var stop atomic.Bool
	id := start(func() {
		for !stop.Load() {
		}
	})
	eventually(t, "a thread that runs", func() bool {
		tid := id.Thread()
		waiting, known := ThreadWaiting(tid)
		return tid != 0 && known == threadsAreTold() && !waiting
	})
	for i := range 1000 {
		if i%100 == 0 {
			runtime.GC()
		}
		if s := id.State(); s != Active {
			t.Errorf("state %v while computing", s)
		}
	}
	stop.Store(true)
	eventuallyState(t, id, Exited)
}

// TestRunnableIsActive has one processor only, so that whoever is ready while the test runs
// is not running: it has no thread.
func TestRunnableIsActive(t *testing.T) {
	needKnown(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var stop atomic.Bool
	id := start(func() {
		for !stop.Load() {
			runtime.Gosched()
		}
	})
	eventually(t, "ready without a thread", func() bool {
		s, tid := id.State(), id.Thread()
		if s != Active {
			t.Fatalf("state %v while ready to run", s)
		}
		return tid == 0
	})
	stop.Store(true)
	eventuallyState(t, id, Exited)
}

func TestSelfIsActiveOnItsOwnThread(t *testing.T) {
	needKnown(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if s, tid := Self().State(), Self().Thread(); s != Active || tid != threadID() {
		t.Errorf("state %v on thread %d; want active on %d", s, tid, threadID())
	}
}

func TestEndedIsExited(t *testing.T) {
	needKnown(t)
	for name, f := range map[string]func(){
		"return":         func() {},
		"Goexit":         runtime.Goexit,
		"with its locks": runtime.LockOSThread, // the thread ends too
	} {
		t.Run(name, func(t *testing.T) {
			id := start(f)
			eventuallyState(t, id, Exited)
			if tid := id.Thread(); tid != 0 {
				t.Errorf("it occupies thread %d", tid)
			}
		})
	}
}

// TestReuseIsNotMistaken waits until the runtime gives the g of a goroutine that has ended to
// another one, which happens soon with one processor and its one list of spare ones.
func TestReuseIsNotMistaken(t *testing.T) {
	needKnown(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	quit := make(chan struct{})
	defer close(quit)
	old := start(func() {})
	eventuallyState(t, old, Exited)
	var heir ID
	eventually(t, "another goroutine with the same g", func() bool {
		heir = start(func() { <-quit })
		return heir.g == old.g
	})
	eventuallyState(t, heir, Blocked)
	if s := old.State(); s != Exited || old == heir || old.Thread() != 0 {
		t.Errorf("the old one is %v on thread %d, equal to the new one: %v", s, old.Thread(), old == heir)
	}
}

// TestChurnIsNeverBlocked looks at goroutines that come and go without ever waiting, also
// through IDs whose g has been handed on.
func TestChurnIsNeverBlocked(t *testing.T) {
	needKnown(t)
	var ids [64]atomic.Pointer[ID]
	end := inBackground(4, func(stop *atomic.Bool) {
		for i := 0; !stop.Load(); i++ {
			var done atomic.Bool
			go func() {
				id := Self()
				ids[i%len(ids)].Store(&id)
				done.Store(true)
			}()
			for !done.Load() { // the last one too: the next test changes what Self reads
				runtime.Gosched()
			}
		}
	})
	defer end()
	seen := map[State]int{}
	for i := 0; seen[Exited] < 20000; i++ {
		if id := ids[i%len(ids)].Load(); id != nil {
			s := id.State()
			if s == Blocked || s == Syscall || s == Unknown {
				t.Fatalf("state %v of a goroutine that never waits", s)
			}
			seen[s]++
		}
		runtime.Gosched()
	}
}

// TestAllocatingIsNeverBlocked: the garbage collector makes goroutines that allocate help it
// and wait for it, and calls that "waiting".
func TestAllocatingIsNeverBlocked(t *testing.T) {
	needKnown(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2)) // one to look from
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	var stop atomic.Bool
	var ids []ID
	for range 3 {
		ids = append(ids, start(func() {
			var keep [4096][]byte
			for i := 0; !stop.Load(); i++ {
				keep[i%len(keep)] = make([]byte, 2048)
			}
		}))
	}
	seen, waiting := map[State]int{}, 0
	for last := collections() + 100; collections() < last; runtime.Gosched() {
		for range 10 {
			for _, id := range ids {
				if load32(id.g, learned.layout.status)&^scanBit == learned.layout.waiting {
					waiting++
				}
				seen[id.State()]++
			}
		}
	}
	stop.Store(true)
	t.Logf("%v; the runtime said waiting %d times", seen, waiting)
	if seen[Blocked] != 0 || seen[Exited] != 0 || seen[Unknown] != 0 {
		t.Errorf("states %v of goroutines that only allocate", seen)
	}
	for _, id := range ids {
		eventuallyState(t, id, Exited)
	}
}

// collections returns the number of garbage collections so far.
func collections() uint64 {
	s := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

var hashSink uintptr

func TestReadingAllocatesNothing(t *testing.T) {
	needKnown(t)
	id := Self()
	for name, f := range map[string]func(){
		"Self":          func() { Self() },
		"Hash":          func() { hashSink = id.Hash() },
		"State":         func() { id.State() },
		"Thread":        func() { id.Thread() },
		"ThreadWaiting": func() { ThreadWaiting(id.Thread()) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
