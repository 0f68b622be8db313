// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package iocp

import (
	"errors"
	"strings"

	"iocp/internal/engine"
	"iocp/internal/engine/epoll"
	"iocp/internal/engine/uring"
)

// EngineInfo describes an engine on this machine.
type EngineInfo struct {
	Name     string   // what Config.Engine takes
	Err      error    // nil if it works here; otherwise why not and what to do
	Kernel   string   // the release of the kernel
	Features []string // what of the engine's optional features the kernel has
	Lacks    []string // sentences about what it does not have, and what the engine does instead
}

// Engines lists the engines of this system, the preferred one first. The first call tries
// them, which takes a moment and leaves nothing behind.
func Engines() []EngineInfo {
	u, p := uring.Probe(), epoll.Probe()
	return []EngineInfo{
		{Name: EngineURing, Err: refusal(EngineURing, u.Err), Kernel: u.Kernel, Features: u.Features},
		{Name: EngineEpoll, Err: refusal(EngineEpoll, p.Err), Kernel: p.Kernel, Features: p.Features, Lacks: p.Lacks},
	}
}

func refusal(name string, err error) error {
	if err == nil {
		return nil
	}
	return &EngineError{name, err}
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

// preferred is the engine of ports that ask for none in particular, if it works; tests choose.
var preferred string

// newEngine makes the named engine, or without a name the first that works: epoll where io_uring
// is refused. If none does the error says why, of each.
func newEngine(name string) (engine.Engine, error) {
	if name == "" {
		name = preferred
	}
	var names []string
	var refusals []error
	for _, candidate := range []string{EngineURing, EngineEpoll} {
		if name != "" && name != candidate {
			continue
		}
		e, err := makeEngine(candidate)
		if err == nil {
			return e, nil
		}
		names, refusals = append(names, candidate), append(refusals, err)
	}
	return nil, &EngineError{strings.Join(names, " and "), errors.Join(refusals...)}
}

func makeEngine(name string) (engine.Engine, error) {
	if name == EngineURing {
		return uring.New(uringOptions)
	}
	return epoll.New()
}
