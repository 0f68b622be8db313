// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest_test

import (
	"testing"

	"iocp"
	"iocp/iocptest"
)

// testEngine runs the suite on the engine of that name, or skips if this machine refuses it. The
// files suite_SYSTEM_test.go have a test for each engine of a system; docs/rules.md has a column
// for each of these tests.
func testEngine(t *testing.T, name string) {
	requireEngine(t, name)
	iocptest.TestPort(t, func(c iocp.Config) (*iocp.Port, error) {
		c.Engine = name
		return iocp.NewPort(c)
	})
}

// requireEngine skips if this machine refuses the engine.
func requireEngine(t *testing.T, name string) {
	t.Helper()
	for _, e := range iocp.Engines() {
		if e.Name != name {
			continue
		}
		if e.Err != nil {
			t.Skipf("engine %q is refused here (kernel %s): %v", name, e.Kernel, e.Err)
		}
		return
	}
	t.Fatalf("package iocp knows no engine %q", name)
}
