// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"runtime"
	"time"
)

// Where goroutines have one processor, a worker that waits dwells, before it lingers or parks: it waits in
// the kernel for a short time and keeps the processor, which is idle meanwhile. A lone one does so in the
// very call that submits what it has left. Lingering uses up as much processor time as the wait is long,
// and parking more than most waits are; and both come for each completion by itself, where a worker
// that sleeps in the kernel often finds several.
//
// Goroutines that could run are given way to, and while there are any nobody dwells. Whoever raises GOMAXPROCS
// when the port has been made may find that a packet which is posted is taken dwellFor later.

// A dweller is a source that can do it.
type dweller interface {
	// Dwells reports whether Dwell can be used. The answer is always the same once there is a source.
	Dwells() bool

	// Dwell is Source.Enter with events, and waits for up to d if there is no completion. One goroutine
	// at a time is in Enter or Dwell.
	Dwell(n int, d time.Duration) (int, error)
}

const (
	dwellFor     = 50_000 // ns: one call
	dwellCalls   = 8      // at most, for one wait: they cost what parking does
	tryFirst     = 64     // waits between two tries of a port on which dwelling does not pay,
	tryLast      = 1024   // and when many have been in vain
	giveWayEvery = 16     // waits
	companyFrom  = 5_000  // ns of a Gosched in which somebody else has run
	monitorTurn  = 50_000 // ns of those that are the monitor's, at most, if it has
	awayFirst    = 64     // waits for which others are then taken to be there,
	awayLast     = 4096   // and when they are there again and again
)

// habit is what a port has learned about dwelling. What a distant peer sends may come soon or not. What one in
// the same process sends never comes while its processor is kept; but sends of our own are over at once,
// so that not every call is in vain there either.
type habit struct {
	patience int    // calls the next wait is worth
	waits    uint32 // so far
	try      uint32 // the one that is tried next
	every    uint32 // waits between tries
	company  int    // waits for which nobody dwells, since others run
	away     int    // what company is set to next
}

// calls returns how many calls the wait that begins now is worth.
func (h *habit) calls() int {
	h.waits++
	switch {
	case h.company > 0:
		h.company--
		return 0
	case h.patience == 0 && h.waits-h.try < 1<<31: // it is h.try's turn, or was
		return 1
	}
	return h.patience
}

// learn takes the outcome of a wait: patience is doubled by one that was not in vain and lessened by one
// that was.
func (h *habit) learn(vain bool) {
	if !vain {
		if h.patience = min(max(2*h.patience, 1), dwellCalls); h.patience == dwellCalls {
			h.every = tryFirst
		}
		return
	}
	if h.patience = max(h.patience-1, 0); h.patience == 0 {
		h.every = min(max(2*h.every, tryFirst), tryLast)
		h.try = h.waits + h.every
	}
}

// look takes how long giving way took, and whether the monitor ran meanwhile. It needs no company: where
// nobody gave way it has waited for its turn, and would be met nearly every time that a worker looks.
func (h *habit) look(took int64, monitor bool) {
	if monitor {
		took -= monitorTurn
	}
	if took <= companyFrom {
		h.away /= 2
		return
	}
	h.away = max(h.away, awayFirst)
	h.company = h.away
	h.away = min(2*h.away, awayLast)
}

// dwell submits what the lone worker w has left and takes what is over, for which it waits if that pays. It
// may come back without anything. The lock is held on entry and exit, and free in between.
func (p *Port[P]) dwell(w *Worker[P], buf []P) (n int) {
	calls := p.habit.calls()
	switch {
	case calls == 0 && p.src.Pending() == 0:
		return 0
	case calls > 0 && p.habit.waits%giveWayEvery == 0 && !p.giveWayLone(w):
		return 0
	}
	for i := 0; n == 0 && i < max(calls, 1); i++ {
		if i > 0 && !p.giveWayLone(w) {
			return 0
		}
		p.enterFor(true, time.Duration(min(calls, 1)*dwellFor))
		if !p.lone(w) {
			return 0
		}
		n = p.src.Reap(buf)
	}
	if calls > 0 {
		w.dwelt = n == 0
		p.habit.learn(n == 0)
	}
	return n
}

// dwellWatching is dwell for the watcher w, in its place, where others find it, and without taking
// anything. It reports whether there is something to look at; vain: see linger.
func (p *Port[P]) dwellWatching(w *Worker[P], vain bool) bool {
	if w.dwelt {
		w.dwelt = false
		return false
	}
	there, calls := false, p.habit.calls()
	p.lingering = true
	for i := 0; !there && i < calls; i++ {
		if p.giveWay(); p.watcher != w || p.backlog() > 0 || !vain && p.src.Work() {
			there = true
			break
		}
		p.enterFor(true, w.until(dwellFor))
		there = p.watcher != w || p.backlog() > 0
	}
	p.lingering = false
	if calls > 0 {
		p.habit.learn(!there)
	}
	return there
}

// until returns d, or the time to the deadline of w if that is less.
func (w *Worker[P]) until(d time.Duration) time.Duration {
	if w.deadline == 0 {
		return d
	}
	return max(0, min(d, time.Duration(w.deadline-nanotime())))
}

// giveWay lets other goroutines run, and learns whether there are any. The lock is held on entry and exit.
func (p *Port[P]) giveWay() { p.habit.look(p.letOthersRun()) }

// giveWayLone is giveWay for the lone worker w, and reports whether it is that still.
func (p *Port[P]) giveWayLone(w *Worker[P]) bool {
	p.giveWay()
	return p.lone(w)
}

// letOthersRun reports how long that took, and whether the monitor ran.
func (p *Port[P]) letOthersRun() (took int64, monitor bool) {
	looks := p.stats.Looks
	p.unlockMonitored()
	begin := nanotime()
	runtime.Gosched()
	took = nanotime() - begin
	p.mu.Lock()
	return took, p.stats.Looks != looks
}
