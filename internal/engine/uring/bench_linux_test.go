// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"fmt"
	"testing"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// BenchmarkNop is the engine's own cost and the kernel's: a batch of NOPs is queued,
// submitted with one system call and reaped. One iteration is one NOP.
func BenchmarkNop(b *testing.B) {
	for _, batch := range []int{1, 32} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) {
			p := newPort(b, Options{})
			ops, buf := enginetest.Nops(batch), make([]engine.Completion, batch)
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += batch {
				for _, op := range ops {
					p.Queue(op)
				}
				if _, err := p.Enter(p.Publish(), false); err != nil {
					b.Fatal(err)
				}
				if n := p.Reap(buf); n != batch {
					b.Fatalf("reaped %d of %d", n, batch)
				}
			}
		})
	}
}

// BenchmarkSizes is BenchmarkNop in batches of 32 over rings of different sizes.
func BenchmarkSizes(b *testing.B) {
	for _, o := range []Options{{64, 256}, {1024, 8192}, {4096, 16384}} {
		b.Run(fmt.Sprintf("%d-%d", o.Entries, o.CQEntries), func(b *testing.B) {
			p := newPort(b, o)
			ops, buf := enginetest.Nops(32), make([]engine.Completion, 32)
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += len(ops) {
				for _, op := range ops {
					p.Queue(op)
				}
				if _, err := p.Enter(p.Publish(), false); err != nil {
					b.Fatal(err)
				}
				p.Reap(buf)
			}
		})
	}
}

// BenchmarkNew is what the first operation of a port pays.
func BenchmarkNew(b *testing.B) {
	for _, o := range []Options{{64, 256}, {1024, 8192}, {4096, 16384}} {
		b.Run(fmt.Sprintf("%d-%d", o.Entries, o.CQEntries), func(b *testing.B) {
			if info := Probe(); !info.Available {
				b.Skip(info.Err)
			}
			for b.Loop() {
				e, err := New(o)
				if err != nil {
					b.Fatal(err)
				}
				e.Close()
			}
		})
	}
}

// BenchmarkWatch is a Watch that Wake has ended before it began: the flag, membarrier and
// the poller, without a switch.
func BenchmarkWatch(b *testing.B) {
	p := newPort(b, Options{})
	<-p.barrier.done
	b.ReportAllocs()
	for b.Loop() {
		p.Wake()
		p.Watch()
		p.Rearm()
	}
}
