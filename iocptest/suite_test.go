// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest_test

import (
	"testing"

	"iocp"
	"iocp/iocptest"
)

// TestUring runs the suite on io_uring.
func TestUring(t *testing.T) {
	requireEngine(t, iocp.EngineURing)
	iocptest.TestPort(t, func(c iocp.Config) (*iocp.Port, error) {
		c.Engine = iocp.EngineURing
		return iocp.NewPort(c)
	})
}

// TestEpoll runs the suite on epoll.
func TestEpoll(t *testing.T) {
	requireEngine(t, iocp.EngineEpoll)
	iocptest.TestPort(t, func(c iocp.Config) (*iocp.Port, error) {
		c.Engine = iocp.EngineEpoll
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
