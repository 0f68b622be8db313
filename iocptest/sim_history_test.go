// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest_test

import (
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"iocp/iocptest"
)

// simOperations is how many operations TestSimOperations runs: what the environment says, or 50,000,
// which is a second's work, or fewer where that would take longer.
func simOperations(t *testing.T) int {
	s := os.Getenv("IOCPTEST_SIM_OPERATIONS")
	switch {
	case s == "" && raceEnabled:
		return 5_000
	case s == "":
		return 50_000
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSimOperations: with every fault at 5 % each operation sends exactly one packet, and nothing is
// left at the end.
func TestSimOperations(t *testing.T) {
	n := simOperations(t)
	begin := time.Now()
	_, w := worldHistory(t, 4711, iocptest.Hostile(0.05), n)
	t.Logf("%d operations, %d of them failed, in %v; %v of the machine's time", w.ended, w.failed, time.Since(begin), w.sim.Now())
	if w.started != w.ended {
		t.Errorf("%d operations were started and %d packets came", w.started, w.ended)
	}
}

// TestSimReplays: the same seed is the same history, and another seed another.
func TestSimReplays(t *testing.T) {
	seen := map[uint64]uint64{}
	for seed := range uint64(4) {
		first, _ := worldHistory(t, seed, iocptest.Hostile(0.05), 3000)
		again, _ := worldHistory(t, seed, iocptest.Hostile(0.05), 3000)
		if first != again {
			t.Errorf("seed %d: two runs differ", seed)
		}
		if other, ok := seen[first]; ok {
			t.Errorf("the seeds %d and %d have one history", seed, other)
		}
		seen[first] = seed
	}
}

// TestSimReplaysInABubble: the same with the bubble's clock, where the machine's events and the
// program's timers are one.
func TestSimReplaysInABubble(t *testing.T) {
	for seed := range uint64(3) {
		var hashes [2]uint64
		for i := range hashes {
			synctest.Test(t, func(t *testing.T) {
				hashes[i], _ = worldHistory(t, seed, iocptest.Hostile(0.05), 2000)
			})
		}
		if hashes[0] != hashes[1] {
			t.Errorf("seed %d: two runs differ", seed)
		}
	}
}
