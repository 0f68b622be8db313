// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import "testing"

func TestFifo(t *testing.T) {
	var q fifo[int]
	in, out := 0, 0
	for round := range 1000 { // never empty, and a little fuller and emptier
		for range 3 + round%5 {
			q.push(in)
			in++
		}
		for range min(3+(round+3)%5, in-out-1) {
			if v, ok := q.pop(); !ok || v != out {
				t.Fatalf("got %d, %v, want %d", v, ok, out)
			}
			out++
		}
	}
	if cap(q.items) > 64 {
		t.Errorf("room for %d, with %d at most", cap(q.items), in-out)
	}
	for ; out < in; out++ {
		if v, ok := q.pop(); !ok || v != out {
			t.Fatalf("got %d, %v, want %d", v, ok, out)
		}
	}
	if _, ok := q.pop(); ok || !q.empty() {
		t.Error("not empty")
	}
}
