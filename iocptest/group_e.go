// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"io"
	"time"

	"iocp"
)

// groupE: taking several packets at once.
var groupE = []rule{
	{id: "E01", run: batchTakesUpTo},
	{id: "E02", part: "queued", run: batchDoesNotWaitToFill},
	{id: "E02", part: "waiting", run: waitingBatchReturnsWithOne},
	{id: "E03", part: "queued", run: wokenBatchTakesBurst},
	{id: "E03", part: "posted", run: batchTakesPostedBurst},
	{id: "E04", run: batchTimesOut},
	{id: "E05", run: emptyBatch},
	{id: "E06", run: failuresInBatch},
	{id: "E07", run: entryLayout},
	{id: "E11", run: closeEndsBatches},
	{id: "E12", run: batchFromClosedPort},
	{id: "E13", run: nilBatch},
}

// batch takes up to size packets here and now.
func (s *scene) batch(p *iocp.Port, size int) []iocp.Completion {
	s.t.Helper()
	buf := make([]iocp.Completion, size)
	n, err := p.GetBatch(buf, 0)
	s.must(err, "GetBatch")
	s.check(0 < n && n <= size, "GetBatch gives %d packets into a buffer for %d", n, size)
	return buf[:n]
}

// E01: up to as many as fit, in order.
func batchTakesUpTo(s *scene) {
	p := s.port(1)
	for i := range 6 {
		s.must(p.Post(iocp.Completion{Key: i, Bytes: int64(10 * i)}), "posting")
	}
	first, second := s.batch(p, 4), s.batch(p, 4)
	s.check(len(first) == 4 && len(second) == 2, "6 packets come as %d and %d, want 4 and 2", len(first), len(second))
	for i, c := range append(first, second...) {
		s.same(c, nil, i, int64(10*i), nil)
	}
	s.none(p)
}

// E02: one packet is enough.
func batchDoesNotWaitToFill(s *scene) {
	p := s.port(1)
	s.post(p, 1)
	s.worker("W").batch(p, 10, iocp.Infinite).gets(1)
}

// E02: for one who waits, too.
func waitingBatchReturnsWithOne(s *scene) {
	p := s.port(1)
	c := s.worker("W").batch(p, 10, iocp.Infinite).parks(p, 1)
	s.post(p, 1)
	c.gets(1)
}

// E03: who is woken takes what else is queued by then. The three packets can be queued
// beside a waiter because another worker holds the only slot.
func wokenBatchTakesBurst(s *scene) {
	p, q := s.port(1), s.port(1)
	a, b := s.worker("A"), s.worker("B")
	a.get(p, 0).fails(iocp.ErrTimeout)
	c := b.batch(p, 8, iocp.Infinite).parks(p, 1)
	for i := range 3 {
		s.post(p, i)
	}
	s.keeps(p, 3, 1, 1)
	a.get(q, 0).fails(iocp.ErrTimeout)
	c.gets(0, 1, 2)
	s.counts(p, 0, 0, 1)
}

// E03: of three packets that are posted to a waiter one after the other he gets as many as
// have come when he wakes up: at least sometimes more than the first.
func batchTakesPostedBurst(s *scene) {
	const rounds = 300
	p := s.port(1)
	w := s.worker("W")
	most := 0
	for range rounds {
		c := w.batch(p, 8, iocp.Infinite).parks(p, 1)
		for i := range 3 {
			s.post(p, i)
		}
		most = max(most, len(c.await().packets))
		for due := 0; ; c = w.batch(p, 8, iocp.Infinite) {
			s.must(c.await().err, "GetBatch")
			for _, k := range c.packets {
				s.same(k, nil, due, 0, nil)
				due++
			}
			if due == 3 {
				break
			}
		}
	}
	s.check(most > 1, "in %d rounds a woken GetBatch never took more than one of three packets", rounds)
}

// E04: a timeout gives nothing.
func batchTimesOut(s *scene) {
	p := s.port(1)
	buf := make([]iocp.Completion, 2)
	for _, d := range []time.Duration{0, 20 * time.Millisecond} {
		start := time.Now()
		n, err := p.GetBatch(buf, d)
		s.check(n == 0 && errors.Is(err, iocp.ErrTimeout), "GetBatch on an empty port: %d, %v; want 0, ErrTimeout", n, err)
		s.check(time.Since(start) >= d, "GetBatch gave up after %v, before %v", time.Since(start), d)
	}
}

// E05: a buffer for nothing is a mistake; the queue is untouched.
func emptyBatch(s *scene) {
	p := s.port(1)
	s.post(p, 1)
	for _, buf := range [][]iocp.Completion{nil, {}} {
		n, err := p.GetBatch(buf, iocp.Infinite)
		s.check(n == 0 && errors.Is(err, iocp.ErrInvalidParameter), "GetBatch without room: %d, %v; want 0, ErrInvalidParameter", n, err)
	}
	s.check(p.Len() == 1, "%d packets are queued, want 1", p.Len())
	s.expect(p, nil, 1, 0, nil)
}

// E06: packets of failures are part of a success.
func failuresInBatch(s *scene) {
	p := s.port(1)
	f := s.file(p, "file", "abc")
	var o op
	s.must(f.Read(&o, make([]byte, 3), 3), "Read")
	s.settled(&o)
	s.post(p, 2)
	got := s.batch(p, 4)
	s.check(len(got) == 2, "GetBatch gives %v, want the failure and the success", got)
	s.same(got[0], &o, "file", 0, io.EOF)
	s.same(got[1], nil, 2, 0, nil)
}

// E07: an entry is what Get would have returned.
func entryLayout(s *scene) {
	p := s.port(1)
	o := new(op)
	failure := errors.New("failure")
	s.must(p.Post(iocp.Completion{Op: o, Key: "key", Bytes: 1 << 40, Err: failure}), "posting")
	s.same(s.batch(p, 1)[0], o, "key", 1<<40, failure)
}

// E11: closing the port ends waiting batches, alone or among others (B04).
func closeEndsBatches(s *scene) {
	p := s.port(1)
	a := s.worker("A").batch(p, 4, iocp.Infinite).parks(p, 1)
	b := s.worker("B").batch(p, 4, stepLimit).parks(p, 2)
	s.must(p.Close(), "closing the port")
	for _, c := range []*call{a, b} {
		c.fails(iocp.ErrClosed)
		s.check(len(c.packets) == 0, "GetBatch fails and gives %v", c.packets)
	}
}

// E12: a closed port.
func batchFromClosedPort(s *scene) {
	p := s.port(1)
	s.post(p, 1)
	s.must(p.Close(), "closing the port")
	n, err := p.GetBatch(make([]iocp.Completion, 4), iocp.Infinite)
	s.check(n == 0 && errors.Is(err, iocp.ErrClosed), "GetBatch on a closed port: %d, %v; want 0, ErrClosed", n, err)
}

// E13: no buffer on an empty port is E05, not a timeout.
func nilBatch(s *scene) {
	p := s.port(1)
	for _, d := range []time.Duration{0, iocp.Infinite} {
		n, err := p.GetBatch(nil, d)
		s.check(n == 0 && errors.Is(err, iocp.ErrInvalidParameter), "GetBatch(nil): %d, %v; want 0, ErrInvalidParameter", n, err)
	}
	s.check(p.Stats().Waiting == 0, "somebody waits")
}
