// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package iocp

import (
	"iocp/internal/engine"
	"iocp/internal/engine/portable"
)

// portableEngine is there on every Unix system; named: only if it is asked for.
func portableEngine(named bool) engineOf {
	return engineOf{
		name: EnginePortable,
		probe: func() EngineInfo {
			i := portable.Probe()
			return EngineInfo{Err: i.Err, Kernel: i.Kernel, Lacks: i.Lacks}
		},
		make:  func() (engine.Engine, error) { return portable.New() },
		named: named,
	}
}
