// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"io"
	"math"

	"iocp"
)

// groupD: posting.
var groupD = []rule{
	{id: "D01", part: "values", run: postVerbatim},
	{id: "D01", part: "again", run: postAgain},
	{id: "D02", part: "finished", run: postLeavesResult},
	{id: "D02", part: "in-flight", run: postLeavesOperation},
	{id: "D03", run: postSucceeds},
	{id: "D04", run: postToNoPort},
	{id: "D05", run: postToClosedPort},
	{id: "D06", run: cannot("Go's types rule it out: a *Port has no access rights")},
	{id: "D07", run: postReleasesNewestOnly},
	{id: "D08", part: "seen", run: arrivalOrder},
	{id: "D08", part: "unseen", run: arrivalOrderUnseen},
	{id: "D09", run: noDepthLimit},
	{id: "D10", run: pingPong},
	{id: "D11", run: depth},
	{id: "D13", run: postAfterLastClose},
}

// D01: what is posted comes back, all of it, and nothing is checked.
func postVerbatim(s *scene) {
	p := s.port(1)
	failure := errors.New("any error at all")
	for _, c := range []iocp.Completion{
		{},
		{Key: "key"},
		{Op: new(op), Key: 1, Bytes: 0xFFFFFFFF},
		{Bytes: -1},
		{Bytes: math.MaxInt64, Err: failure},
		{Bytes: math.MinInt64, Err: io.EOF},
		{Op: new(op), Err: iocp.ErrTimeout},
		{Op: new(op), Err: iocp.ErrClosed},
	} {
		s.must(p.Post(c), "posting")
		got, err := p.Get(0)
		s.must(err, "Get")
		s.check(got == c, "posted %v, got %v", c, got)
	}
}

// D01: a packet that was dequeued may be posted again, an operation's too.
func postAgain(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "abc")
	var o op
	s.must(f.Read(&o, make([]byte, 3), 0), "Read")
	c := s.next(p)
	s.same(c, &o, 1, 3, nil)
	for range 3 {
		s.must(p.Post(c), "posting")
		c = s.next(p)
		s.same(c, &o, 1, 3, nil)
	}
	s.must(f.Read(&o, make([]byte, 2), 0), "Read with an operation that was posted")
	s.expect(p, &o, 1, 2, nil)
	s.none(p)
}

// D02: a posted packet does not write the operation it names.
func postLeavesResult(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "abc")
	var o op
	s.must(f.Read(&o, make([]byte, 3), 0), "Read")
	s.expect(p, &o, 1, 3, nil)
	s.must(p.Post(iocp.Completion{Op: &o, Bytes: 99, Err: io.EOF}), "posting")
	s.check(!o.InFlight(), "an operation that was only posted is in flight")
	s.expect(p, &o, nil, 99, io.EOF)
	n, err := o.Result()
	s.check(n == 3 && err == nil, "the result is %d, %v after a post, want that of the operation: 3, nil", n, err)
}

// D02: nor does it end, or free, an operation in flight.
func postLeavesOperation(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.must(p.Post(iocp.Completion{Op: &o, Key: 2, Bytes: 99}), "posting")
	s.expect(p, &o, 2, 99, nil)
	s.check(o.InFlight(), "taking a posted packet ended the operation it names")
	s.check(incomplete(&o), "taking a posted packet completed the operation it names")
	s.write(far, "abc")
	s.expect(p, &o, 1, 3, nil)
}

// D03: a post succeeds, and so does what comes out.
func postSucceeds(s *scene) {
	p := s.port(1)
	s.must(p.Post(iocp.Completion{Key: 1, Bytes: 2}), "posting")
	c, err := p.Get(0)
	s.must(err, "Get")
	s.same(c, nil, 1, 2, nil)
}

// D04: a port that NewPort did not make is an invalid handle, also for Get and Associate.
func postToNoPort(s *scene) {
	for name, p := range map[string]*iocp.Port{"nil": nil, "the zero value": new(iocp.Port)} {
		err := p.Post(iocp.Completion{})
		s.check(errors.Is(err, iocp.ErrInvalidHandle), "posting to %s: %v, want ErrInvalidHandle", name, err)
	}
}

// D05: a closed port.
func postToClosedPort(s *scene) {
	p := s.port(1)
	s.must(p.Close(), "closing the port")
	err := p.Post(iocp.Completion{})
	s.check(errors.Is(err, iocp.ErrClosed), "posting to a closed port: %v, want ErrClosed", err)
}

// D07: one packet, one waiter, the newest.
func postReleasesNewestOnly(s *scene) {
	p := s.port(3)
	ws := s.crew("A", "B", "C")
	a, b, c := ws[0].park(p), ws[1].park(p), ws[2].park(p)
	s.post(p, 1)
	c.gets(1)
	s.keeps(p, 0, 2, 1)
	s.check(!a.done.Load() && !b.done.Load(), "one packet released several waiters")
}

// D08: posted packets and those of operations are one queue, in the order of arrival. An
// operation has arrived when its result can be seen.
func arrivalOrder(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, "conn")
	s.write(far, "x")
	var recv, send op
	s.post(p, 1)
	s.must(c.Recv(&recv, make([]byte, 8)), "Recv")
	s.settled(&recv)
	s.post(p, 2)
	s.must(c.Send(&send, []byte("yz")), "Send")
	s.settled(&send)
	s.post(p, 3)
	s.expect(p, nil, 1, 0, nil)
	s.expect(p, &recv, "conn", 1, nil)
	s.expect(p, nil, 2, 0, nil)
	s.expect(p, &send, "conn", 2, nil)
	s.expect(p, nil, 3, 0, nil)
}

// D08: nor does it matter whether somebody has looked: what the other end has received was
// sent before the post.
func arrivalOrderUnseen(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, "conn")
	ops := make([]op, 20)
	for i := range ops {
		s.must(c.Send(&ops[i], []byte("x")), "Send")
		s.read(far, "x")
		s.post(p, i)
	}
	for i := range ops {
		s.expect(p, &ops[i], "conn", 1, nil)
		s.expect(p, nil, i, 0, nil)
	}
}

// D09: only memory limits the number of packets.
func noDepthLimit(s *scene) {
	const packets = 30000
	p := s.port(1)
	for i := range packets {
		s.post(p, i)
	}
	s.check(p.Len() == packets, "%d packets are queued, want %d", p.Len(), packets)
	for i := range packets {
		s.expect(p, nil, i, 0, nil)
	}
	s.check(p.Len() == 0, "%d packets are left", p.Len())
}

// D10: goroutines talk to each other through ports.
func pingPong(s *scene) {
	p, q := s.port(1), s.port(1)
	w := s.worker("pong")
	w.do(func() {
		for c := range p.All() {
			c.Bytes++
			q.Post(c)
		}
	})
	c := iocp.Completion{Key: "ball"}
	for i := range 200 {
		s.must(p.Post(c), "posting")
		c = s.next(q)
		s.same(c, nil, "ball", int64(i)+1, nil)
	}
}

// D11: the number of queued packets can be read.
func depth(s *scene) {
	p := s.port(1)
	for i := range 5 {
		s.check(p.Len() == i, "%d packets are queued, want %d", p.Len(), i)
		s.post(p, i)
	}
	s.check(p.Len() == 5 && p.Stats().Queued == 5, "Len says %d and Stats %d, want 5", p.Len(), p.Stats().Queued)
	s.expect(p, nil, 0, 0, nil)
	s.check(p.Len() == 4, "%d packets are queued after a Get, want 4", p.Len())
}

// D13: after the last Close nobody can post, not even while files keep the port alive.
func postAfterLastClose(s *scene) {
	p := s.port(1)
	q, err := p.Duplicate()
	s.must(err, "duplicating the port")
	s.keep(q)
	s.conn(p, 1)
	s.must(p.Close(), "closing the first handle")
	err = p.Post(iocp.Completion{})
	s.check(errors.Is(err, iocp.ErrClosed), "posting through a closed handle: %v, want ErrClosed", err)
	s.post(q, 1)
	s.must(q.Close(), "closing the last handle")
	err = q.Post(iocp.Completion{})
	s.check(errors.Is(err, iocp.ErrClosed), "posting after the last Close: %v, want ErrClosed", err)
	s.check(q.Len() == 0, "%d packets are queued on a closed port", q.Len())
}
