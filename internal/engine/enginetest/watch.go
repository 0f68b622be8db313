// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package enginetest

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"iocp/internal/engine"
)

var watchTests = []test{
	{"WatchWakesForACompletionFromAnotherThread", watchWakes},
	{"CompletionAtTheMomentOfParking", momentOfParking},
	{"WatchDoesNotParkOnACompletion", watchDoesNotPark},
	{"WakeEndsTheCurrentWatch", wakeEndsCurrent},
	{"WakeEndsTheNextWatch", wakeEndsNext},
	{"WatchWorksAfterRearm", watchAfterRearm},
	{"NudgeWithNothingInFlightDoesNothing", func(p *Port) { p.Nudge(); p.counts("after Nudge", 0, 0, 0) }},
	{"NudgeBringsWhatNobodyLooksFor", nudgeBrings},
}

// watchWakes: a receive is submitted by the watcher and completed by a write from another thread.
func watchWakes(p *Port) {
	a, b := p.Pair()
	ready := make(chan bool)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is not the watcher's
		for range ready {
			p.Send(b, "x")
		}
	}()
	defer close(ready)
	o := Op(engine.Recv, a, make([]byte, 1))
	for i := range p.rounds(2000) {
		p.Start(o)
		ready <- true
		if res := p.WaitFor(o); res != 1 {
			p.Fatalf("round %d: result %d", i, res)
		}
	}
}

// momentOfParking: another goroutine submits, and so completes, exactly while the watcher parks:
// there is no second completion that could save a watcher that missed it. The watcher comes a
// little later from round to round, so that every instruction of Watch is met.
func momentOfParking(p *Port) {
	m := &meeting{Port: p, n: int64(p.rounds(10000)), signal: make(chan bool, 1)}
	m.single = runtime.GOMAXPROCS(0) == 1
	var other sync.WaitGroup
	other.Go(m.submitter)
	watchdog := time.AfterFunc(patience, func() { p.Locked(p.Wake) })
	defer watchdog.Stop()
	empty := 0
	for i := int64(1); i <= m.n; i++ {
		m.round.Store(i)
		for spin := i % 8000; spin > 0; spin-- {
			runtime.KeepAlive(spin)
		}
		if p.ready() == 0 {
			empty++
		}
		if !m.watch(watchdog) {
			p.Fatalf("round %d of %d: the completion was slept through; %s", i, m.n, p.state())
		}
		m.done.Store(i)
		if m.single {
			select {
			case m.signal <- true:
			default: // the submitter has seen the end of the last round without it
			}
		}
	}
	other.Wait()
	if empty == 0 {
		p.Error("the watcher was never first: the test shows nothing")
	}
	p.Logf("%d rounds, the watcher was first in %d", m.n, empty)
}

type meeting struct {
	*Port
	n           int64
	round, done atomic.Int64
	single      bool
	signal      chan bool
}

func (m *meeting) submitter() {
	o := &engine.Op{Kind: engine.Nop}
	for i := int64(1); i <= m.n; i++ {
		for spin := 0; m.round.Load() < i; spin++ {
			if spin > 10000 || m.single {
				runtime.Gosched()
			}
		}
		m.Start(o)
		for m.done.Load() < i {
			if m.single { // spinning would keep the only P from the poller
				<-m.signal
			} else {
				runtime.Gosched()
			}
		}
	}
}

// watch waits for the round's completion. It reports false, with the submitter sent home, if that
// did not come.
func (m *meeting) watch(watchdog *time.Timer) bool {
	var buf [2]engine.Completion
	for n := 0; n == 0; {
		m.Watch()
		n = m.reap(buf[:])
		if n == 0 && !watchdog.Stop() {
			m.done.Store(m.n)
			m.round.Store(m.n)
			close(m.signal)
			return false
		}
		watchdog.Reset(patience)
	}
	return true
}

func watchDoesNotPark(p *Port) {
	p.Start(Nops(1)...)
	p.UntilReady()
	p.Watch()
	p.Watch()
	p.Wait(1)
}

func wakeEndsCurrent(p *Port) {
	for i := range p.rounds(500) {
		returned, called := make(chan bool), make(chan bool)
		go func() {
			close(called)
			p.Watch()
			close(returned)
		}()
		<-called
		for range i % 100 {
			runtime.Gosched() // the watcher goes further from round to round
		}
		p.Locked(p.Wake)
		select {
		case <-returned:
		case <-time.After(patience):
			p.Fatal("Watch did not return after Wake")
		}
		p.Locked(p.Rearm)
	}
}

func wakeEndsNext(p *Port) {
	p.Locked(p.Wake)
	p.Locked(p.Wake)
	p.Watch()
	p.Watch()
	p.Locked(p.Rearm)
}

func watchAfterRearm(p *Port) {
	a, b := p.Pair()
	o := Op(engine.Recv, a, make([]byte, 1))
	for range p.rounds(500) {
		p.Start(o)
		p.Locked(p.Wake)
		p.Watch()
		p.Locked(p.Rearm)
		p.None()
		sent := make(chan bool)
		go func() {
			p.Send(b, "x")
			close(sent)
		}()
		p.Is("recv", p.WaitFor(o), 1)
		<-sent
	}
}

// nudgeBrings: nobody enters, and nobody watches.
func nudgeBrings(p *Port) {
	a, b := p.Pair()
	for range 3 {
		o := Op(engine.Recv, a, make([]byte, 1))
		p.Start(o)
		p.Send(b, "x")
		p.Eventually("the receive is over", func() bool {
			p.Nudge()
			return p.ready() == 1
		})
		p.Is("recv", p.WaitFor(o), 1)
	}
}
