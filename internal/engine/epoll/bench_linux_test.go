// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// BenchmarkNop is what an operation costs that asks nothing of the kernel.
func BenchmarkNop(b *testing.B) {
	for _, n := range []int{1, 32} {
		b.Run(map[int]string{1: "1", 32: "32"}[n], func(b *testing.B) {
			e, err := New()
			if err != nil {
				b.Skip(err)
			}
			defer e.Close()
			ops, buf := make([]engine.Op, n), make([]engine.Completion, n)
			b.ReportAllocs()
			b.ResetTimer()
			for done := 0; done < b.N; {
				for i := range ops {
					e.Queue(&ops[i])
				}
				e.Enter(e.Publish(), false)
				done += e.Reap(buf)
			}
		})
	}
}

// BenchmarkReceiveThatWaits is a receive that has to wait for one byte from a peer.
func BenchmarkReceiveThatWaits(b *testing.B) {
	e, err := New()
	if err != nil {
		b.Skip(err)
	}
	defer e.Close()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	op := enginetest.Op(engine.Recv, int32(fds[0]), make([]byte, 1))
	buf, one := make([]engine.Completion, 1), []byte{1}
	b.ReportAllocs()
	for b.Loop() {
		e.Queue(op)
		e.Enter(e.Publish(), false)
		unix.Write(fds[1], one)
		for e.Reap(buf) == 0 {
			e.Enter(0, true)
		}
	}
}
