// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"context"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"iocp"
)

// obstacle is a way to block: wait blocks until release is called, if ever.
type obstacle struct {
	wait, release func()
}

// obstacles are the ways in which a goroutine can block outside of the port.
var obstacles = []struct {
	name string
	make func(*scene) obstacle
}{
	{"receive", channelReceive},
	{"send", channelSend},
	{"select", selectTwo},
	{"mutex", mutexLock},
	{"rwmutex-read", readLock},
	{"rwmutex-write", writeLock},
	{"cond", condWait},
	{"waitgroup", groupWait},
	{"sleep", sleep},
	{"pipe", pipeRead},
	{"network", networkRead},
	{"system-call", systemCall},
}

// blockingRules is C05 for every way to block.
func blockingRules() []rule {
	var rules []rule
	for _, o := range obstacles {
		rules = append(rules, rule{id: "C05", part: o.name, run: func(s *scene) { blockedFreesSlot(s, o.make) }})
	}
	return append(rules,
		rule{id: "C05", part: "watched", run: func(s *scene) { blockedFreesSlot(s, channelReceive) }, watched: true},
		rule{id: "C05", part: "blocked-before", run: postAfterBlock},
		rule{id: "C05", part: "one-only", run: oneBlockedReleasesOne},
		rule{id: "C05", part: "Blocking", run: blockingFreesSlot},
		rule{id: "C05", part: "Blocking-other", run: blockingOfOthers},
		rule{id: "C05", part: "operations", run: blockedFreesSlotForOperation})
}

// block makes the worker's next step one that blocks; the function returned releases it
// and waits until it runs again.
func (w *worker) block(with func(*scene) obstacle) (resume func()) {
	o := with(w.s)
	var back atomic.Bool
	release := sync.OnceFunc(o.release)
	w.s.later(release)
	w.do(func() {
		o.wait()
		back.Store(true)
	})
	return func() {
		release()
		w.s.until(back.Load, "worker %s runs again", w.name)
	}
}

// C05, NQ03: a worker that blocks elsewhere makes room: the next one is released with the
// packet that waits.
func blockedFreesSlot(s *scene, with func(*scene) obstacle) {
	p := s.port(1)
	ws := s.crew("A", "B")
	a, b := ws[0].park(p), ws[1].park(p)
	s.post(p, 1)
	b.gets(1)
	s.post(p, 2)
	s.keeps(p, 1, 1, 1)
	resume := ws[1].block(with)
	a.gets(2)
	resume()
}

// C05: it is the same if the packet comes when the worker has blocked already.
func postAfterBlock(s *scene) {
	p := s.port(1)
	ws := s.crew("A", "B")
	a, b := ws[0].park(p), ws[1].park(p)
	s.post(p, 1)
	b.gets(1)
	locked := make(chan struct{})
	resume := ws[1].block(func(*scene) obstacle {
		c := make(chan struct{})
		return obstacle{func() { close(locked); <-c }, func() { close(c) }}
	})
	<-locked
	s.post(p, 2)
	a.gets(2)
	resume()
}

// C05: each worker that blocks makes room for one.
func oneBlockedReleasesOne(s *scene) {
	p := s.port(2)
	ws := s.crew("A", "B", "C", "D")
	var calls []*call
	for _, w := range ws {
		calls = append(calls, w.park(p))
	}
	for i := range 4 {
		s.post(p, i)
	}
	calls[3].gets(0)
	calls[2].gets(1)
	s.keeps(p, 2, 2, 2)
	resume := ws[3].block(channelReceive)
	calls[1].gets(2)
	s.keeps(p, 1, 1, 2)
	s.check(!calls[0].done.Load(), "one worker blocked and two were released")
	again := ws[2].block(mutexLock)
	calls[0].gets(3)
	again()
	resume()
}

// C05: Blocking frees the slot at once and for certain, whatever the function does.
func blockingFreesSlot(s *scene) {
	p := s.port(1)
	ws := s.crew("A", "B")
	a, b := ws[0].park(p), ws[1].park(p)
	s.post(p, 1)
	b.gets(1)
	s.post(p, 2)
	s.keeps(p, 1, 1, 1)
	var stop, back atomic.Bool
	s.later(func() { stop.Store(true) })
	ws[1].do(func() {
		p.Blocking(func() {
			for !stop.Load() {
				runtime.Gosched()
			}
		})
		back.Store(true)
	})
	a.gets(2)
	s.counts(p, 0, 0, 1)
	stop.Store(true)
	s.until(back.Load, "B has left Blocking")
	s.counts(p, 0, 0, 2)
	// B counts again (C06), so that A has to wait for what comes now.
	s.post(p, 3)
	ws[0].park(p)
	s.keeps(p, 1, 1, 1)
	ws[1].get(p, 0).gets(3)
}

// C05: Blocking just runs the function if the caller is no worker of the port (C11).
func blockingOfOthers(s *scene) {
	p, q := s.port(1), s.port(1)
	ran := false
	p.Blocking(func() { ran = true })
	s.check(ran, "Blocking has not run its function")
	s.counts(p, 0, 0, 0)
	w := s.worker("W")
	w.get(q, 0).fails(iocp.ErrTimeout)
	var back atomic.Bool
	w.do(func() {
		p.Blocking(func() {})
		back.Store(true)
	})
	s.until(back.Load, "W has left Blocking")
	s.counts(p, 0, 0, 0)
	s.counts(q, 0, 0, 1)
}

// canceledWorkerCounts is C10 for a wait that ends with its context.
func canceledWorkerCounts(s *scene) {
	s.countsAfter(func(p *iocp.Port, w *worker) {
		ctx, cancel := context.WithCancel(context.Background())
		c := w.getContext(ctx, p).parks(p, 1)
		cancel()
		c.fails(context.Canceled)
	})
}

func channelReceive(*scene) obstacle {
	c := make(chan struct{})
	return obstacle{func() { <-c }, func() { close(c) }}
}

func channelSend(*scene) obstacle {
	c := make(chan struct{})
	return obstacle{func() { c <- struct{}{} }, func() {
		select {
		case <-c:
		case <-time.After(stepLimit):
		}
	}}
}

func selectTwo(*scene) obstacle {
	c, d := make(chan struct{}), make(chan struct{})
	return obstacle{func() {
		select {
		case <-c:
		case <-d:
		}
	}, func() { close(d) }}
}

func mutexLock(*scene) obstacle {
	var mu sync.Mutex
	mu.Lock()
	return obstacle{mu.Lock, mu.Unlock}
}

func readLock(*scene) obstacle {
	var mu sync.RWMutex
	mu.Lock()
	return obstacle{mu.RLock, mu.Unlock}
}

func writeLock(*scene) obstacle {
	var mu sync.RWMutex
	mu.RLock()
	return obstacle{mu.Lock, mu.RUnlock}
}

func condWait(*scene) obstacle {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	open := false
	wait := func() {
		mu.Lock()
		for !open {
			cond.Wait()
		}
		mu.Unlock()
	}
	return obstacle{wait, func() {
		mu.Lock()
		open = true
		mu.Unlock()
		cond.Broadcast()
	}}
}

func groupWait(*scene) obstacle {
	var wg sync.WaitGroup
	wg.Add(1)
	return obstacle{wg.Wait, wg.Done}
}

// sleep is the one that nobody can end, so it is over soon, and begins again until it need not.
func sleep(*scene) obstacle {
	var enough atomic.Bool
	return obstacle{func() {
		for !enough.Load() {
			time.Sleep(200 * time.Millisecond)
		}
	}, func() { enough.Store(true) }}
}

func pipeRead(s *scene) obstacle {
	r, w, err := os.Pipe()
	s.must(err, "making a pipe")
	s.later(func() { r.Close() })
	return obstacle{func() { io.Copy(io.Discard, r) }, func() { w.Close() }}
}

func networkRead(s *scene) obstacle {
	l, err := here{}.listen()
	s.must(err, "listening on the loopback interface")
	defer l.Close()
	near, err := here{}.dial(l.Addr().String())
	s.must(err, "connecting to the loopback interface")
	s.peer(near)
	far, err := l.Accept()
	s.must(err, "accepting on the loopback interface")
	s.peer(far)
	return obstacle{func() { io.Copy(io.Discard, near) }, func() { far.Close() }}
}

func systemCall(s *scene) obstacle {
	read, release, err := blockingRead()
	if err != nil {
		s.skip("no read(2) that blocks a thread on this system: %v", err)
	}
	return obstacle{read, release}
}
