// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

// Post queues a packet, or hands it to a waiter if the concurrency value allows (C02). It
// never blocks, and the posting goroutine is not counted (C11).
func (p *Port[P]) Post(k P) error { return p.PostFrom(&k) }

// PostFrom is Post of *k, which is copied once only.
func (p *Port[P]) PostFrom(k *P) error {
	if p.inlet.isOpen() && p.inlet.append(k) {
		return nil
	}
	return p.post(k)
}

// post is PostFrom where there is more to do than to append.
func (p *Port[P]) post(k *P) error {
	p.mu.Lock()
	if p.src != nil && p.src.Ready() > 0 && !p.closed {
		p.gatherAll()
	}
	if err := p.ended(); err != nil {
		p.mu.Unlock()
		return err
	}
	if p.src == nil {
		p.shut()
	}
	p.stats.Posted++
	w := p.newest()
	if w == nil {
		p.packets.push(*k)
		if p.src == nil {
			p.open()
		}
		p.unlockMonitored() // what was gathered may have queued requests
		return nil
	}
	p.look()
	if len(p.running) < p.max && p.packets.n == 0 {
		p.handOver(w, *k)
		return nil
	}
	p.packets.push(*k)
	p.release(p.max)
	p.unlockMonitored()
	return nil
}

// Deliver is Post for a packet that ends an operation without the kernel's help. Locked. It
// is taken also by a closed port, whose packets go to nobody (J13).
func (p *Port[P]) Deliver(k P) {
	p.gather()
	p.shut()
	p.packets.push(k)
	p.Stir()
	if p.newest() != nil {
		p.look()
		p.release(p.max)
	}
}

// look brings the count up to date before a packet is given to a waiter or kept from it. At
// the limit it looks for the first packet, and then at every 16th Post: the monitor looks too.
func (p *Port[P]) look() {
	due := p.packets.n == 0 || p.tick&15 == 0
	if due || len(p.running) < p.max {
		p.recount()
	}
	if due && len(p.running) >= p.max {
		p.discount()
	}
	p.tick++
}

// handOver gives k to the waiter w without touching the queue, and unlocks.
func (p *Port[P]) handOver(w *Worker[P], k P) {
	w.buf[0] = k
	w.n, w.err = 1, nil
	stacked := p.give(w)
	p.count(w)
	p.moves++
	p.stats.Handoffs++
	p.mu.Unlock()
	if stacked {
		w.sema <- struct{}{}
	}
}
