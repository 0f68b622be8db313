// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "runtime"

// Blocking runs f, which may block, without holding the caller's slot: another worker is
// released at once (C05). When f returns the caller counts again without asking, so that
// the limit may be exceeded for a moment (C06). A goroutine that is no running worker of
// this port just runs f.
func (p *Port[P]) Blocking(f func()) {
	w := p.ws.Find()
	if w == nil || !p.lend(w) {
		f()
		return
	}
	defer p.takeBack(w)
	f()
}

func (p *Port[P]) lend(w *Worker[P]) bool {
	p.mu.Lock()
	outside := w.state == wRunning || w.state == wBlocked // seen blocked before, and runs again
	lent := w.port.Load() == p && outside && !w.lent
	if lent {
		if w.state == wRunning {
			p.block(w)
		}
		w.lent = true
		if p.src != nil {
			p.enter(false)
		}
		p.release(p.max)
		p.promote()
	}
	p.unlockMonitored()
	return lent
}

func (p *Port[P]) takeBack(w *Worker[P]) {
	p.mu.Lock()
	if w.port.Load() == p {
		w.lent = false
		if w.state == wBlocked {
			p.count(w)
		}
	}
	p.unlockMonitored()
}

// Leave ends the caller's association with the port: a goroutine that will take no more
// packets gives its slot back at once instead of when it is seen to have ended.
func (p *Port[P]) Leave() {
	if w := p.ws.Find(); w != nil && w.port.Load() == p {
		p.dissociate(w)
	}
}

// Serves reports whether the caller is a worker of the port.
func (p *Port[P]) Serves() bool {
	w := p.ws.Find()
	return w != nil && w.port.Load() == p
}

// Close wakes every waiter with ErrClosed and returns the packets nobody will get (J14). What
// the source brings from now on goes to nobody (J13): see Drive.
func (p *Port[P]) Close() (dropped []P) {
	p.mu.Lock()
	p.shut()
	p.closed = true
	p.evict(ErrClosed)
	for len(p.running) > 0 {
		p.forget(p.running[0])
	}
	for len(p.blocked) > 0 {
		p.forget(p.blocked[0])
	}
	dropped = make([]P, p.packets.n)
	p.packets.pop(dropped)
	naps := p.naps
	p.naps = false
	visitor := p.visits.end()
	p.mu.Unlock()
	if visitor != nil {
		visitor.Close()
	}
	if naps {
		leaveNaps()
	}
	return dropped
}

// Drive keeps the source of a closed port going: it gives what comes to sink, without the
// lock, until idle, called with it, says that nothing more will. One goroutine at a time.
func (p *Port[P]) Drive(idle func() bool, sink func([]P)) {
	var buf [64]P
	p.mu.Lock()
	for looked := false; ; {
		n := p.take(buf[:])
		switch {
		case n > 0:
			p.mu.Unlock()
			sink(buf[:n])
			clear(buf[:n])
			p.mu.Lock()
			looked = false
		case p.failed != nil || idle(): // after the last packet, which somebody else may have gathered
			p.mu.Unlock()
			return
		case p.src.Pending() > 0 || !looked && p.src.Work():
			// Work may stay true after an Enter: once a round is enough.
			if looked = true; !p.enter(true) || p.busy {
				p.yield()
			}
		case p.src.Ready() == 0:
			p.driveWait()
			looked = false
		default: // something came since then, which the kernel may hold back
			looked = false
		}
	}
}

func (p *Port[P]) yield() {
	p.mu.Unlock()
	runtime.Gosched()
	p.mu.Lock()
}

// driveWait watches for Drive. A worker that was watching when the port was closed may not
// have come back yet. The lock is held on entry and exit.
func (p *Port[P]) driveWait() {
	if p.inWatch {
		p.yield()
		return
	}
	p.inWatch, p.driving = true, true
	src := p.src
	p.mu.Unlock()
	src.Watch()
	p.mu.Lock()
	p.inWatch, p.driving = false, false
	if p.kicked {
		p.kicked = false
		src.Rearm()
	}
}

// Stir makes Drive look again at what it waits for. Locked.
func (p *Port[P]) Stir() {
	if p.driving && !p.kicked {
		p.kicked = true
		p.src.Wake()
	}
}
