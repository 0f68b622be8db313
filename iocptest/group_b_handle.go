// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"context"
	"errors"

	"iocp"
)

// closeEndsWaits is B04 (and E11 for batches): closing the port ends every wait at once, of
// whatever kind; later calls fail alike.
func closeEndsWaits(s *scene) {
	p := s.port(1)
	calls := []*call{
		s.worker("Get").park(p),
		s.worker("Get with a timeout").get(p, 10*stepLimit).parks(p, 2),
		s.worker("GetBatch").batch(p, 4, iocp.Infinite).parks(p, 3),
		s.worker("GetContext").getContext(context.Background(), p).parks(p, 4),
		s.worker("GetContext with cancel").getContext(s.context(), p).parks(p, 5),
	}
	all := s.worker("All").call(func() ([]iocp.Completion, error) {
		for c := range p.All() {
			return []iocp.Completion{c}, nil
		}
		return nil, iocp.ErrClosed
	}).parks(p, 6)
	s.must(p.Close(), "closing the port")
	for _, c := range append(calls, all) {
		c.fails(iocp.ErrClosed)
	}
	calls[0].w.get(p, iocp.Infinite).fails(iocp.ErrClosed)
}

// context is one that can be done, and is when the scene is over.
func (s *scene) context() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	s.later(cancel)
	return ctx
}

// B12: a closed port has nothing to give, not even to those who would wait.
func getFromClosedPort(s *scene) {
	p := s.port(1)
	s.post(p, 1)
	s.must(p.Close(), "closing the port")
	_, err := p.Get(iocp.Infinite)
	s.check(errors.Is(err, iocp.ErrClosed), "Get on a closed port: %v, want ErrClosed", err)
	_, err = p.GetContext(s.context())
	s.check(errors.Is(err, iocp.ErrClosed), "GetContext on a closed port: %v, want ErrClosed", err)
	for c := range p.All() {
		s.fail("All on a closed port gives %v", c)
	}
}

// B23: a duplicate is the same queue, and stays when the original is closed.
func duplicateSharesQueue(s *scene) {
	p := s.port(3)
	q, err := p.Duplicate()
	s.must(err, "duplicating the port")
	s.keep(q)
	s.check(q.Concurrency() == 3, "the duplicate has the concurrency value %d, want 3", q.Concurrency())
	s.post(p, 1)
	s.post(q, 2)
	s.post(p, 3)
	s.check(q.Len() == 3 && p.Len() == 3, "the handles see %d and %d packets, want 3", p.Len(), q.Len())
	s.expect(q, nil, 1, 0, nil)
	s.must(p.Close(), "closing the original")
	s.expect(q, nil, 2, 0, nil)
	s.post(q, 4)
	s.expect(q, nil, 3, 0, nil)
	s.expect(q, nil, 4, 0, nil)
	_, err = p.Get(0)
	s.check(errors.Is(err, iocp.ErrClosed), "Get through the closed handle: %v, want ErrClosed", err)
	_, err = p.Duplicate()
	s.check(errors.Is(err, iocp.ErrClosed), "Duplicate of the closed handle: %v, want ErrClosed", err)
}

// B24: only the last Close abandons those who wait, also those who came through a handle
// that has been closed meanwhile.
func closeOneOfTwo(s *scene) {
	p := s.port(2)
	q, err := p.Duplicate()
	s.must(err, "duplicating the port")
	s.keep(q)
	a, b := s.worker("A").park(p), s.worker("B").park(p)
	s.must(p.Close(), "closing the handle that is waited at")
	a.waits()
	b.waits()
	s.post(q, 1)
	b.gets(1)
	s.must(q.Close(), "closing the last handle")
	a.fails(iocp.ErrClosed)
}

// B25: a packet that was posted to a waiter is his, even if the port is closed at once.
func postThenClose(s *scene) {
	w := s.worker("W")
	for i := range 50 {
		p := s.port(1)
		c := w.park(p)
		s.post(p, i)
		s.must(p.Close(), "closing the port")
		c.gets(i)
	}
}
