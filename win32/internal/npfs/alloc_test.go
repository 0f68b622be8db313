// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package npfs_test

import (
	"testing"

	"iocp/win32/internal/npfs"
)

// quiet is a request that takes its result and does nothing.
type quiet struct{ npfs.Request }

func (q *quiet) Complete(npfs.Status, int) {}

func newQuiet() *quiet {
	q := new(quiet)
	q.Done = q
	return q
}

// A read that waits for a write, a write that waits for a read, and bytes that are stored.
func rounds(quota, size int) map[string]func() {
	r, w := npfs.Pair(quota)
	a, b := newQuiet(), newQuiet()
	in, out := make([]byte, size), make([]byte, size)
	box, _ := new(npfs.Space).CreateMailslot("box", 0, npfs.Forever)
	tight, full := npfs.Pair(0)
	return map[string]func(){
		"read first": func() {
			r.Read(&a.Request, in)
			w.Write(&b.Request, out)
		},
		"write first": func() {
			full.Write(&b.Request, out)
			tight.Read(&a.Request, in)
		},
		"stored": func() {
			w.Write(&b.Request, out)
			r.Read(&a.Request, in)
		},
		"cancelled": func() {
			r.Read(&a.Request, in)
			r.Cancel(&a.Request)
		},
		"mailslot": func() {
			box.Write(out)
			box.Read(&a.Request, in)
			box.Read(&a.Request, in)
			box.Write(out)
		},
	}
}

func TestNoAllocationPerOperation(t *testing.T) {
	for name, round := range rounds(4096, 100) {
		round()
		if n := testing.AllocsPerRun(100, round); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkPipe(b *testing.B) {
	for name, round := range rounds(1<<16, 1<<10) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				round()
			}
		})
	}
}
