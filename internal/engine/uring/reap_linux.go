// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"sync/atomic"
	"syscall"

	"iocp/internal/engine"
	sys "iocp/internal/sys/uring"
)

// Ready is the number of completions that Reap would find. Completions of cancels are
// not counted; one for overflowed completions is.
func (e *Engine) Ready() int {
	head, tail := *e.cqHeadP, atomic.LoadUint32(e.cqTailP)
	n := int(tail - head)
	if e.canceled > 0 {
		n = e.countOps(head, tail)
	}
	if n == 0 && e.overflowed() {
		return 1
	}
	return n
}

func (e *Engine) countOps(head, tail uint32) (n int) {
	for ; head != tail; head++ {
		if e.cqes[head&e.cqMask].UserData != cancelData {
			n++
		}
	}
	return n
}

// Reap moves completions into buf, oldest first. Completions of cancels are consumed
// silently: the cancelled operation has one of its own.
func (e *Engine) Reap(buf []engine.Completion) int {
	head, tail := *e.cqHeadP, atomic.LoadUint32(e.cqTailP)
	if tail-head == uint32(len(e.cqes)) {
		e.full.Store(true)
	}
	n := 0
	for ; head != tail && n < len(buf); head++ {
		if c := &e.cqes[head&e.cqMask]; e.finish(c, &buf[n]) {
			n++
		}
	}
	for ; head != tail && e.cqes[head&e.cqMask].UserData == cancelData; head++ {
		e.canceled--
	}
	atomic.StoreUint32(e.cqHeadP, head)
	e.stats.Reaped += uint64(n)
	return n
}

// finish ends the operation of c and reports whether there was one.
func (e *Engine) finish(c *sys.CQE, out *engine.Completion) bool {
	if c.UserData == cancelData {
		e.canceled--
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
