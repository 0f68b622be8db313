// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"slices"
	"sync"
	"time"

	"iocp/internal/worker"
)

// The monitor is one goroutine for all ports of the process, except for those that were made in a
// bubble of testing/synctest (see lookout). It lives only while some port
// has a worker outside Get and something that this worker may be keeping from others:
//
//   - packets queued and workers waiting at the limit, where a running worker may block
//     without anybody posting or getting;
//   - requests not submitted yet, or completions that nobody watches for, which the running
//     worker was expected to come back to;
//   - completions that wait for a thread which computes.
//
// "Check a worker that has run T every T/8": the time between two looks doubles from
// minTick while workers come and go, or nothing changes, up to a limit.
const (
	minTick   = 50 * time.Microsecond
	maxTick   = time.Millisecond
	blockTick = 4 * minTick           // the limit for one where packets are likely to wait for workers that block
	loneTick  = 10 * time.Millisecond // the limit for one on which nobody waits
)

const (
	// sysWaitAfter is when a goroutine that waits for the runtime itself (a GC assist, a
	// runtime lock) counts as blocked: such waits are short or they are stalls.
	sysWaitAfter = 20 * time.Millisecond

	// unknownAfter is when a port whose workers' states cannot be read releases one more
	// waiter, if nobody has taken a packet meanwhile.
	unknownAfter = 10 * time.Millisecond
)

type monitored interface{ check() look }

// look is what a look at a port has found.
type look struct {
	keep    bool // the port needs the monitor still
	acted   bool // there was something to do
	waiters bool // somebody waits
	blocks  bool // packets are likely to wait for workers that block
}

var monitor struct {
	sync.Mutex
	ports   []monitored
	running bool
	fresh   bool          // a port was added since the last look
	blocks  bool          // one where packets are likely to wait for workers that block
	asleep  bool          // for long: a new port does not wait for the end of it
	wake    chan struct{} // ends the sleep
	timer   *time.Timer   // of the sleep
}

func monitorAdd(p monitored, blocks bool) {
	monitor.Lock()
	monitor.ports = append(monitor.ports, p)
	monitor.fresh = true
	monitor.blocks = monitor.blocks || blocks
	start := !monitor.running
	if start {
		monitor.running = true
		if monitor.wake == nil {
			monitor.wake, monitor.timer = make(chan struct{}, 1), time.NewTimer(time.Hour)
		}
	}
	if monitor.asleep {
		monitor.asleep = false
		monitor.wake <- struct{}{}
	}
	monitor.Unlock()
	if start {
		go monitorLoop() // often: it allocates nothing
	}
}

// monitorSleep sleeps for tick, or until a port is added if tick is long. time.Sleep would allocate,
// the first time that a goroutine calls it. What is short is exact only where packets wait for workers that block:
// elsewhere nobody could tell the difference, but for what it costs.
func monitorSleep(tick time.Duration, exact bool) {
	if tick < maxTick && exact && sleepExactly(tick) {
		return
	}
	if tick <= maxTick {
		monitor.timer.Reset(tick)
		<-monitor.timer.C
		return
	}
	monitor.Lock()
	if monitor.asleep = !monitor.fresh; !monitor.asleep {
		monitor.Unlock()
		return
	}
	monitor.Unlock()
	monitor.timer.Reset(tick)
	select {
	case <-monitor.timer.C:
	case <-monitor.wake:
	}
	monitor.Lock()
	if !monitor.asleep { // woken; perhaps just after the timer
		select {
		case <-monitor.wake:
		default:
		}
	}
	monitor.asleep = false
	monitor.Unlock()
}

func monitorLoop() {
	tick := minTick
	var few [8]monitored
	ports := few[:0]
	var last look
	for {
		monitor.Lock()
		exact := last.blocks || monitor.blocks
		monitor.blocks = false
		monitor.Unlock()
		monitorSleep(tick, exact)
		monitor.Lock()
		ports = append(ports[:0], monitor.ports...)
		if monitor.fresh {
			monitor.fresh, tick = false, minTick
		}
		monitor.Unlock()
		last = monitorRound(ports)
		clear(ports)
		if monitorDone() {
			return
		}
		limit := loneTick
		switch {
		case last.blocks:
			limit = blockTick
		case last.waiters:
			limit = maxTick
		}
		if last.acted {
			tick = minTick
		} else {
			tick = min(2*tick, limit)
		}
	}
}

// monitorRound looks at the ports and returns what holds for any of them.
func monitorRound(ports []monitored) (all look) {
	for _, p := range ports {
		l := p.check()
		all.acted = all.acted || l.acted
		all.waiters = all.waiters || l.waiters
		all.blocks = all.blocks || l.blocks
		if !l.keep {
			monitor.Lock()
			if i := slices.Index(monitor.ports, p); i >= 0 {
				monitor.ports = slices.Delete(monitor.ports, i, i+1)
			}
			monitor.Unlock()
		}
	}
	return all
}

func monitorDone() bool {
	monitor.Lock()
	defer monitor.Unlock()
	if len(monitor.ports) > 0 {
		return false
	}
	monitor.running = false
	return true
}

// unlockMonitored unlocks, after calling the monitor if the port needs it. Whatever may
// have put something at risk ends with it.
func (p *Port[P]) unlockMonitored() {
	if len(p.awaited) > 0 {
		p.checkIdle()
	}
	if p.onMonitor || !p.atRisk() {
		p.mu.Unlock()
		return
	}
	p.onMonitor, p.monitorMoves, p.quietSince = true, p.moves, 0
	blocks := p.blocks > 0
	p.mu.Unlock()
	if p.bubble {
		p.lookout.begin(p)
	} else {
		monitorAdd(p, blocks)
	}
}

// Settle unlocks after Deliver, Queue or Cancel at the source.
func (p *Port[P]) Settle() { p.unlockMonitored() }

// atRisk: see the list above.
func (p *Port[P]) atRisk() bool {
	if p.src == nil {
		return p.packets.n > 0 && p.top != nil && len(p.running) > 0
	}
	if p.lazy && p.newest() == nil {
		return false
	}
	if p.src.Pending() > 0 && !p.busy || p.watcher == nil && p.src.Held() > 0 {
		return true
	}
	if len(p.running) == 0 {
		return false
	}
	if p.watcher != nil {
		// What waits on a running worker's thread is out of the watcher's sight.
		return p.src.InFlight() > 0 || p.packets.n > 0
	}
	return p.top != nil && (p.packets.n > 0 || p.src.InFlight() > 0)
}

// check is one look at a port. As long as workers leave Get it only sees to it that those who
// block meanwhile do not keep their slots; the rest is theirs.
func (p *Port[P]) check() (l look) {
	var suspects [16]*Worker[P]
	n, nudge := 0, false
	p.mu.Lock()
	p.stats.Looks++
	p.blocks = max(p.blocks-1, 0)
	l.waiters = p.newest() != nil
	quiet := p.moves == p.monitorMoves
	if quiet {
		l.acted = p.rescue()
		nudge = p.src != nil && p.src.InFlight() > 0 && p.src.Work()
		l.acted = l.acted || nudge
	} else {
		p.monitorMoves, p.quietSince = p.moves, 0
	}
	freed := false
	switch {
	case p.newest() == nil:
	case quiet || p.packets.n > 0:
		freed, n = p.relieve(quiet, suspects[:])
	case p.backlog() > 0 && p.discount(): // without that it is for those which come back
		p.stall(true)
		freed = true
	}
	l.acted = l.acted || freed
	src := p.src
	p.nudging = nudge
	p.mu.Unlock()
	if nudge {
		src.Nudge()
	}
	for _, w := range suspects[:n] {
		l.acted = p.settle(w) || l.acted
	}
	p.mu.Lock()
	p.nudging = false
	l.keep, l.blocks = p.failed == nil && p.atRisk(), p.blocks > 0
	p.onMonitor = l.keep
	naps := l.blocks && !p.naps && !p.closed && !p.bubble
	p.naps = p.naps || naps
	if len(p.awaited) > 0 {
		p.checkIdle() // what was reaped may have been the last, and made no packet
	}
	p.mu.Unlock()
	if naps {
		needNaps()
	}
	return l
}

// rescue does for the source of a quiet port what its running workers do not. Locked.
func (p *Port[P]) rescue() (acted bool) {
	if p.src == nil {
		return false
	}
	if p.src.Pending() > 0 && !p.busy {
		p.stats.Flushes++
		acted = p.enter(false)
	}
	if p.src.Held() > 0 && p.src.Ready() > 0 {
		p.gather()
		acted = true
		if p.src.Pending() > 0 {
			p.enter(false)
		}
	}
	return acted
}

// relieve frees the slots of running workers that do not run, and gives them to waiters.
// Locked. suspects are the running workers whose state only the kernel, or time, can tell.
func (p *Port[P]) relieve(quiet bool, suspects []*Worker[P]) (acted bool, n int) {
	acted = p.discount()
	if len(p.running) < p.max {
		if p.backlog() > 0 {
			p.stall(acted)
			acted = true
		}
		if quiet {
			p.promote()
		}
		return acted, 0
	}
	if !worker.Known() {
		return quiet && p.guess() || acted, 0
	}
	for _, w := range p.running {
		if n < len(suspects) && !w.waking.Load() && waits(w.id.State()) {
			suspects[n] = w
			n++
		}
	}
	return acted, n
}

// stall releases waiters for packets that no running worker has come for; blocked: since one was blocked. Locked.
func (p *Port[P]) stall(blocked bool) {
	p.stats.Stalls++
	if !blocked {
		p.release(1)
		return
	}
	p.blocks = blocksFor
	p.release(p.max)
}

func waits(s worker.State) bool { return s == worker.Syscall || s == worker.SysWait }

// guess is for platforms where the state of a goroutine cannot be read: after unknownAfter
// without a dequeue, one running worker is taken for blocked. Locked.
func (p *Port[P]) guess() bool {
	now := nanotime()
	if p.quietSince == 0 {
		p.quietSince = now
	}
	if now-p.quietSince < int64(unknownAfter) || p.backlog() == 0 {
		return false
	}
	p.quietSince = 0
	p.block(p.running[0])
	p.release(1)
	return true
}

// settle finds out, without the lock, whether w really waits, and frees its slot if so.
func (p *Port[P]) settle(w *Worker[P]) bool {
	state := w.id.State()
	if state == worker.Syscall {
		if tid := w.id.Thread(); tid != 0 {
			if waiting, known := worker.ThreadWaiting(tid); known && !waiting {
				return false
			}
		}
	}
	p.mu.Lock()
	defer p.unlockMonitored()
	if w.port.Load() != p || w.state != wRunning || w.waking.Load() || w.id.State() != state {
		return false
	}
	if state != worker.Syscall {
		now := nanotime()
		if w.sysSince == 0 {
			w.sysSince = now
		}
		if !waits(state) || now-w.sysSince < int64(sysWaitAfter) {
			return false
		}
	}
	p.block(w)
	if p.backlog() > 0 {
		p.stall(true)
	}
	p.promote()
	return true
}
