// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"fmt"
	"testing"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// The suite of all engines, with rings of the usual size, and so small that both overflow.
func TestEngine(t *testing.T) { enginetest.Run(t, suite(host, Options{})) }

func TestEngineWithSmallQueues(t *testing.T) { enginetest.Run(t, suite(host, Options{Entries: 8, CQEntries: 16})) }

func suite(k *kernel, o Options) enginetest.Config {
	return enginetest.Config{
		New: func(t testing.TB) (engine.Engine, enginetest.Machine) {
			if info := Probe(); !info.Available {
				t.Skip(info.Err)
			}
			e, err := k.newEngine(o)
			if err != nil {
				t.Fatal(err)
			}
			return e, nil
		},
		State: func(e engine.Engine) string { return fmt.Sprintf("%+v", e.(*Engine).Stats()) },
	}
}
