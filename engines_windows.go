// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"iocp/internal/engine"
	"iocp/internal/engine/nt"
)

// engines are those of Windows.
var engines = []engineOf{{
	name: EngineNT,
	probe: func() EngineInfo {
		i := nt.Probe()
		return EngineInfo{Err: i.Err, Kernel: i.Kernel, Features: i.Features, Lacks: i.Lacks}
	},
	make: func() (engine.Engine, error) { return nt.New(nt.Options{}) },
}}
