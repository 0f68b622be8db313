// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"runtime"
	"slices"
	"strings"

	"iocp"
)

// portFlags are the flags of every command: what its port and its workers are like.
type portFlags struct {
	engine      string
	concurrency int
	workers     int
}

// maxWorkers bounds what the flags may ask for. Each worker has a stack and a batch of packets.
const maxWorkers = 1 << 16

func (p *portFlags) declare(fs *flag.FlagSet) {
	fs.StringVar(&p.engine, "engine", "", "`engine` that drives the I/O: "+strings.Join(engineNames(), ", ")+"; empty for the best that works here")
	fs.IntVar(&p.concurrency, "concurrency", 0, "concurrency value of the port, the `number` of workers that run at a time; 0 for one per CPU")
	fs.IntVar(&p.workers, "workers", 0, "`number` of workers that wait on the port; 0 for twice the concurrency value, or one on a single processor")
}

// check refuses values that no port could be made with.
func (p *portFlags) check() error {
	if p.concurrency < 0 || p.concurrency > maxWorkers {
		return usagef("-concurrency %d: want 0 to %d", p.concurrency, maxWorkers)
	}
	if p.workers < 0 || p.workers > maxWorkers {
		return usagef("-workers %d: want 0 to %d", p.workers, maxWorkers)
	}
	if names := engineNames(); p.engine != "" && !slices.Contains(names, p.engine) {
		return usagef("-engine %s: this build knows %s", p.engine, strings.Join(names, ", "))
	}
	return nil
}

// openPort makes the port that the flags describe. That no engine works shows here and not
// with the first file or connection.
func (p *portFlags) openPort() (*iocp.Port, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	var refusals []error
	engines := iocp.Engines()
	for _, e := range engines {
		if e.Err != nil {
			refusals = append(refusals, e.Err)
		}
	}
	if len(refusals) == len(engines) {
		return nil, errors.Join(refusals...)
	}
	return iocp.NewPort(iocp.Config{Concurrency: p.concurrency, Engine: p.engine})
}

// value returns the concurrency value that the port will have.
func (p *portFlags) value() int {
	if p.concurrency > 0 {
		return p.concurrency
	}
	return runtime.NumCPU()
}

// workersFor returns how many workers to start on a port of that concurrency value. With
// one processor a second worker can never run while the first one does, and only costs
// wake-ups; otherwise half of them may block while the other half runs.
func (p *portFlags) workersFor(concurrency int) int {
	switch {
	case p.workers > 0:
		return p.workers
	case runtime.GOMAXPROCS(0) == 1:
		return 1
	}
	return 2 * concurrency
}

func engineNames() []string {
	var names []string
	for _, e := range iocp.Engines() {
		names = append(names, e.Name)
	}
	return names
}
