// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"iocp/internal/sys"
	"iocp/internal/worker"
)

// begin starts ov, whose request is prepared. It returns nil if exactly one packet will come,
// and otherwise why none will.
func (o *object) begin(c *core, ov *Overlapped) error {
	by := worker.Self()
	c.q.Lock()
	if !o.flows(ov) || c.pending >= c.limit { // else admit would find nothing
		if err := o.admit(c, ov); err != nil {
			ov.abandon()
			c.q.Settle()
			return err
		}
	}
	ov.bind(o.fd)
	o.enlist(c, ov)
	if ov.timeout > 0 {
		ov.arm()
	}
	switch {
	case ov.waits:
	case ov.tries && (o.skip || ov.what == opRead && c.parallel && !o.noTry):
		return o.attempt(c, ov, by)
	default:
		c.eng.Queue(&ov.req)
	}
	c.q.SubmitBy(by)
	return nil
}

// attempt does ov at once, outside the lock, if that needs no waiting; its place in the line
// is taken already. What it cannot finish goes to the engine.
func (o *object) attempt(c *core, ov *Overlapped, by worker.ID) error {
	ov.trying = true
	c.q.Unlock()
	res := o.sys.Try(&ov.req)
	c.q.Lock()
	ov.trying = false
	later := res == -int32(sys.EAGAIN) || res == -int32(sys.EINTR) || res == -int32(sys.EOPNOTSUPP)
	if res == -int32(sys.EOPNOTSUPP) {
		o.noTry = true
	}
	switch {
	case later && ov.canceled == nil || !later && !ov.advance(c, res):
		if later {
			c.eng.Queue(&ov.req)
		}
	case ov.canceled != nil || !o.skip:
		if later {
			ov.err = ov.canceled
		}
		c.deliver(ov)
	default:
		return o.completeNow(c, ov, by)
	}
	c.q.SubmitBy(by)
	return nil
}

// completeNow ends an operation of a handle in SkipOnSuccess mode without a packet: with
// ErrCompleted, or with the error of an immediate failure (F03, K01, K02).
func (o *object) completeNow(c *core, ov *Overlapped, by worker.ID) error {
	var packet Completion
	ov.finish(c, &packet)
	if ov.finisher != nil && (ov.err == nil || ov.err == ErrTruncated) { // else it failed to start
		ov.finisher.Finished(ov.n, ov.err)
	}
	c.q.SubmitBy(by)
	packet.dequeue()
	if packet.Err != nil {
		return packet.Err
	}
	return ErrCompleted
}

// admit says whether ov may start at all.
func (o *object) admit(c *core, ov *Overlapped) error {
	switch {
	case o.closing:
		return errClosedHandle
	case c.pending >= c.limit:
		return ErrTooManyOperations
	case ov.admit != nil:
		return ov.admit(o, ov)
	case ov.dir == noLine:
		return nil
	case o.kind == kindConn:
		return o.admitsStream(ov.what, ov.dir)
	case o.kind == kindSocket && ov.what != opConnect: // that has its reservation (reserveConnect)
		return o.admits(ov.what, ov.dir)
	}
	return nil
}

// flows reports that nothing speaks against ov but the port's limit. It does not see every case: it is
// for the transfers of a TCP connection in its prime, nearly all that a server starts.
func (o *object) flows(ov *Overlapped) bool {
	return o.kind == kindConn && o.state == connConnected && o.sticky == 0 && !o.closing &&
		!o.shutRecv && !o.shutSend && ov.admit == nil && ov.dir != noLine
}
