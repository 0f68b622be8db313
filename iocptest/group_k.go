// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"syscall"

	"iocp"
)

// groupK: notification modes.
var groupK = []rule{
	{id: "K01", part: "immediate", run: func(s *scene) { skipsImmediateSuccess(s, false) }},
	{id: "K01", part: "pending", run: skipKeepsPending},
	{id: "K02", run: skipAndImmediateFailure},
	{id: "K03", run: datagramTooLongInSkipMode},
	{id: "K04", run: cannot("Go's types rule it out: handles cannot be waited for, so there is no signal to skip")},
	{id: "K05", run: skipCannotBeCleared},
	{id: "K08", run: func(s *scene) { skipsImmediateSuccess(s, true) }},
}

// outcome takes the result of an operation started in skip mode: either the start said that
// it is over (ErrCompleted) and no packet comes, or it said nothing and one does. It
// reports whether the packet was skipped.
func (s *scene) outcome(p *iocp.Port, start error, o *op, key any, want int64) (skipped bool) {
	s.t.Helper()
	if start == nil {
		s.expect(p, o, key, want, nil)
		return false
	}
	s.check(errors.Is(start, iocp.ErrCompleted), "the start fails: %v", start)
	s.check(!o.InFlight(), "an operation that is over is in flight")
	n, err := o.Result()
	s.check(n == want && err == nil, "the result is %d, %v; want %d, nil", n, err, want)
	return true
}

// exchange sends and receives in skip mode when both can be done at once, and counts how
// often the packet was skipped.
func (s *scene) exchange(p *iocp.Port, c *iocp.TCPConn, far interface{ Write([]byte) (int, error) }) (skips int) {
	s.t.Helper()
	var o op
	for range 20 {
		if s.outcome(p, c.Send(&o, []byte("ab")), &o, c.Key(), 2) {
			skips++
		}
		_, err := far.Write([]byte("xyz"))
		s.must(err, "writing at the other end")
		s.readable(p, c)
		if s.outcome(p, c.Recv(&o, make([]byte, 8)), &o, c.Key(), 3) {
			skips++
		}
	}
	s.none(p)
	return skips
}

// readable waits until there is something to receive.
func (s *scene) readable(p *iocp.Port, c *iocp.TCPConn) {
	s.t.Helper()
	var o op
	s.outcome(p, c.Readable(&o), &o, c.Key(), 0)
}

// K01, K08: in skip mode an immediate success gives no packet. What counts as immediate is
// the engine's business, but an engine to which nothing ever does has no skip mode.
func skipsImmediateSuccess(s *scene, before bool) {
	p := s.port(1)
	c, far := s.pair()
	if before {
		s.must(c.SkipOnSuccess(), "SkipOnSuccess")
	}
	s.associate(p, c, 1)
	if !before {
		s.must(c.SkipOnSuccess(), "SkipOnSuccess")
	}
	skips := s.exchange(p, c, far)
	s.check(skips > 0, "of 40 operations that could be done at once not one packet was skipped")
}

// K01: what pends gives its packet in skip mode too, failed or not.
func skipKeepsPending(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	s.must(c.SkipOnSuccess(), "SkipOnSuccess")
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.write(far, "abc")
	s.expect(p, &o, 1, 3, nil)
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.must(o.Cancel(), "Cancel")
	s.expect(p, &o, 1, 0, iocp.ErrCanceled)
	s.none(p)
}

// K02: an immediate failure gives none in any mode.
func skipAndImmediateFailure(s *scene) {
	p := s.port(1)
	c := s.unconnected()
	s.must(c.SkipOnSuccess(), "SkipOnSuccess")
	s.associate(p, c, 1)
	var o op
	s.refused(c.Recv(&o, make([]byte, 8)), &o, syscall.ENOTCONN)
	s.refused(c.Send(&o, make([]byte, 8)), &o, syscall.ENOTCONN)
	s.none(p)
}

// K05: setting the mode again changes nothing, and nothing clears it.
func skipCannotBeCleared(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	s.must(c.SkipOnSuccess(), "SkipOnSuccess")
	s.must(c.SkipOnSuccess(), "SkipOnSuccess")
	d, err := c.Duplicate()
	s.must(err, "Duplicate")
	s.later(func() { d.Close() })
	s.check(s.exchange(p, c, far) > 0, "setting the mode twice cleared it")
	s.check(s.exchange(p, d, far) > 0, "a duplicate has not the mode of its file")
	s.skip("the rest: Go's types rule it out, SkipOnSuccess takes no value that could clear the mode or be no mode at all")
}
