// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"

	"iocp"
)

var infoCommand = &command{
	name:    "info",
	summary: "tell which engine works here, and why not a better one",
	details: `
Info tries every engine that this build knows and prints the result: the kernel, the
features found, and for an engine that does not work the reason and the cure. The exit
status is 1 when no engine works, or not the one asked for with -engine.`,
	declare: func(fs *flag.FlagSet) action {
		var i info
		i.declare(fs)
		fs.BoolVar(&i.json, "json", false, "print JSON")
		return i.run
	},
}

type info struct {
	portFlags
	json bool
}

// systemInfo is what info prints, and the shape of its JSON.
type systemInfo struct {
	System      string       `json:"system"`
	Kernel      string       `json:"kernel"`
	CPUs        int          `json:"cpus"`
	Concurrency int          `json:"concurrency"`
	Workers     int          `json:"workers"`
	Engine      string       `json:"engine"` // the one that is used; empty when none works
	Engines     []engineInfo `json:"engines"`
}

type engineInfo struct {
	Name     string   `json:"name"`
	Works    bool     `json:"works"`
	Features []string `json:"features,omitempty"`
	Lacks    []string `json:"lacks,omitempty"`
	Error    string   `json:"error,omitempty"`
	Cures    []string `json:"cures,omitempty"`
}

func (i *info) run(_ context.Context, operands []string, o output) error {
	if len(operands) > 0 {
		return usagef("unexpected argument %q", operands[0])
	}
	if err := i.check(); err != nil {
		return err
	}
	s := i.gather(iocp.Engines())
	if err := i.print(o.out, s); err != nil {
		return err
	}
	if s.Engine == "" {
		return errReported
	}
	return nil
}

// gather sums up engines, which are in the order of preference. With -engine it looks at
// that one alone.
func (i *info) gather(engines []iocp.EngineInfo) systemInfo {
	s := systemInfo{System: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU()}
	s.Concurrency = i.value()
	s.Workers = i.workersFor(s.Concurrency)
	for _, e := range engines {
		if i.engine != "" && e.Name != i.engine {
			continue
		}
		s.Kernel = e.Kernel
		s.Engines = append(s.Engines, describe(e))
		if e.Err == nil && s.Engine == "" {
			s.Engine = e.Name
		}
	}
	return s
}

func describe(e iocp.EngineInfo) engineInfo {
	info := engineInfo{Name: e.Name, Works: e.Err == nil, Features: e.Features, Lacks: e.Lacks}
	if e.Err == nil {
		return info
	}
	info.Error = e.Err.Error()
	var refused refusal
	if errors.As(e.Err, &refused) {
		info.Error, info.Cures = refused.Reason(), refused.Cures()
	} else if cure := cureForErrno(e.Err); cure != "" {
		info.Cures = []string{cure}
	}
	return info
}

// refusal is an error that tells apart why an engine does not work and what helps.
type refusal interface {
	Reason() string
	Cures() []string
}

func (i *info) print(w io.Writer, s systemInfo) error {
	if i.json {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(s)
	}
	_, err := io.WriteString(w, s.text())
	return err
}

func (s systemInfo) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "system       %s\nkernel       %s\n", s.System, s.Kernel)
	fmt.Fprintf(&b, "CPUs         %d (concurrency value %d, %d workers)\n", s.CPUs, s.Concurrency, s.Workers)
	fmt.Fprintf(&b, "engine       %s\n", orNone(s.Engine))
	for _, e := range s.Engines {
		b.WriteByte('\n')
		e.text(&b)
	}
	return b.String()
}

func (e engineInfo) text(b *strings.Builder) {
	state := "works"
	if !e.Works {
		state = "does not work: " + e.Error
	}
	fmt.Fprintf(b, "%-12s %s\n", e.Name, state)
	for _, cure := range e.Cures {
		fmt.Fprintf(b, "  cure       %s\n", cure)
	}
	if len(e.Features) > 0 {
		fmt.Fprintf(b, "  features   %s\n", strings.Join(e.Features, ", "))
	}
	for _, why := range e.Lacks {
		fmt.Fprintf(b, "  without    %s\n", why)
	}
}

func orNone(name string) string {
	if name == "" {
		return "none works here"
	}
	return name
}
