// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest_test

import (
	"testing"

	"iocp/iocptest"
)

// TestSim runs the suite on a simulated machine without faults.
func TestSim(t *testing.T) {
	s := iocptest.NewSim(1, iocptest.Faults{})
	s.TestPort(t)
	s.Finish(t)
}
