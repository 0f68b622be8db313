// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"fmt"
	"syscall"
	"testing"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// The suite of all engines, on this kernel and on one that lacks what can be lacked.
func TestEngine(t *testing.T) { enginetest.Run(t, suite(host, 0)) }

func TestEngineOnAPoorKernel(t *testing.T) { enginetest.Run(t, suite(poor(), 1000)) }

func suite(k *kernel, most int) enginetest.Config {
	return enginetest.Config{
		New:   func(t testing.TB) (engine.Engine, enginetest.Machine) { return newEngine(t, k), nil },
		State: func(e engine.Engine) string { return fmt.Sprintf("%+v", e.(*Engine).Stats()) },
		Most:  most,
	}
}

func newEngine(t testing.TB, k *kernel) *Engine {
	t.Helper()
	if info := Probe(); !info.Available {
		t.Skip(info.Err)
	}
	e, err := k.newEngine()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// port is what this engine alone does, and the harness of the suite.
type port struct {
	*enginetest.Port
	*Engine
}

func newPort(t testing.TB) *port {
	t.Helper()
	return newPortWith(t, host)
}

// newPortWith makes a port on a kernel that pretends to be another one.
func newPortWith(t testing.TB, k *kernel) *port {
	t.Helper()
	e := newEngine(t, k)
	return &port{enginetest.NewPort(t, e), e}
}

// poor is a kernel without eventfd2, preadv2 and pwritev2.
func poor() *kernel {
	k := *host
	k.eventfd = func() (int, syscall.Errno) { return -1, syscall.ENOSYS }
	k.vectors = func() syscall.Errno { return syscall.ENOSYS }
	return &k
}
