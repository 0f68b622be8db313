// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aixtest_test

import (
	"slices"
	"testing"

	"iocp"
	"iocp/iocptest/aixtest"
	"iocp/iocptest/rules"
)

// TestAIX runs the suite.
func TestAIX(t *testing.T) {
	if engines := iocp.Engines(); !slices.ContainsFunc(engines, func(e iocp.EngineInfo) bool { return e.Err == nil }) {
		t.Skipf("no engine works here (kernel %s): %v", engines[0].Kernel, engines[0].Err)
	}
	aixtest.Test(t)
}

// Every id is in the table of rules.
func TestIDs(t *testing.T) {
	ids := aixtest.IDs()
	if len(ids) == 0 {
		t.Fatal("the suite is empty")
	}
	for _, id := range ids {
		if _, ok := rules.Lookup(id); !ok {
			t.Errorf("%s is no rule", id)
		}
	}
}
