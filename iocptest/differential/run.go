// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"iocp"
)

// A Trace says, for each step of a program and for its end, what packets it brought.
type Trace []string

// Config says how [Run] plays a program.
type Config struct {
	// NewPort makes the port; it passes the Concurrency on, and chooses the engine.
	NewPort func(iocp.Config) (*iocp.Port, error)

	// Dir is a directory for the program's files, which are left there. Required.
	Dir string

	// Limit is how long anything that is due may take; 0 means 30 seconds.
	Limit time.Duration
}

// Run plays p on a new port and closes everything again. The error, if any, says how a promise that
// holds on every engine was broken; the trace ends there. It blocks until p is over, and does not
// depend on other calls of Run, with another Dir.
func Run(p Program, c Config) (trace Trace, err error) {
	if c.Limit == 0 {
		c.Limit = 30 * time.Second
	}
	port, err := c.NewPort(iocp.Config{Concurrency: int(p.Concurrency%4) + 1})
	if err != nil {
		return nil, err
	}
	r := &runner{Config: c, port: port, inFlight: map[*op]bool{}, batch: make([]iocp.Completion, p.Batch%16+1)}
	defer func() {
		err = errors.Join(err, r.port.Close())
		r.joinTakers()
	}()
	r.startTakers(int(p.Takers % 4))
	for i, s := range p.Steps {
		if err := r.play(fmt.Sprintf("step %d, %s", i, s), func() { s.kind().run(r, s) }); err != nil {
			r.abandon()
			return r.trace, err
		}
	}
	if err := r.play("end", r.strike); err != nil {
		r.abandon()
		return r.trace, err
	}
	return r.trace, nil
}

// abandon closes what a program has left that was broken off.
func (r *runner) abandon() {
	for _, c := range r.opened {
		c.Close()
	}
}

// runner is a program that runs. All of it belongs to the goroutine of Run, except what takers
// use.
type runner struct {
	Config
	port     *iocp.Port
	trace    Trace
	batch    []iocp.Completion
	inFlight map[*op]bool
	ended    []*op // in this step
	posted   []any // keys of posted packets, in the order of arrival
	lines    []string
	ids      int
	quiet    int
	files    int
	opened   []io.Closer

	takers takers

	streams   [3]*stream
	datagrams [2]*datagrams
	disks     [2]*disk
	pipes     [2]*pipe
}

// violation is the panic that ends a program: a promise was broken.
type violation struct{ text string }

// broken ends the program.
func (r *runner) broken(format string, args ...any) {
	panic(violation{fmt.Sprintf(format, args...)})
}

// must ends the program if err is not nil.
func (r *runner) must(err error, what string) {
	if err != nil {
		r.broken("%s: %v", what, err)
	}
}

// play does one step and adds it to the trace.
func (r *runner) play(name string, do func()) (err error) {
	defer func() {
		r.trace = append(r.trace, name+": "+strings.Join(r.lines, "; "))
		r.lines = r.lines[:0]
		switch v := recover().(type) {
		case nil:
		case violation:
			err = fmt.Errorf("%s: %s", name, v.text)
		default:
			err = fmt.Errorf("%s: panic: %v\n%s", name, v, debug.Stack())
		}
	}()
	do()
	r.gather()
	r.note()
	return nil
}

// note adds what ended in this step to its lines, in the order of starting.
func (r *runner) note() {
	slices.SortFunc(r.ended, func(a, b *op) int { return a.id - b.id })
	for _, o := range r.ended {
		if !o.due {
			r.broken("%v ended when nothing had happened that it waits for: %s", o, o.outcome())
		}
		if !o.quiet {
			r.line("%v %s", o, o.outcome())
		}
	}
	r.ended = r.ended[:0]
}

// line adds to what the trace says of this step.
func (r *runner) line(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

// strike ends the program: everything is closed, and everything in flight has its packet.
func (r *runner) strike() {
	for _, s := range r.streams {
		if s != nil {
			s.close()
		}
	}
	for _, d := range r.datagrams {
		if d != nil {
			d.close()
		}
	}
	for _, d := range r.disks {
		if d != nil {
			d.close()
		}
	}
	for _, p := range r.pipes {
		if p != nil {
			p.close()
		}
	}
	if len(r.inFlight) > 0 {
		r.broken("%d operations are in flight although everything is closed", len(r.inFlight))
	}
}

// path is the name of a new file.
func (r *runner) path() string {
	r.files++
	return fmt.Sprintf("%s%c%d", r.Dir, os.PathSeparator, r.files)
}
