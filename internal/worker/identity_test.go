// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"sync"
	"testing"
)

func TestSelfIsTheSameEveryTime(t *testing.T) {
	Calibrate()
	first := Self()
	stackGrows(100)
	if again := Self(); again != first {
		t.Errorf("Self() = %+v, then %+v", first, again)
	}
}

// stackGrows makes the runtime move the goroutine's stack.
func stackGrows(n int) byte {
	var frame [1024]byte
	if n > 0 {
		frame[n] = stackGrows(n - 1)
	}
	return frame[n]
}

func TestDifferentGoroutinesHaveDifferentIDs(t *testing.T) {
	Calibrate()
	differentGoroutinesHaveDifferentIDs(t)
}

// differentGoroutinesHaveDifferentIDs checks goroutines that live at once (and so have a g
// each) and in waves, one after the other (which share g structures).
func differentGoroutinesHaveDifferentIDs(t *testing.T) {
	const waves, each = 20, 50
	seen := map[ID]bool{Self(): true}
	for range waves {
		var wg sync.WaitGroup
		ids := make(chan ID, each)
		for range each {
			wg.Go(func() { ids <- Self() })
		}
		wg.Wait()
		close(ids)
		for id := range ids {
			seen[id] = true
		}
	}
	if len(seen) != waves*each+1 {
		t.Errorf("%d goroutines have %d IDs", waves*each+1, len(seen))
	}
}

func TestSelfAgreesWithThePrintedNumber(t *testing.T) {
	Calibrate()
	if id, printed := Self(), printedID(); id.Number() != printed.Number() {
		t.Errorf("Self() has number %d, runtime.Stack prints %d", id.goid, printed.goid)
	}
}

// TestHashSpreads fills 1024 buckets with the hashes of 1024 goroutines, by the low and by the
// high bits. A perfect random function leaves 377 buckets empty.
func TestHashSpreads(t *testing.T) {
	Calibrate()
	ids := manyIDs(1024)
	printed := make([]ID, len(ids))
	for i, id := range ids {
		printed[i] = ID{goid: id.goid}
	}
	for name, ids := range map[string][]ID{"g": ids, "number": printed} {
		low, high := map[uintptr]bool{}, map[uintptr]bool{}
		for _, id := range ids {
			low[id.Hash()%1024] = true
			high[id.Hash()>>(8*wordSize-10)] = true
		}
		if len(low) < 550 || len(high) < 550 {
			t.Errorf("by %s: %d goroutines fill %d buckets by low bits, %d by high bits, of 1024",
				name, len(ids), len(low), len(high))
		}
	}
}

// manyIDs returns the IDs of n goroutines that lived at the same time.
func manyIDs(n int) []ID {
	var wg sync.WaitGroup
	quit := make(chan struct{})
	ids := make([]ID, n)
	for i := range ids {
		wg.Add(1)
		ids[i] = start(func() { defer wg.Done(); <-quit })
	}
	close(quit)
	wg.Wait()
	return ids
}

func TestHashIsOneForAllOwnersOfAG(t *testing.T) {
	Calibrate()
	id := Self()
	if id.g == nil {
		t.Skip("IDs have no g here")
	}
	if later := (ID{id.g, id.goid + 1}); later == id || later.Hash() != id.Hash() {
		t.Errorf("%+v and %+v: want different IDs with the same hash", id, later)
	}
}

func TestParseGoid(t *testing.T) {
	tests := []struct {
		trace string
		goid  uint64
		ok    bool
	}{
		{"goroutine 1 [running]:\n", 1, true},
		{"goroutine 18446744073709551615 [running]:", 1<<64 - 1, true},
		{"goroutine 0 [idle]:", 0, false},
		{"goroutine  [running]:", 0, false},
		{"goroutine 7", 0, false},
		{"goroutine 7x [running]:", 7, false},
		{"gorout", 0, false},
		{"", 0, false},
		{"thread 12 [running]:", 0, false},
	}
	for _, test := range tests {
		goid, ok := parseGoid([]byte(test.trace))
		if ok != test.ok || ok && goid != test.goid {
			t.Errorf("parseGoid(%q) = %d, %v; want %d, %v", test.trace, goid, ok, test.goid, test.ok)
		}
	}
}
