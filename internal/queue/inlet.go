// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"sync/atomic"

	"iocp/internal/release"
)

// inlet is where Post appends while it has nothing else to do: nobody waits, there is no
// source, the port is not closed. It has a lock of its own, so that those who post and those
// who take, on different processors, do not stand in each other's way.
//
// Whoever holds the port's lock may open and shut the inlet. While it is shut, the queue is
// guarded by the port's lock alone. While it is open, the slots of the last block from the
// tail on belong to the inlet, and everything else to the holder of the port's lock, who
// learns by refresh how far the tail has come. He may do so as late as he likes: a packet he
// has not seen is one that came after what he does. But he must shut the inlet before
// anything depends on there being no more: before a worker parks (C02), a source comes (D08)
// or the port closes (J14). So a packet in the inlet never has to be handed over.
type inlet[P any] struct {
	_    [cacheLine]byte
	word atomic.Uint32 // tail * inletStep, inletOpen, inletBusy; zero: shut
	last *block[P]     // of the fifo, while the inlet is open
	_    [cacheLine]byte
}

const cacheLine = 64

const (
	inletBusy uint32 = 1 << iota // locked
	inletOpen                    // otherwise nobody locks it
	inletStep                    // one slot
)

// isOpen may be asked by anybody. The answer stays true only while the port's lock is held.
func (in *inlet[P]) isOpen() bool { return in.word.Load()&inletOpen != 0 }

// append appends *k, if the inlet is open and has room.
func (in *inlet[P]) append(k *P) bool {
	v := in.word.Load()
	if v&(inletOpen|inletBusy) != inletOpen || !in.word.CompareAndSwap(v, v|inletBusy) {
		if v = in.lock(); v&inletOpen == 0 {
			return false
		}
	}
	tail := v / inletStep
	if tail == blockSize {
		release.Store(&in.word, v)
		return false
	}
	in.last.slots[tail] = *k
	release.Store(&in.word, v+inletStep)
	return true
}

// lock locks the inlet unless it is shut, and returns its word.
//
//go:noinline
func (in *inlet[P]) lock() uint32 {
	for s := (spin{}); ; s.wait() {
		v := in.word.Load()
		if v&inletOpen == 0 || v&inletBusy == 0 && in.word.CompareAndSwap(v, v|inletBusy) {
			return v
		}
	}
}

// open opens the inlet of a port without source and waiters, after a push. Locked.
func (p *Port[P]) open() {
	p.inlet.last = p.packets.tail
	release.Store(&p.inlet.word, uint32(p.packets.end)*inletStep|inletOpen)
}

// shut shuts the inlet. It reports whether packets had come that were not known of. Locked.
func (p *Port[P]) shut() (came bool) {
	if !p.inlet.isOpen() {
		return false
	}
	v := p.inlet.lock()
	came = p.known(v)
	p.inlet.last = nil
	release.Store(&p.inlet.word, 0)
	return came
}

// refresh makes what was posted through the inlet known to the queue. Locked.
func (p *Port[P]) refresh() {
	if v := p.inlet.word.Load(); v&inletOpen != 0 {
		p.known(v)
	}
}

// known advances the queue to the tail in the inlet's word v.
func (p *Port[P]) known(v uint32) bool {
	n := int(v/inletStep) - p.packets.end
	p.packets.added(n)
	p.stats.Posted += uint64(n)
	return n > 0
}
