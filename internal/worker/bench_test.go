// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import "testing"

func BenchmarkSelf(b *testing.B) {
	Calibrate()
	b.ReportAllocs()
	for b.Loop() {
		Self()
	}
}

func BenchmarkHash(b *testing.B) {
	Calibrate()
	id := Self()
	b.ReportAllocs()
	for b.Loop() {
		id.Hash()
	}
}

func BenchmarkState(b *testing.B) {
	if known, why := Calibrate(); !known {
		b.Skip(why)
	}
	quit := make(chan struct{})
	defer close(quit)
	parked := start(func() { <-quit })
	eventually(b, "parked", func() bool { return parked.State() == Blocked })
	for name, id := range map[string]ID{"self": Self(), "parked": parked} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				id.State()
			}
		})
	}
}

func BenchmarkThreadWaiting(b *testing.B) {
	if known, why := Calibrate(); !known {
		b.Skip(why)
	}
	tid := Self().Thread()
	b.ReportAllocs()
	for b.Loop() {
		ThreadWaiting(tid)
	}
}
