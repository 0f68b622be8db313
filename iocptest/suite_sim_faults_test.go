// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// hidden are the faults that package iocp hides, and those that show only what was taken for an order.
func hidden(p float64) Faults {
	return Faults{Interrupt: p, Again: p, ThreadLoss: p, Overflow: p, Deferred: p, FullQueue: p,
		Delay: p, Reorder: p, LateCancel: p}
}

// TestSimWithHiddenFaults runs the suite on simulated machines that misbehave in ways no rule may
// notice: with seeds that never change and one that nobody has tried. IOCPTEST_SIM_SEED=N, or N-M, runs those.
func TestSimWithHiddenFaults(t *testing.T) {
	first, last := uint64(1), uint64(2)
	if testing.Short() {
		last = 1
	}
	if s := os.Getenv("IOCPTEST_SIM_SEED"); s != "" {
		first, last = seedsIn(t, s)
	} else {
		withHiddenFaults(t, rand.Uint64())
	}
	for seed := first; seed <= last; seed++ {
		withHiddenFaults(t, seed)
	}
}

func seedsIn(t *testing.T, s string) (first, last uint64) {
	n, err := fmt.Sscanf(s, "%d-%d", &first, &last)
	if n == 1 {
		return first, first
	}
	if err != nil {
		t.Fatalf("IOCPTEST_SIM_SEED=%s: want a seed, or the first and the last with a hyphen between them", s)
	}
	return first, last
}

// withHiddenFaults runs the suite with one seed. What must not happen is watched for a moment only:
// TestSim takes its time, and a machine that jumps needs none.
func withHiddenFaults(t *testing.T, seed uint64) {
	t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
		s := NewSim(seed, hidden(0.1))
		st := newStage(t, s.Port, simulated{s})
		st.quiet = 500 * time.Microsecond
		st.play(t)
		s.Finish(t)
		if t.Failed() {
			t.Logf("once more: IOCPTEST_SIM_SEED=%d go test -run TestSimWithHiddenFaults ./iocptest", seed)
		}
	})
}
