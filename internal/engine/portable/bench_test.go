// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// A receive that waits, is made possible, and is reaped: what an echo server does for a message
// beside sending.
func BenchmarkReceiveThatWaits(b *testing.B) {
	p := newPort(b)
	near, far := p.TCP()
	op, x := enginetest.Op(engine.Recv, near, make([]byte, 64)), make([]byte, 64)
	var done [1]engine.Completion
	b.ReportAllocs()
	for b.Loop() {
		p.Queue(op)
		p.Enter(p.Publish(), true)
		unix.Write(int(far), x)
		for p.Reap(done[:]) == 0 {
			p.Watch()
		}
	}
}
