// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"

	"iocp"
)

// post queues a packet that is nothing but its key.
func (s *scene) post(p *iocp.Port, key int) {
	s.t.Helper()
	s.must(p.Post(iocp.Completion{Key: key}), "posting")
}

// next takes the packet that is there or on its way.
func (s *scene) next(p *iocp.Port) iocp.Completion {
	s.t.Helper()
	c, err := p.Get(stepLimit)
	if err != nil {
		s.fail("no packet: %v. %s", err, s.states())
	}
	return c
}

// expect takes the next packet, which must be this one. A nil target means success.
func (s *scene) expect(p *iocp.Port, o iocp.Op, key any, n int64, target error) {
	s.t.Helper()
	s.same(s.next(p), o, key, n, target)
}

// same checks a packet.
func (s *scene) same(c iocp.Completion, o iocp.Op, key any, n int64, target error) {
	s.t.Helper()
	s.check(c.Op == o, "the packet %v carries the operation %p, want %p", c, c.Op, o)
	s.check(c.Key == key, "the packet carries the key %v, want %v", c.Key, key)
	if target == nil {
		s.check(c.Err == nil, "the packet says %v after %d bytes, want success", c.Err, c.Bytes)
	}
	s.check(errors.Is(c.Err, target), "the packet says %v, want %v", c.Err, target)
	s.check(c.Bytes == n, "the packet says %d bytes, want %d", c.Bytes, n)
}

// none watches that no packet comes.
func (s *scene) none(p *iocp.Port) {
	s.t.Helper()
	c, err := p.Get(s.quiet)
	s.check(err != nil, "unexpected packet %v", c)
	s.check(errors.Is(err, iocp.ErrTimeout), "Get on a port without packets: %v, want ErrTimeout", err)
}

// refused checks that starting o failed at once for one of these reasons, with o free to
// be used again. That no packet follows is for the caller to see.
func (s *scene) refused(err error, o interface{ InFlight() bool }, targets ...error) {
	s.t.Helper()
	s.check(err != nil, "the start is accepted, want one of the errors %v", targets)
	ok := false
	for _, target := range targets {
		ok = ok || errors.Is(err, target)
	}
	s.check(ok, "the start fails with %v, want one of the errors %v", err, targets)
	s.check(!o.InFlight(), "the operation is in flight although its start failed (%v)", err)
}

// settled waits until o is over without taking its packet (F24).
func (s *scene) settled(o *op) {
	s.t.Helper()
	s.until(func() bool { return !incomplete(o) }, "the operation is over, as its Result says")
}

// dropped waits until o is over and its packet gone, because the port is closed: it can be
// used again, and its buffers are the rule's.
func (s *scene) dropped(o *op) {
	s.t.Helper()
	s.settled(o)
	s.until(func() bool { return !o.InFlight() }, "an operation whose packet is dropped is free again")
}

func incomplete(o *op) bool {
	_, err := o.Result()
	return errors.Is(err, iocp.ErrIncomplete)
}

// counts checks the numbers of a port, here and now.
func (s *scene) counts(p *iocp.Port, queued, waiting, running int) {
	s.t.Helper()
	st := p.Stats()
	s.check(st.Queued == queued && st.Waiting == waiting && st.Running == running,
		"queued %d, waiting %d, running %d; want %d, %d, %d", st.Queued, st.Waiting, st.Running, queued, waiting, running)
}

// keeps watches that the numbers of a port are these and stay so.
func (s *scene) keeps(p *iocp.Port, queued, waiting, running int) {
	s.t.Helper()
	s.stays(func() bool {
		st := p.Stats()
		return st.Queued == queued && st.Waiting == waiting && st.Running == running
	}, "queued %d, waiting %d, running %d", queued, waiting, running)
}
