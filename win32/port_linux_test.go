// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"testing"

	"iocp"
)

// BenchmarkPostGet compares the layer with the calls of package iocp that it is made of, in
// one run: at most 1.5 times.
func BenchmarkPostGet(b *testing.B) {
	b.Run("win32", func(b *testing.B) {
		h := newTestPort(b, 1)
		ov := new(OVERLAPPED)
		b.ReportAllocs()
		for b.Loop() {
			if err := postGet(h, ov); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("iocp", func(b *testing.B) {
		p, err := iocp.NewPort(iocp.Config{Concurrency: 1})
		if err != nil {
			b.Fatal(err)
		}
		defer p.Close()
		op := new(operation)
		b.ReportAllocs()
		for b.Loop() {
			p.Post(iocp.Completion{Op: op, Bytes: 7})
			if _, err := p.Get(0); err != nil {
				b.Fatal(err)
			}
		}
	})
}
