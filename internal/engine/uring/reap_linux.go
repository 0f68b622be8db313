// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"sync/atomic"
	"syscall"

	"iocp/internal/engine"
	"iocp/internal/release"
	sys "iocp/internal/sys/uring"
)

// Ready is the number of completions that Reap would find. Completions of cancels are
// not counted; if there is nothing else, one for overflowed completions is, and one for cancels
// that have to be made again.
func (e *Engine) Ready() int {
	head, tail := e.cqHeadP.Load(), atomic.LoadUint32(e.cqTailP)
	n, missed := int(tail-head), false
	if e.canceled > 0 {
		n, missed = e.countOps(head, tail)
	}
	if n == 0 && (missed || e.overflowed()) {
		return 1
	}
	return n
}

func (e *Engine) countOps(head, tail uint32) (n int, missed bool) {
	for ; head != tail; head++ {
		if c := &e.cqes[head&e.cqMask]; !isCancel(c) {
			n++
		} else if e.missed(c) != nil {
			missed = true
		}
	}
	return n, missed
}

// Reap moves completions into buf, oldest first. Completions of cancels are consumed
// silently: the cancelled operation has one of its own.
func (e *Engine) Reap(buf []engine.Completion) int {
	head, tail := e.cqHeadP.Load(), atomic.LoadUint32(e.cqTailP)
	if tail-head == uint32(len(e.cqes)) {
		e.full.Store(true)
	}
	n := 0
	for ; head != tail && n < len(buf); head++ {
		c := &e.cqes[head&e.cqMask]
		if s := e.lookup(c.UserData); s != nil && s.aux == 0 { // nobody has asked for its end
			buf[n].Op, buf[n].Res = e.remove(s), c.Res
			n++
		} else if e.finish(c, &buf[n]) {
			n++
		}
	}
	for ; head != tail && isCancel(&e.cqes[head&e.cqMask]); head++ {
		e.cancelOver(&e.cqes[head&e.cqMask])
	}
	release.Store(e.cqHeadP, head)
	e.stats.Reaped += uint64(n)
	return n
}

// finish ends the operation of c and reports whether there was one.
func (e *Engine) finish(c *sys.CQE, out *engine.Completion) bool {
	if isCancel(c) {
		e.cancelOver(c)
		return false
	}
	s := e.lookup(c.UserData)
	if s == nil {
		e.stats.Stale++
		return false
	}
	out.Res = c.Res
	if s.aux&slotDead != 0 {
		out.Res = -int32(syscall.ECANCELED)
	}
	out.Op = e.remove(s)
	return true
}

func isCancel(c *sys.CQE) bool { return c.UserData&cancelMark != 0 }

// cancelOver takes the completion of a cancel, which is made again if it has missed its operation.
func (e *Engine) cancelOver(c *sys.CQE) {
	e.canceled--
	if op := e.missed(c); op != nil {
		e.Cancel(op)
	}
}

// missed returns the operation that goes on although its cancel, of which c is the completion, is
// over, or nil. The kernel finds nothing at a bad moment: a request that was woken, or has made a part
// of its transfer and need not wait for more, is in none of its lists until a thread goes on with
// it (io_arm_poll_handler in io_uring/poll.c, IO_APOLL_READY), and may wait for ever after that.
// What reads or writes a file cannot, and is over soon without a second cancel.
func (e *Engine) missed(c *sys.CQE) *engine.Op {
	if c.Res != -int32(syscall.ENOENT) {
		return nil
	}
	if s := e.lookup(c.UserData &^ cancelMark); s != nil && mayWait(s.op) {
		return s.op
	}
	return nil
}

// mayWait reports whether the operation waits for somebody else, such as a peer.
func mayWait(op *engine.Op) bool {
	switch op.Kind {
	case engine.Nop, engine.Sync, engine.Close, engine.Shutdown:
		return false
	case engine.Read, engine.Write, engine.Readv, engine.Writev:
		return op.Off < 0
	}
	return true
}
