// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"fmt"
	"testing"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// The suite of all engines, on this kernel and on one without eventfd2, preadv2 and pwritev2.
func TestEngine(t *testing.T) { enginetest.Run(t, suite(host)) }

func TestEngineOnAPoorKernel(t *testing.T) { enginetest.Run(t, suite(poor())) }

func suite(k *kernel) enginetest.Config {
	return enginetest.Config{
		New: func(t testing.TB) (engine.Engine, enginetest.Machine) {
			if info := Probe(); !info.Available {
				t.Skip(info.Err)
			}
			e, err := k.newEngine()
			if err != nil {
				t.Fatal(err)
			}
			return e, nil
		},
		State: func(e engine.Engine) string { return fmt.Sprintf("%+v", e.(*Engine).Stats()) },
	}
}
