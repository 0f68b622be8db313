// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"testing"

	"iocp/internal/engine/uring"
)

// overflow starts more operations than the completion queue of p's ring holds, all of which are over
// at once. Nobody is in Get, or ever was.
func overflow(t *testing.T) (p *Port, ops []op) {
	t.Helper()
	if testEngine() != EngineURing {
		t.Skip("only a ring has a completion queue")
	}
	old := uringOptions
	t.Cleanup(func() { uringOptions = old })
	uringOptions = uring.Options{Entries: 4, CQEntries: 4}
	p = newPort(t)
	ops = make([]op, 30)
	for i := range ops {
		c, _ := tcpPair(t, p)
		ok(t, c.Send(&ops[i], []byte("x")))
	}
	return p, ops
}

// F24: a program may ask for nothing but results.
func TestResultSeesWhatOverflowed(t *testing.T) {
	p, ops := overflow(t)
	for i := len(ops) - 1; i >= 0; i-- {
		eventually(t, "the result", func() bool { n, err := ops[i].Result(); return n == 1 && err == nil })
	}
	for i := range ops {
		expect(t, p, &ops[i], 1, nil)
	}
}

// D08: what had completed before a post comes before it.
func TestPostComesBehindWhatOverflowed(t *testing.T) {
	p, ops := overflow(t)
	ok(t, p.Post(Completion{Bytes: 7}))
	for i := range ops {
		expect(t, p, &ops[i], 1, nil)
	}
	expect(t, p, nil, 7, nil)
}
