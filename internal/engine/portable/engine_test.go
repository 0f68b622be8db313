// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"fmt"
	"testing"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// The suite of all engines.
func TestEngine(t *testing.T) {
	enginetest.Run(t, enginetest.Config{
		New:   func(t testing.TB) (engine.Engine, enginetest.Machine) { return anEngine(t), nil },
		Skip:  skip,
		State: func(e engine.Engine) string { return fmt.Sprintf("%+v", e.(*Engine).Stats()) },
	})
}

func anEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := New()
	if err != nil {
		t.Skip(err)
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
	e := anEngine(t)
	return &port{enginetest.NewPort(t, e), e}
}
