// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

// The model is the algorithm of NT's queue object as one thread would run it, with nothing
// but slices: KeInsertQueue, KeRemoveQueue and KiActivateWaiterQueue, and the bookkeeping
// of the scheduler around waits. It shares no code and no cleverness with the port.

type modelPort struct {
	max, cur int
	packets  []int
	waiters  []*modelWorker // the last is the newest
	closed   bool
}

type modelWorker struct {
	port    *modelPort
	waiting bool
	counted bool // against port.cur
	want    int  // packets of the Get it waits in
	got     []int
	err     error
}

// insert is KeInsertQueue (C02, C03).
func (p *modelPort) insert(k int) {
	p.packets = append(p.packets, k)
	p.activate()
}

// activate is KiActivateWaiterQueue: the newest waiter gets the oldest packets while the
// concurrency value allows (C01, C05, C12, C14).
func (p *modelPort) activate() {
	for p.cur < p.max && len(p.packets) > 0 && len(p.waiters) > 0 {
		w := p.waiters[len(p.waiters)-1]
		p.waiters = p.waiters[:len(p.waiters)-1]
		w.waiting = false
		w.count()
		w.takes()
	}
}

func (w *modelWorker) takes() {
	n := min(w.want, len(w.port.packets))
	w.got, w.err = w.port.packets[:n:n], nil
	w.port.packets = w.port.packets[n:]
}

func (w *modelWorker) count() {
	w.counted = true
	w.port.cur++
}

func (w *modelWorker) uncount() {
	if w.counted {
		w.counted = false
		w.port.cur--
	}
}

// remove is KeRemoveQueue. It reports whether the Get is over; w.got and w.err tell how.
func (w *modelWorker) remove(p *modelPort, want int, poll bool) bool {
	w.got, w.err = nil, nil
	if w.port != nil && w.port != p {
		w.leave() // C08
	}
	if p.closed {
		w.uncount()
		w.port, w.err = nil, ErrClosed
		return true
	}
	w.port, w.want = p, want
	w.uncount()
	switch {
	case p.cur < p.max && len(p.packets) > 0: // C04, C13
		w.takes()
	case poll:
		w.err = ErrTimeout // C09
	default:
		p.waiters = append(p.waiters, w)
		w.waiting = true
		return false
	}
	w.count() // C10
	return true
}

// giveUp ends a wait without a packet (C10).
func (w *modelWorker) giveUp(err error) {
	p := w.port
	for i, o := range p.waiters {
		if o == w {
			p.waiters = append(p.waiters[:i:i], p.waiters[i+1:]...)
			break
		}
	}
	w.waiting, w.got, w.err = false, nil, err
	w.count()
}

// block: a wait elsewhere frees the slot (C05).
func (w *modelWorker) block() {
	if w.port != nil {
		w.uncount()
		w.port.activate()
	}
}

// resume: the worker counts again without asking (C06).
func (w *modelWorker) resume() {
	if w.port != nil && !w.counted {
		w.count()
	}
}

// leave: the worker ends or goes elsewhere (C07, C08).
func (w *modelWorker) leave() {
	if p := w.port; p != nil {
		w.uncount()
		w.port = nil
		p.activate()
	}
}

// close wakes everybody and forgets everything (B04, J14). all are the workers there are.
func (p *modelPort) close(all []*modelWorker) (dropped int) {
	for _, w := range p.waiters {
		w.waiting, w.got, w.err = false, nil, ErrClosed
	}
	for _, w := range all {
		if w.port == p {
			w.counted, w.port = false, nil
		}
	}
	dropped = len(p.packets)
	p.waiters, p.packets, p.cur, p.closed = nil, nil, 0, true
	return dropped
}
