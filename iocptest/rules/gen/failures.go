// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

// printFailures writes what the output of go test -json holds about whatever failed: the tests,
// each with its own output, the packages as a whole, and the builds. What never ended counts as
// failed, for the process died in it.
func printFailures(in io.Reader, out io.Writer) error {
	f := failures{running: map[unit]*trial{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if len(bytes.TrimSpace(line)) > 0 && json.Unmarshal(line, &e) == nil {
			f.add(e)
		}
		if err == io.EOF {
			return f.print(out)
		}
		if err != nil {
			return err
		}
	}
}

// unit is what can fail: a test, a package (which has no test) or a build (which has a path).
type unit struct{ pkg, test, build string }

// failures are the trials of all units, in the order in which they began. With -count a unit has
// several.
type failures struct {
	running map[unit]*trial
	all     []*trial
}

type trial struct {
	output strings.Builder
	passed bool
}

func (f *failures) add(e event) {
	u := unit{e.Package, e.Test, e.ImportPath}
	r := f.running[u]
	if r == nil || e.Action == "run" {
		r = &trial{}
		f.running[u] = r
		f.all = append(f.all, r)
	}
	switch e.Action {
	case "output", "build-output":
		if !strings.HasPrefix(e.Output, "=== ") { // the progress of go test -v
			r.output.WriteString(e.Output)
		}
	case "pass", "skip":
		r.passed = true
		delete(f.running, u)
	case "fail":
		delete(f.running, u)
	}
}

func (f *failures) print(out io.Writer) error {
	for _, r := range f.all {
		if r.passed {
			continue
		}
		if _, err := io.WriteString(out, r.output.String()); err != nil {
			return err
		}
	}
	return nil
}
