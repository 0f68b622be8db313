// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"iocp/internal/engine"
	"iocp/internal/engine/epoll"
	"iocp/internal/engine/uring"
)

// uringOptions are the sizes of the rings; tests make them small.
var uringOptions uring.Options

// engines are those of Linux.
var engines = []engineOf{
	{
		name: EngineURing,
		probe: func() EngineInfo {
			i := uring.Probe()
			return EngineInfo{Err: i.Err, Kernel: i.Kernel, Features: i.Features}
		},
		make: func() (engine.Engine, error) { return uring.New(uringOptions) },
	},
	{
		name: EngineEpoll,
		probe: func() EngineInfo {
			i := epoll.Probe()
			return EngineInfo{Err: i.Err, Kernel: i.Kernel, Features: i.Features, Lacks: i.Lacks}
		},
		make: func() (engine.Engine, error) { return epoll.New() },
	},
	portableEngine(true),
}
