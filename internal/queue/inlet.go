// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "sync/atomic"

// inlet is where Post appends while it has nothing else to do: nobody waits, there is no
// source, the port is not closed. It has a lock of its own, so that those who post and those
// who take, on different processors, do not stand in each other's way.
//
// Whoever holds the port's lock may open and shut the inlet. While it is shut, the queue is
// guarded by the port's lock alone. While it is open, slots from the tail on belong to the
// inlet, and those before it to the holder of the port's lock, who learns by refresh how far
// the tail has come. He may do so as late as he likes: a packet he has not seen is one that
// came after what he does. But he must shut the inlet before anything depends on there
// being no more: before a worker parks (C02), a source comes (D08) or the port closes (J14).
// So a packet in the inlet never has to be handed over.
type inlet[P any] struct {
	_    [cacheLine]byte
	word atomic.Uint32 // tail * inletStep, inletShut, inletBusy
	room uint32        // slots that may be filled before somebody takes the port's lock
	buf  []P           // that of the fifo, while the inlet is open
	_    [cacheLine]byte
}

const cacheLine = 64

const (
	inletBusy uint32 = 1 << iota // locked
	inletShut                    // nobody locks it
	inletStep                    // the tail above counts modulo 2^30

	inletSlots = 1 << 28 // a longer queue has no inlet
)

// isOpen may be asked by anybody. The answer stays true only while the port's lock is held.
func (in *inlet[P]) isOpen() bool { return in.word.Load()&inletShut == 0 }

// append appends *k, if the inlet is open and has room.
func (in *inlet[P]) append(k *P) bool {
	v := in.word.Load()
	if v&(inletShut|inletBusy) != 0 || !in.word.CompareAndSwap(v, v|inletBusy) {
		if v = in.lock(); v&inletShut != 0 {
			return false
		}
	}
	if in.room == 0 {
		release(&in.word, v)
		return false
	}
	in.room--
	in.buf[v/inletStep&uint32(len(in.buf)-1)] = *k
	release(&in.word, v+inletStep)
	return true
}

// lock locks the inlet unless it is shut, and returns its word.
//
//go:noinline
func (in *inlet[P]) lock() uint32 {
	for s := (spin{}); ; s.wait() {
		v := in.word.Load()
		if v&inletShut != 0 || v&inletBusy == 0 && in.word.CompareAndSwap(v, v|inletBusy) {
			return v
		}
	}
}

// open opens the inlet of a port without source and waiters. Locked.
func (p *Port[P]) open() {
	f, in := &p.packets, &p.inlet
	if len(f.buf) > inletSlots {
		return
	}
	if f.n > len(f.buf)/2 {
		f.grow()
	}
	in.buf, in.room = f.buf, uint32(len(f.buf)-f.n)
	p.seen = f.head + uint32(f.n)
	release(&in.word, p.seen*inletStep)
}

// shut shuts the inlet. It reports whether packets had come that were not known of. Locked.
func (p *Port[P]) shut() (came bool) {
	if !p.inlet.isOpen() {
		return false
	}
	v := p.inlet.lock()
	came = p.known(v)
	p.inlet.buf = nil
	release(&p.inlet.word, v|inletShut)
	return came
}

// refresh makes what was posted through the inlet known to the queue. Locked.
func (p *Port[P]) refresh() {
	if v := p.inlet.word.Load(); v&inletShut == 0 {
		p.known(v)
	}
}

// known advances the queue to the tail in the inlet's word v.
func (p *Port[P]) known(v uint32) bool {
	n := (v/inletStep - p.seen) % (1 << 30)
	p.seen += n
	p.packets.n += int(n)
	p.stats.Posted += uint64(n)
	return n > 0
}
