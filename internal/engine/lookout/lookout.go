// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package lookout sees to it that somebody looks for what the kernel has, in engines whose completions
// appear only when somebody does: a worker that comes for packets, and a timer when no worker comes.
package lookout

import (
	"sync/atomic"
	"time"
)

// Look remembers the last look at what the kernel has, to answer engine.Engine.Work. Nothing in memory says
// whether there is something, and a look costs a system call. So one is due when nobody has looked since
// Reap last came for more than the last look had brought: a worker that comes for packets looks once before
// it waits. All methods are safe for concurrent use and do not block. In the zero value a look is due.
type Look struct{ state atomic.Int32 }

const (
	due   int32 = iota // something was reaped since, or looked for in vain
	fresh              // nothing was
	used               // its completions were reaped, or there were none
)

// Due reports whether somebody should look.
func (l *Look) Due() bool { return l.state.Load() == due }

// Done takes note of a look that has brought everything.
func (l *Look) Done() { l.state.Store(fresh) }

// Reaped takes note of a Reap, also of one that has found nothing.
func (l *Look) Reaped() {
	switch l.state.Load() {
	case fresh:
		l.state.CompareAndSwap(fresh, used)
	case used:
		l.state.CompareAndSwap(used, due)
	}
}

// Most and Least are how long the timer of a Guard waits: after a round that found nothing, or in which
// somebody else had looked, and after one that found something. So a guard costs a hundred short rounds a
// second at most, except where it finds something to do: a long send must not wait for it every time.
const (
	Most  = 10 * time.Millisecond
	Least = 50 * time.Microsecond
)

// Guard looks in place of the workers of a port that are all busy, or gone: a timer, which runs while
// requests wait and rests while somebody is parked in Watch. Init makes it usable. The engine's lock guards
// all methods but Init, Leave and Stop.
//
// Its round, which the timer calls on a goroutine of its own, takes the engine's lock and then does this:
//
//	switch {
//	case nothing waits, or the engine is closed:
//		g.End()
//		return
//	case g.Rest(&parked):
//		return
//	case g.Alone(looks):
//		look for what the kernel has
//	}
//	g.Next(looks, found)
//
// where looks and found count what the engine has ever looked and found.
type Guard struct {
	timer *time.Timer
	on    bool        // the timer runs, or rests
	alone bool        // nobody has looked between the last round and this one
	looks uint64      // after the last round
	found uint64      // after the last round
	rests atomic.Bool // until the watcher leaves
}

// Init says what a round is. It comes first, and once.
func (g *Guard) Init(round func()) {
	g.timer = time.AfterFunc(time.Hour, round)
	g.timer.Stop()
}

// Begin starts the timer unless it runs: requests wait.
func (g *Guard) Begin(looks uint64) {
	if !g.on {
		g.begin(looks)
	}
}

func (g *Guard) begin(looks uint64) {
	g.on, g.looks = true, looks
	g.timer.Reset(Most)
}

// End says in a round that the timer is not needed, until Begin.
func (g *Guard) End() { g.on = false }

// Rest reports in a round whether somebody is parked in Watch, who sees by himself what comes. Then the
// timer rests until Leave.
func (g *Guard) Rest(parked *atomic.Bool) bool {
	if !parked.Load() {
		return false
	}
	g.rests.Store(true)
	return parked.Load() || !g.rests.Swap(false) // he may have left before he could see that it rests
}

// Alone reports in a round whether nobody has looked since the last one.
func (g *Guard) Alone(looks uint64) bool {
	g.alone = g.looks == looks
	return g.alone
}

// Next ends a round, and starts the timer for the next.
func (g *Guard) Next(looks, found uint64) {
	pause := Most
	if g.alone && g.found != found {
		pause = Least
	}
	g.looks, g.found = looks, found
	g.timer.Reset(pause)
}

// Leave lets a timer that rests run again. Whoever leaves Watch calls it, after parked has become false.
func (g *Guard) Leave() {
	if g.rests.Load() && g.rests.Swap(false) {
		g.timer.Reset(Most)
	}
}

// Stop ends the timer for good. A round that has begun does not know of it.
func (g *Guard) Stop() { g.timer.Stop() }
