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
// Goroutines that could run are given way to, and while there are any nobody dwells. When GOMAXPROCS is raised
// nobody dwells any more from the next time that a worker gives way; until then a packet which is posted may
// have to wait for the end of a call.

// A dweller is a source that can do it.
type dweller interface {
	// Dwells reports whether Dwell can be used. The answer is always the same once there is a source.
	Dwells() bool

	// Dwell is Source.Enter with events, and waits for up to d if there is no completion. One goroutine
	// at a time is in Enter or Dwell.
	Dwell(n int, d time.Duration) (int, error)
}

// A call waits for up to 400 us, as learned, and on a port where all of many waits have ended with something for
// up to 4 ms. It will not last that long. But a clock that is set to a time before the kernel's next tick is
// dear on a virtual machine, which has to ask its host for it: some 8 us, the price of a small message.
const (
	dwellUnit    = 50_000    // ns: a call, for each patience
	patienceMost = 8         // the time that parking pays for
	dwellSure    = 4_000_000 // ns: a call where one in vain is hardly to be expected, beyond the tick of most kernels
	sureFrom     = 1024      // waits in a row that were not in vain
	stepsMost    = 8         // calls, where what comes are steps of longer operations
	tryFirst     = 64        // waits between two tries of a port on which dwelling does not pay,
	tryLast      = 1024      // and when many have been in vain
	giveWayEvery = 16        // waits, or each where calls are long
	longFrom     = 100_000   // ns
	sampleEvery  = 8         // waits, of those that are worth a call
	companyFrom  = 5_000     // ns of a Gosched in which somebody else has run
	monitorTurn  = 50_000    // ns of those that are the monitor's, at most, if it has
	awayFirst    = 64        // waits for which others are then taken to be there,
	awayLast     = 4096      // and when they are there again and again
)

// habit is what a port has learned about dwelling. What a distant peer sends may come soon or not. What one in
// the same process sends never comes while its processor is kept; but sends of our own are over at once,
// so that not every call is in vain there either. So what was over at once does not count: some waits are
// samples, which look for that before they wait in the kernel, and only they make calls longer.
type habit struct {
	patience int    // how long a call the next wait is worth
	sure     int    // waits since one was in vain
	waits    uint32 // so far
	try      uint32 // the one that is tried next
	every    uint32 // waits between tries
	company  int    // waits for which nobody dwells, since others run
	away     int    // what company is set to next
	lasts    int64  // ns of a call, on average
}

// next returns how long a call the wait that begins now is worth, or 0.
func (h *habit) next() time.Duration {
	h.waits++
	switch {
	case h.company > 0:
		h.company--
		return 0
	case h.patience == 0 && h.waits-h.try < 1<<31: // it is h.try's turn, or was
		return dwellUnit
	case h.sure >= sureFrom:
		return dwellSure
	}
	return time.Duration(h.patience) * dwellUnit
}

// lasted takes how long a call took, from some of them.
func (h *habit) lasted(d int64) { h.lasts += (min(d, 4*longFrom) - h.lasts) / 4 }

// givesWay reports whether the wait that begins now is one which lets others run first.
func (h *habit) givesWay() bool { return spread(h.waits, giveWayEvery) || h.lasts > longFrom }

// samples reports whether it is a sample. A try is one in any case.
func (h *habit) samples() bool { return h.patience == 0 || spread(h.waits, sampleEvery) }

// learn takes the outcome of a wait: patience is doubled by a sample that was not in vain and lessened by any wait
// that was.
func (h *habit) learn(vain, sample bool) {
	if !vain {
		h.sure = min(h.sure+1, sureFrom)
		if !sample {
			return
		}
		if h.patience = min(max(2*h.patience, 1), patienceMost); h.patience == patienceMost {
			h.every = tryFirst
		}
		return
	}
	h.sure = 0
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
	h.sure = 0
	h.away = max(h.away, awayFirst)
	h.company = h.away
	h.away = min(2*h.away, awayLast)
}

// dwell submits what the lone worker w has left and takes what is over, for which it waits if that pays. It
// may come back without anything. The lock is held on entry and exit, and free in between.
func (p *Port[P]) dwell(w *Worker[P], buf []P) (n int) {
	d := p.habit.next()
	if d == 0 {
		if p.src.Pending() > 0 {
			n, _ = p.call(w, buf, 0)
		}
		return n
	}
	if p.habit.givesWay() && !p.giveWayLone(w) {
		return 0
	}
	sample, lone := p.habit.samples(), true
	if sample {
		defer p.timed(nanotime())
		if p.src.Pending() > 0 || p.src.Ready() > 0 { // the monitor may have submitted it
			n, lone = p.call(w, buf, 0)
		}
	}
	if lone && n == 0 && p.src.InFlight() > 0 {
		if n, lone = p.steps(w, buf, d); lone {
			w.dwelt = n == 0
			p.habit.learn(n == 0, sample)
		}
	}
	return n
}

// timed notes how long it is since begin.
func (p *Port[P]) timed(begin int64) { p.habit.lasted(nanotime() - begin) }

// call is one call of dwell, for up to d, and reports whether w is the lone worker still.
func (p *Port[P]) call(w *Worker[P], buf []P, d time.Duration) (n int, lone bool) {
	if p.enterFor(true, d); !p.lone(w) {
		return 0, false
	}
	return p.src.Reap(buf), true
}

// steps goes on calling while what comes are steps of longer operations.
func (p *Port[P]) steps(w *Worker[P], buf []P, d time.Duration) (n int, lone bool) {
	for i := 0; ; i++ {
		if n, lone = p.call(w, buf, d); !lone || n > 0 || i == stepsMost || p.src.Pending() == 0 {
			return n, lone
		}
		if !p.giveWayLone(w) {
			return 0, false
		}
	}
}

// dwellWatching is dwell for the watcher w, in its place, where others find it, and without taking
// anything. It reports whether there is something to look at; vain: see linger.
func (p *Port[P]) dwellWatching(w *Worker[P], vain bool) (there bool) {
	if w.dwelt {
		w.dwelt = false
		return false
	}
	d := p.habit.next()
	if d == 0 {
		return false
	}
	p.lingering = true
	p.giveWay()
	there = p.watcher != w || p.backlog() > 0 || !vain && p.src.Work()
	if !there {
		waits := p.src.Pending() == 0
		p.enterFor(true, w.until(d))
		there = p.watcher != w || p.backlog() > 0
		p.habit.learn(!there, waits)
	}
	p.lingering = false
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

// letOthersRun also looks whether there are more processors now; it reports how long that took, and whether the monitor ran.
func (p *Port[P]) letOthersRun() (took int64, monitor bool) {
	looks := p.stats.Looks
	p.unlockMonitored()
	begin := nanotime()
	runtime.Gosched()
	took = nanotime() - begin
	several := runtime.GOMAXPROCS(0) > 1
	p.mu.Lock()
	if several {
		p.alone, p.visits.on, p.dwells, p.leaves = false, false, nil, deferFrom
	}
	return took, p.stats.Looks != looks
}
