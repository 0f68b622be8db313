// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"runtime"
	"sync/atomic"

	"iocp"
)

// pendingRecv is a receive in flight whose end the rule chooses.
type pendingRecv struct {
	op
	far far
}

// pending starts a receive on a connection of its own, with a key of its own.
func (s *scene) pending(p *iocp.Port, key int) *pendingRecv {
	s.t.Helper()
	c, far := s.conn(p, key)
	r := &pendingRecv{far: far}
	s.must(c.Recv(r, make([]byte, 8)), "Recv")
	return r
}

// complete ends the receive.
func (r *pendingRecv) complete(s *scene) {
	s.t.Helper()
	s.write(r.far, "x")
}

// C01: packets of operations go to the newest waiter like posted ones.
func releaseNewestForOperation(s *scene) {
	p := s.port(4)
	var ops []*pendingRecv
	for i := range 4 {
		ops = append(ops, s.pending(p, i))
	}
	var calls []*call
	for _, w := range s.crew("T1", "T2", "T3", "T4") {
		calls = append(calls, w.park(p))
	}
	for i := range 4 {
		ops[i].complete(s)
		calls[3-i].gets(i)
	}
}

// C03: at the limit the end of an operation releases nobody.
func limitKeepsCompletionsQueued(s *scene) {
	p := s.port(1)
	x, y := s.pending(p, 1), s.pending(p, 2)
	ws := s.crew("A", "B")
	a, b := ws[0].park(p), ws[1].park(p)
	x.complete(s)
	b.gets(1)
	y.complete(s)
	a.waits()
	s.check(p.Stats().Running == 1, "%d workers are counted, want 1", p.Stats().Running)
	ws[1].get(p, iocp.Infinite).gets(2)
	a.waits()
}

// C05: a worker that blocks makes room for the packet of an operation too.
func blockedFreesSlotForOperation(s *scene) {
	p := s.port(1)
	x, y := s.pending(p, 1), s.pending(p, 2)
	ws := s.crew("A", "B")
	a, b := ws[0].park(p), ws[1].park(p)
	x.complete(s)
	b.gets(1)
	y.complete(s)
	a.waits()
	resume := ws[1].block(channelReceive)
	a.gets(2)
	resume()
}

// C03: however posts, operations and calls fall together, the workers between two calls are
// never more than the limit allows, as long as none of them blocks.
func limitNeverExceeded(s *scene) {
	const limit, workers, packets = 2, 6, 3000
	p := s.port(limit)
	f := s.file(p, -1, "abc")
	var running, most, seen atomic.Int64
	for range workers {
		w := s.worker("W")
		w.do(func() {
			for {
				if _, err := p.Get(iocp.Infinite); err != nil {
					return
				}
				n := running.Add(1)
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				spin()
				running.Add(-1)
				seen.Add(1)
			}
		})
	}
	s.until(func() bool { return p.Stats().Waiting == workers }, "%d workers wait", workers)
	ops := make([]op, packets/10)
	for i := range packets {
		if i%10 == 0 {
			s.must(f.Read(&ops[i/10], make([]byte, 3), 0), "Read")
		} else {
			s.post(p, i)
		}
	}
	s.until(func() bool { return seen.Load() == packets }, "%d packets have been taken", packets)
	s.check(most.Load() <= limit, "%d workers ran at the same time, want at most %d", most.Load(), limit)
}

// spin is some work that does not block.
func spin() {
	n := 0
	for i := range 2000 {
		n += i * i
	}
	runtime.KeepAlive(n)
}
