// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "runtime"

// Parking in the source and waking up again costs some 30 us of processor time, most of it
// the runtime's and the kernel's, so a watcher whose waits have been shorter than that
// lingers before it parks. Where waits are longer it parks at once, but for a try now and
// then, since a wait looks longer than it is to a worker that has to be woken.
const (
	lingerFor   = 30_000 // ns
	lingerBelow = 40_000 // ns: the usual wait from which it does not pay
	lingerTry   = 64     // waits between two tries
)

// linger looks out for something to do, for a short time, in the watcher's place: Post finds
// it there (see give). It reports whether the watcher shall not park. The lock is held on
// entry and exit.
func (p *Port[P]) linger(w *Worker[P], begin int64) bool {
	if p.lull >= lingerBelow && p.stats.Watches%lingerTry != 0 {
		return false
	}
	p.lingering = true
	p.unlockMonitored()
	for {
		p.relax()
		p.mu.Lock()
		waited := nanotime() - begin
		if p.watcher != w || p.backlog() > 0 || p.src.Work() {
			p.lingering = false
			p.noteLull(waited)
			return true
		}
		if waited > lingerFor {
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

// noteLull keeps the average time until there is something to do again, in ns. Locked.
func (p *Port[P]) noteLull(waited int64) {
	p.lull += (min(waited, 8*lingerFor) - p.lull) / 8
}
