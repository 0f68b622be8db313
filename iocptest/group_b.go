// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"context"
	"errors"
	"io"
	"math"
	"time"

	"iocp"
)

// groupB: taking a packet. See group_b_handle.go for closing and duplicating the port.
var groupB = []rule{
	{id: "B01", run: packetOfSuccess},
	{id: "B02", run: nothingDequeued},
	{id: "B03", run: packetOfFailure},
	{id: "B04", run: closeEndsWaits},
	{id: "B05", run: failedPacketWithoutOp},
	{id: "B06", run: zeroPolls},
	{id: "B07", run: timeoutNeverEarly},
	{id: "B08", run: cannot("a test cannot suspend the machine")},
	{id: "B09", run: negativeWaitsForever},
	{id: "B10", run: hugeTimeoutsWait},
	{id: "B11", run: outputsUntouched},
	{id: "B12", run: getFromClosedPort},
	{id: "B13", run: cannot("Go's types rule it out: only a *Port has the method Get")},
	{id: "B14", run: successWithoutOp},
	{id: "B15", part: "one-producer", run: fifoOneProducer},
	{id: "B15", part: "four-producers", run: fifoPerProducer},
	{id: "B16", part: "waiting", run: oneWakesOne},
	{id: "B16", part: "timeouts", run: oneWakesOneOthersTimeOut},
	{id: "B17", run: workersBelongToPorts},
	{id: "B23", run: duplicateSharesQueue},
	{id: "B24", run: closeOneOfTwo},
	{id: "B25", part: "posts", run: postThenClose},
	{id: "B25", part: "watched", run: postThenClose, watched: true},
	{id: "B26", run: cannot("a *Port is nothing to wait for except with Get; Len and Stats tell how many packets are queued")},
}

// B01: the packet of a success has everything in it, and Get no error.
func packetOfSuccess(s *scene) {
	p := s.port(1)
	f := s.file(p, "key", "hello")
	var o op
	s.must(f.Read(&o, make([]byte, 4), 1), "Read")
	c, err := p.Get(stepLimit)
	s.must(err, "Get")
	s.same(c, &o, "key", 4, nil)
}

// B02: when nothing is dequeued, Get says why and gives nothing.
func nothingDequeued(s *scene) {
	p := s.port(1)
	for _, d := range []time.Duration{0, time.Millisecond} {
		c, err := p.Get(d)
		s.check(errors.Is(err, iocp.ErrTimeout), "Get(%v) on an empty port: %v, want ErrTimeout", d, err)
		s.check(c == iocp.Completion{}, "Get(%v) times out and gives the packet %v", d, c)
	}
	s.must(p.Close(), "closing the port")
	c, err := p.Get(0)
	s.check(errors.Is(err, iocp.ErrClosed), "Get on a closed port: %v, want ErrClosed", err)
	s.check(c == iocp.Completion{}, "Get fails (%v) and gives the packet %v", err, c)
}

// B03: the packet of a failure has everything in it, its error too; Get itself succeeds.
func packetOfFailure(s *scene) {
	p := s.port(1)
	f := s.file(p, "file", "abc")
	var o1, o2 op
	s.must(f.Read(&o1, make([]byte, 4), 3), "Read")
	c, err := p.Get(stepLimit)
	s.must(err, "Get")
	s.same(c, &o1, "file", 0, io.EOF)

	conn, _ := s.conn(p, "conn")
	s.must(conn.Recv(&o2, make([]byte, 4)), "Recv")
	s.must(o2.Cancel(), "Cancel")
	c, err = p.Get(stepLimit)
	s.must(err, "Get")
	s.same(c, &o2, "conn", 0, iocp.ErrCanceled)
}

// B05: a packet with an error and without an operation cannot be mistaken for no packet.
func failedPacketWithoutOp(s *scene) {
	p := s.port(1)
	s.must(p.Post(iocp.Completion{Key: 1, Bytes: 5, Err: io.EOF}), "posting")
	c, err := p.Get(0)
	s.must(err, "Get")
	s.same(c, nil, 1, 5, io.EOF)
}

// B06: a poll does not sleep. Ten thousand sleeps of the shortest kind take longer.
func zeroPolls(s *scene) {
	p := s.port(1)
	start := time.Now()
	for range 10000 {
		_, err := p.Get(0)
		s.check(errors.Is(err, iocp.ErrTimeout), "Get(0) on an empty port: %v, want ErrTimeout", err)
	}
	took := time.Since(start)
	s.check(took < 10*time.Second, "10000 polls take %v", took)
	s.post(p, 1)
	c, err := p.Get(0)
	s.must(err, "Get(0) with a packet queued")
	s.same(c, nil, 1, 0, nil)
}

// timesOut checks that a wait of d ends in time, and never before it.
func (s *scene) timesOut(p *iocp.Port, d time.Duration) {
	s.t.Helper()
	start := time.Now()
	_, err := p.Get(d)
	took := time.Since(start)
	s.check(errors.Is(err, iocp.ErrTimeout), "Get(%v) on an empty port: %v, want ErrTimeout", d, err)
	s.check(took >= d, "Get(%v) gave up after %v, too early", d, took)
	s.check(took < d+stepLimit, "Get(%v) gave up after %v", d, took)
}

// B07: finite timeouts.
func timeoutNeverEarly(s *scene) {
	p := s.port(1)
	for _, d := range []time.Duration{1, 10, 50, 200, 50, 10, 1} {
		s.timesOut(p, d*time.Millisecond)
	}
}

// B09: a negative timeout waits as long as it takes.
func negativeWaitsForever(s *scene) {
	for _, d := range []time.Duration{iocp.Infinite, -time.Hour, math.MinInt64} {
		s.waitsFor(d)
	}
}

// B10: large timeouts neither have run out nor overflow. That they are finite takes
// longer than a test lasts.
func hugeTimeoutsWait(s *scene) {
	for _, d := range []time.Duration{0xFFFFFFFE * time.Millisecond, 0x80000000 * time.Millisecond, math.MaxInt64} {
		s.waitsFor(d)
	}
}

// waitsFor checks that a worker waits with this timeout until a packet comes.
func (s *scene) waitsFor(d time.Duration) {
	s.t.Helper()
	p := s.port(1)
	c := s.worker(d.String()).get(p, d).parks(p, 1)
	c.waits()
	s.post(p, 1)
	c.gets(1)
}

// B11: a call that fails does not touch the caller's memory.
func outputsUntouched(s *scene) {
	p := s.port(1)
	mark := iocp.Completion{Op: new(op), Key: "mark", Bytes: 42, Err: io.EOF}
	check := func(when string) {
		buf := []iocp.Completion{mark, mark}
		n, err := p.GetBatch(buf, 0)
		s.check(n == 0 && err != nil, "GetBatch %s: %d, %v", when, n, err)
		s.check(buf[0] == mark && buf[1] == mark, "GetBatch %s writes %v", when, buf)
	}
	check("on an empty port")
	s.must(p.Close(), "closing the port")
	check("on a closed port")
}

// B14: a success need not have an operation.
func successWithoutOp(s *scene) {
	p := s.port(1)
	s.must(p.Post(iocp.Completion{}), "posting")
	c, err := p.Get(0)
	s.must(err, "Get")
	s.same(c, nil, nil, 0, nil)
	s.none(p)
}

// B15: packets come out in the order in which they went in.
func fifoOneProducer(s *scene) {
	p := s.port(1)
	for i := range 1000 {
		s.post(p, i)
	}
	for i := range 1000 {
		s.expect(p, nil, i, 0, nil)
	}
}

// B15: of several producers, each one's order is kept.
func fifoPerProducer(s *scene) {
	const producers, each = 4, 1000
	p := s.port(1)
	for i := range producers {
		w := s.worker("producer")
		w.do(func() {
			for n := range each {
				p.Post(iocp.Completion{Key: i, Bytes: int64(n)})
			}
		})
	}
	var next [producers]int64
	for range producers * each {
		c := s.next(p)
		from := c.Key.(int)
		s.check(c.Bytes == next[from], "packet %d of producer %d comes when %d is due", c.Bytes, from, next[from])
		next[from]++
	}
	s.none(p)
}

// B16: one packet wakes one waiter, and the others go on waiting.
func oneWakesOne(s *scene) {
	const waiters = 20
	p := s.port(waiters)
	calls := make([]*call, waiters)
	for i := range calls {
		calls[i] = s.worker("waiter").park(p)
	}
	s.post(p, 1)
	s.counts(p, 0, waiters-1, 1)
	done := func() (n int) {
		for _, c := range calls {
			if c.done.Load() {
				n++
			}
		}
		return n
	}
	s.until(func() bool { return done() == 1 }, "one waiter has the packet")
	s.stays(func() bool { return done() == 1 && p.Stats().Waiting == waiters-1 }, "one waiter has the packet, %d wait", waiters-1)
}

// B16: those who get nothing time out. On a busy machine the time may be up for all of them before
// the packet comes, which shows nothing, so they are given more.
func oneWakesOneOthersTimeOut(s *scene) {
	const waiters = 20
	for d := 8 * s.quiet; ; d *= 2 {
		p := s.port(waiters)
		calls := make([]*call, waiters)
		for i := range calls {
			calls[i] = s.worker("waiter").get(p, d)
		}
		s.until(func() bool { return p.Stats().Waiting == waiters || calls[0].done.Load() }, "the waiters wait")
		s.post(p, 1)
		got := 0
		for _, c := range calls {
			c.await()
			if c.err == nil {
				got++
				continue
			}
			s.check(errors.Is(c.err, iocp.ErrTimeout), "a waiter without a packet: %v, want ErrTimeout", c.err)
		}
		if got == 1 {
			s.check(p.Len() == 0, "one waiter got the one packet, and %d are queued", p.Len())
			return
		}
		s.check(got == 0 && p.Len() == 1, "%d waiters got the one packet, of which %d are queued", got, p.Len())
		s.check(d < stepLimit, "no waiter got the packet, although all of them wait for %v", d)
	}
}

// B17: a worker belongs to the port it last called, from its first call until it ends, calls
// another port or the port is closed. What this does to waiters is group C.
func workersBelongToPorts(s *scene) {
	p, q := s.port(2), s.port(2)
	w := s.worker("W")
	s.counts(p, 0, 0, 0)
	w.get(p, 0).fails(iocp.ErrTimeout)
	s.counts(p, 0, 0, 1)
	w.get(q, 0).fails(iocp.ErrTimeout)
	s.counts(p, 0, 0, 0)
	s.counts(q, 0, 0, 1)
	s.must(q.Close(), "closing the port")
	s.post(p, 1)
	w.get(p, 0).gets(1)
	s.counts(p, 0, 0, 1)
	c := w.getContext(context.Background(), p).parks(p, 1)
	s.counts(p, 0, 1, 0)
	s.post(p, 2)
	c.gets(2)
	w.exit()
	// A worker that has ended gives its place to the next one in need of it.
	keeper, waiter := s.worker("keeper"), s.worker("waiter")
	keeper.get(p, 0).fails(iocp.ErrTimeout)
	c = waiter.park(p)
	s.post(p, 3)
	c.gets(3)
}
