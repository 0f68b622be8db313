// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package iocp

import (
	"iocp/internal/engine"
	"iocp/internal/engine/uring"
)

// EngineInfo describes an engine on this machine.
type EngineInfo struct {
	Name     string   // what Config.Engine takes
	Err      error    // nil if it works here; otherwise why not and what to do
	Kernel   string   // the release of the kernel
	Features []string // what of the engine's optional features the kernel has
}

// Engines lists the engines of this system, the preferred one first. The first call tries
// them, which takes a moment and leaves nothing behind.
func Engines() []EngineInfo {
	info := uring.Probe()
	e := EngineInfo{Name: EngineURing, Kernel: info.Kernel, Features: info.Features}
	if !info.Available {
		e.Err = &EngineError{EngineURing, info.Err}
	}
	return []EngineInfo{e}
}

// probeEngine says whether the named engine works here.
func probeEngine(name string) error {
	for _, e := range Engines() {
		if e.Name == name {
			return e.Err
		}
	}
	return parameterError("there is no engine called " + name + " on this system; leave Config.Engine empty for the best one")
}

// uringOptions are the sizes of the rings; tests make them small.
var uringOptions uring.Options

func newEngine(name string) (engine.Engine, error) {
	if err := probeEngine(EngineURing); err != nil {
		return nil, err
	}
	e, err := uring.New(uringOptions)
	if err != nil {
		return nil, &EngineError{EngineURing, err}
	}
	return e, nil
}
