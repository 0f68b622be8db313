// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "runtime"

// Parking in the source and waking up again costs some 30 us of processor time, most of it
// the runtime's and the kernel's, so a watcher whose waits are shorter than that lingers
// before it parks.
//
// Not so if lingering makes them longer. A peer in the same process, which the runtime's
// poller has to wake, gets to run later while the watcher keeps a processor: on the only one
// not before it parks, and otherwise on another one that has to be woken up first. So a port
// learns how long its waits are either way, from a try of the other now and then.
const (
	lingerFor   = 30_000        // ns
	lingerBelow = 40_000        // ns: the usual wait from which it does not pay
	lingerTry   = 64            // waits between two tries
	lullMost    = 3 * lingerFor // what one wait counts for at most
)

// lulls are how long a watcher usually waits until there is something to do, in ns.
type lulls struct{ lingered, parked int64 }

// patient reports whether the next watcher is to linger. In a bubble it would do so for ever, and
// where time passes only while somebody waits it is no use. Locked.
func (p *Port[P]) patient() bool {
	if p.bubble || p.lazy {
		return false
	}
	pays := p.lulls.lingered < lingerBelow && p.lulls.lingered <= p.lulls.parked
	try := p.tries()
	return pays != try
}

// tries reports whether this wait is one that is begun in the other way.
func (p *Port[P]) tries() bool { return spread(uint32(p.stats.Watches), lingerTry) }

// note adds a wait to the average of its kind.
func (l *lulls) note(lingered bool, waited int64) {
	kind := &l.parked
	if lingered {
		kind = &l.lingered
	}
	*kind += (min(waited, lullMost) - *kind) / 8
}

// idle waits in the place of the watcher w until there may be something to do, and parks if that takes
// long. The lock is held on entry and exit. vain: see linger.
func (p *Port[P]) idle(w *Worker[P], vain bool) {
	src := p.src
	if p.dwells != nil && p.dwellWatching(w, vain) {
		return
	}
	begin, patient := nanotime(), p.patient()
	if !patient || !p.linger(w, begin, vain) {
		p.unlockMonitored()
		src.Watch()
		p.mu.Lock()
		p.visits.seen(nanotime())
	}
	p.lulls.note(patient, nanotime()-begin)
}

// linger looks out for something to do, for a short time, in the watcher's place: Post finds
// it there (see give). It reports whether the watcher shall not park. The lock is held on entry and
// exit. vain: the kernel has just been asked for its work and brought nothing; it is another thread's.
func (p *Port[P]) linger(w *Worker[P], begin int64, vain bool) bool {
	p.lingering = true
	p.unlockMonitored()
	for {
		p.relax()
		p.mu.Lock()
		if p.watcher != w || p.backlog() > 0 || !vain && p.src.Work() {
			p.lingering = false
			return true
		}
		if nanotime()-begin > lingerFor {
			p.lingering = false
			return false
		}
		p.mu.Unlock()
	}
}

// relax passes a moment. With one processor it lets other goroutines run; with more, idle
// ones do that, and yielding would wake them for nothing.
func (p *Port[P]) relax() {
	if p.alone {
		runtime.Gosched()
	} else {
		pause(pauseMax / 4)
	}
}
