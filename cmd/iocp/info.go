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
	"syscall"

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
	Cure     string   `json:"cure,omitempty"`
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
	if e.Err == nil {
		return engineInfo{Name: e.Name, Works: true, Features: e.Features, Lacks: e.Lacks}
	}
	info := engineInfo{Name: e.Name, Features: e.Features, Lacks: e.Lacks, Error: e.Err.Error()}
	if e.Name == iocp.EngineURing {
		info.Cure = uringCure(e.Err)
	} else {
		info.Cure = cureForErrno(e.Err)
	}
	return info
}

// uringCure tells how to get io_uring where the system refuses it. The three answers of
// io_uring_setup(2) stand for three different doors that are shut.
func uringCure(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSYS):
		return "the kernel has no io_uring, or a sandbox hides it: use Linux 5.15 or newer with CONFIG_IO_URING, or a sandbox that lets io_uring_setup through"
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return "allow io_uring: sysctl kernel.io_uring_disabled=0, and in a container a seccomp profile that permits io_uring_setup, io_uring_enter and io_uring_register"
	case errors.Is(err, syscall.ENOMEM):
		return "raise the limit on locked memory: ulimit -l"
	}
	return cureForErrno(err)
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
	if e.Cure != "" {
		fmt.Fprintf(b, "  cure       %s\n", e.Cure)
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
