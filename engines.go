// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"errors"
	"strings"

	"iocp/internal/engine"
)

// The names of the engines, for [Config]. Each system has some of them.
const (
	EngineURing = "uring" // Linux: io_uring
	EngineEpoll = "epoll" // Linux: epoll, and threads for files: where io_uring is refused
	EngineNT    = "nt"    // Windows: overlapped I/O and a completion port of the kernel

	// EnginePortable is there on every Unix system: Go's own network poller, and threads for files. It
	// is chosen where there is no other, and on Linux only by its name.
	EnginePortable = "portable"
)

// EngineInfo describes an engine on this machine.
type EngineInfo struct {
	Name     string   // what Config.Engine takes
	Err      error    // nil if it works here; otherwise why not and what to do
	Kernel   string   // the release of the kernel
	Features []string // what of the engine's optional features the kernel has
	Lacks    []string // sentences about what it does not have, and what the engine does instead
}

// engineOf is one of the engines of this system, which are in engines, the preferred one first.
type engineOf struct {
	name  string
	probe func() EngineInfo // without the name
	make  func() (engine.Engine, error)
	named bool // taken only if it is asked for by name
}

// Engines lists the engines of this system, the preferred one first. The first call tries
// them, which takes a moment and leaves nothing behind.
func Engines() []EngineInfo {
	all := make([]EngineInfo, len(engines))
	for i, e := range engines {
		all[i] = e.probe()
		all[i].Name = e.name
		if all[i].Err != nil {
			all[i].Err = &EngineError{e.name, all[i].Err}
		}
	}
	return all
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

// preferred is the engine of ports that ask for none in particular, if it works; tests choose.
var preferred string

// newEngine makes the named engine, or without a name the first that works: on Linux epoll where
// io_uring is refused. If none does the error says why, of each.
func newEngine(name string) (engine.Engine, error) {
	if name == "" {
		name = preferred
	}
	var names []string
	var refusals []error
	for _, candidate := range engines {
		if name != candidate.name && (name != "" || candidate.named) {
			continue
		}
		e, err := candidate.make()
		if err == nil {
			return e, nil
		}
		names, refusals = append(names, candidate.name), append(refusals, err)
	}
	if len(names) == 0 {
		return nil, parameterError("there is no engine for this system; ports can be posted to, but no endpoint associated")
	}
	return nil, &EngineError{strings.Join(names, " and "), errors.Join(refusals...)}
}
