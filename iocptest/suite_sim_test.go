// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest_test

import (
	"os"
	"strconv"
	"testing"

	"iocp/iocptest"
)

// TestSim runs the suite on a simulated machine without faults.
func TestSim(t *testing.T) {
	s := iocptest.NewSim(1, iocptest.Faults{})
	s.TestPort(t)
	s.Finish(t)
}

// TestSimUnderFaults runs the suite with the faults that package iocp has to hide, with the seed
// that the environment gives.
func TestSimUnderFaults(t *testing.T) {
	seed, err := strconv.ParseUint(os.Getenv("IOCPTEST_SIM_SEED"), 10, 64)
	if err != nil {
		t.Skip("takes long; runs with IOCPTEST_SIM_SEED=1 or another number")
	}
	const p = 0.2
	s := iocptest.NewSim(seed, iocptest.Faults{Delay: p, LateCancel: p, Interrupt: p, Again: p, ThreadLoss: p,
		Overflow: p, Deferred: p, FullQueue: p})
	s.TestPort(t)
	s.Finish(t)
}
