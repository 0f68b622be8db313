// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"runtime"
	"slices"
	"time"

	"iocp"
)

// groupC: who is released, and how many may run. The goroutine of the rule posts and is no
// worker: it never calls Get. The numbers NQ01 to NQ11 are those of the model runs that
// the rules were settled with.
//
// See group_c_blocking.go for workers that block, group_c_io.go for packets of operations.
var groupC = slices.Concat(
	posted("C01", releaseNewestFirst),
	[]rule{{id: "C01", part: "operations", run: releaseNewestForOperation}},
	posted("C02", postHandsOverOrAppends),
	posted("C03", limitKeepsPacketQueued),
	[]rule{
		{id: "C03", part: "operations", run: limitKeepsCompletionsQueued},
		{id: "C03", part: "never-exceeded", run: limitNeverExceeded},
	},
	posted("C04", runningWorkerTakesNext),
	blockingRules(),
	posted("C06", overshootComesDown),
	postedPart("C06", "resumed-", resumedWorkerCounts),
	[]rule{{id: "C06", part: "one-of-many", run: oneOfManyResumes}},
	posted("C07", exitFreesSlot),
	posted("C08", otherPortFreesSlot),
	posted("C09", pollAtLimitTimesOut),
	posted("C10", timedOutWorkerCounts),
	postedPart("C10", "context-", canceledWorkerCounts),
	posted("C11", othersDoNotCount),
	posted("C12", batchCostsOneSlot),
	posted("C13", callerBeforeWaiters),
	posted("C14", handOffCannotBeStolen),
	[]rule{
		{id: "C15", run: poolDefaults},
		{id: "C16", run: cannot("Go's types rule it out: nobody can suspend a goroutine")},
	},
	posted("C17", leavesPacketsToOthers),
	[]rule{{id: "C18", run: cannot("Go has no APCs: nothing runs on a goroutine that waits")}},
)

// C01, NQ01: the worker that began to wait last is released first.
func releaseNewestFirst(s *scene) {
	p := s.port(4)
	var calls []*call
	for _, w := range s.crew("T1", "T2", "T3", "T4") {
		calls = append(calls, w.park(p))
	}
	for i := range 4 {
		s.post(p, i+1)
	}
	s.counts(p, 0, 0, 4)
	for i, c := range calls {
		c.gets(4 - i)
	}
}

// C02, NQ04: a post is handed to a waiter, who counts from there on, or appended.
func postHandsOverOrAppends(s *scene) {
	p := s.port(2)
	ws := s.crew("A", "B", "C")
	a, b, c := ws[0].park(p), ws[1].park(p), ws[2].park(p)
	s.counts(p, 0, 3, 0)
	s.post(p, 1)
	s.counts(p, 0, 2, 1)
	s.post(p, 2)
	s.counts(p, 0, 1, 2)
	s.post(p, 3)
	s.counts(p, 1, 1, 2)
	c.gets(1)
	b.gets(2)
	a.waits()
	s.counts(p, 1, 1, 2)
}

// C03, NQ02: at the limit a packet stays queued although a worker waits.
func limitKeepsPacketQueued(s *scene) {
	p := s.port(1)
	ws := s.crew("A", "B")
	a, b := ws[0].park(p), ws[1].park(p)
	s.post(p, 1)
	b.gets(1)
	s.post(p, 2)
	s.keeps(p, 1, 1, 1)
	s.check(!a.done.Load(), "A was released beyond the limit")
	ws[1].get(p, iocp.Infinite).gets(2)
	s.keeps(p, 0, 1, 1)
	a.waits()
}

// C04, NQ10: the worker that asks again gets the next packet; nobody else wakes.
func runningWorkerTakesNext(s *scene) {
	p := s.port(1)
	ws := s.crew("A", "B")
	a := ws[0].park(p)
	for i := range 3 {
		s.post(p, i)
	}
	a.gets(0)
	b := ws[1].park(p)
	for i := 1; i < 3; i++ {
		ws[0].get(p, iocp.Infinite).gets(i)
		s.counts(p, 2-i, 1, 1)
		s.check(!b.done.Load(), "B was released although A is running")
	}
}

// C06, NQ03: a worker that resumes may exceed the limit; the next calls bring it down.
func overshootComesDown(s *scene) {
	p := s.port(1)
	ws := s.crew("A", "B")
	a, b := ws[0].park(p), ws[1].park(p)
	s.post(p, 1)
	b.gets(1)
	s.post(p, 2)
	resume := ws[1].block(channelReceive)
	a.gets(2)
	resume()
	s.post(p, 3)
	s.check(p.Len() == 1, "a packet that nobody waits for is not queued")
	a = ws[0].park(p)
	s.keeps(p, 1, 1, 1)
	s.check(!a.done.Load(), "A was given a packet although B runs")
	ws[1].get(p, iocp.Infinite).gets(3)
	s.counts(p, 0, 1, 1)
}

// C06: a worker that runs again counts before it has asked for anything.
func resumedWorkerCounts(s *scene) {
	p := s.port(1)
	ws := s.crew("A", "B")
	a, b := ws[0].park(p), ws[1].park(p)
	s.post(p, 1)
	b.gets(1)
	s.post(p, 2)
	resume := ws[1].block(channelReceive)
	a.gets(2)
	a = ws[0].park(p)
	resume()
	s.post(p, 3)
	s.keeps(p, 1, 1, 1)
	s.check(!a.done.Load(), "A was released although B runs again")
	ws[1].get(p, iocp.Infinite).gets(3)
}

// C06: it is found among many that do not run.
func oneOfManyResumes(s *scene) {
	const many = 20
	p := s.port(1)
	resume := make([]func(), many)
	for i := range resume {
		w := s.worker("W")
		s.post(p, i)
		w.get(p, iocp.Infinite).gets(i)
		resume[i] = w.block(channelReceive)
	}
	a := s.worker("A").park(p)
	resume[many-1]()
	s.post(p, many)
	s.keeps(p, 1, 1, 1)
	s.check(!a.done.Load(), "A was released although one of %d workers runs again", many)
}

// C07, NQ05: a worker that ends gives its slot back.
func exitFreesSlot(s *scene) {
	p := s.port(1)
	ws := s.crew("A", "B")
	a, b := ws[0].park(p), ws[1].park(p)
	s.post(p, 1)
	b.gets(1)
	s.post(p, 2)
	s.keeps(p, 1, 1, 1)
	ws[1].exit()
	a.gets(2)
	s.counts(p, 0, 0, 1)
}

// C08, NQ06: a worker that asks another port has left this one.
func otherPortFreesSlot(s *scene) {
	p, q := s.port(1), s.port(1)
	ws := s.crew("A", "B")
	a, b := ws[0].park(p), ws[1].park(p)
	s.post(p, 1)
	b.gets(1)
	s.post(p, 2)
	s.keeps(p, 1, 1, 1)
	b = ws[1].park(q)
	s.counts(p, 0, 0, 1)
	a.gets(2)
	s.counts(q, 0, 1, 0)
	s.post(q, 3)
	b.gets(3)
}

// C09, NQ07: a poll at the limit gets nothing although a packet is queued, and counts.
func pollAtLimitTimesOut(s *scene) {
	p := s.port(1)
	ws := s.crew("A", "B", "C")
	s.post(p, 1)
	ws[0].get(p, iocp.Infinite).gets(1)
	s.post(p, 2)
	ws[1].get(p, 0).fails(iocp.ErrTimeout)
	s.counts(p, 1, 0, 2)
	// A comes back, but the poller runs: nobody is given the packet.
	a := ws[0].park(p)
	s.keeps(p, 1, 1, 1)
	c := ws[2].park(p)
	s.keeps(p, 1, 2, 1)
	s.check(!a.done.Load() && !c.done.Load(), "a waiter was released although the poller runs")
	ws[1].get(p, 0).gets(2)
	s.counts(p, 0, 2, 1)
}

// C10, NQ08: a worker whose wait timed out is running.
func timedOutWorkerCounts(s *scene) {
	s.countsAfter(func(p *iocp.Port, w *worker) { w.get(p, time.Millisecond).fails(iocp.ErrTimeout) })
}

// countsAfter checks that a worker without a packet counts after leave, and stops to
// when it blocks.
func (s *scene) countsAfter(leave func(*iocp.Port, *worker)) {
	p := s.port(1)
	ws := s.crew("A", "B")
	leave(p, ws[0])
	s.counts(p, 0, 0, 1)
	s.post(p, 1)
	b := ws[1].park(p)
	s.keeps(p, 1, 1, 1)
	s.check(!b.done.Load(), "B was released although A runs")
	resume := ws[0].block(channelReceive)
	b.gets(1)
	resume()
}

// C11: who never calls Get does not count, whether it runs, posts or blocks.
func othersDoNotCount(s *scene) {
	p := s.port(1)
	for range 3 {
		idler := s.worker("idler")
		idler.do(func() { p.Post(iocp.Completion{Key: 0}) })
	}
	s.until(func() bool { return p.Len() == 3 }, "three packets are queued")
	s.counts(p, 3, 0, 0)
	a := s.worker("A")
	for range 3 {
		a.get(p, 0).gets(0)
	}
	c := a.park(p)
	s.counts(p, 0, 1, 0)
	s.post(p, 1)
	c.gets(1)
	s.counts(p, 0, 0, 1)
}

// C12, NQ09: however many packets a batch has, its worker is one.
func batchCostsOneSlot(s *scene) {
	p := s.port(2)
	ws := s.crew("A", "B", "C")
	for i := range 6 {
		s.post(p, i)
	}
	ws[0].batch(p, 3, iocp.Infinite).gets(0, 1, 2)
	s.counts(p, 3, 0, 1)
	ws[1].get(p, 0).gets(3)
	s.counts(p, 2, 0, 2)
	c := ws[2].park(p)
	s.keeps(p, 2, 1, 2)
	s.check(!c.done.Load(), "C was released beyond the limit")
	ws[0].batch(p, 3, iocp.Infinite).gets(4, 5)
	s.counts(p, 0, 1, 2)
}

// C13, NQ11: a running worker takes a fresh packet before those who wait.
func callerBeforeWaiters(s *scene) {
	p := s.port(1)
	ws := s.crew("A", "B")
	a := ws[0].park(p)
	s.post(p, 1)
	a.gets(1)
	b := ws[1].park(p)
	s.post(p, 2)
	s.counts(p, 1, 1, 1)
	ws[0].get(p, 0).gets(2)
	s.counts(p, 0, 1, 1)
	b.waits()
}

// C14: what was handed to a waiter is his before he has woken up. The newcomer is the
// goroutine of the rule itself, which asks right after it has posted.
func handOffCannotBeStolen(s *scene) {
	p := s.port(2)
	w := s.worker("W")
	for i := range 200 {
		c := w.park(p)
		s.post(p, i)
		k, err := p.Get(0)
		s.check(err != nil, "a newcomer stole the packet %v from the worker it was handed to", k)
		c.gets(i)
	}
}

// C15: the numbers that are recommended are the ones to be had without asking.
func poolDefaults(s *scene) {
	for _, n := range []int{0, 1, 3} {
		p, err := s.newPort(iocp.Config{Concurrency: n})
		s.must(err, "creating a port")
		s.keep(p)
		s.check(n != 0 || p.Concurrency() == runtime.NumCPU(), "the default concurrency value is %d", p.Concurrency())
		want := 2 * p.Concurrency()
		pool := iocp.NewPool(p, iocp.PoolConfig{})
		s.until(func() bool { return p.Stats().Waiting == want }, "a pool has %d workers", want)
		s.stays(func() bool { return p.Stats().Waiting == want }, "a pool has %d workers", want)
		s.must(pool.Shutdown(s.context()), "ending the pool")
	}
}

// C17: a worker that ends leaves what it was not given to the others.
func leavesPacketsToOthers(s *scene) {
	p := s.port(1)
	ws := s.crew("A", "B")
	a := ws[0].park(p)
	for i := range 4 {
		s.post(p, i)
	}
	a.gets(0)
	ws[0].exit()
	ws[1].get(p, iocp.Infinite).gets(1)
	ws[1].batch(p, 4, iocp.Infinite).gets(2, 3)
	s.counts(p, 0, 0, 1)
}
