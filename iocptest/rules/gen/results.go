// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// An outcome is what a run of the suite says about one rule.
type outcome int

const (
	passes  outcome = iota + 1
	partly          // passes, with some of its subtests or repetitions skipped
	skipped         // nothing of it ran
	fails           // failed, or began and never ended
)

// words are the outcomes as the page and the records have them.
var words = [...]string{passes: "yes", partly: "in part", skipped: "no", fails: "fails"}

// A result is the outcome for a rule and, where something was skipped, the reasons.
type result struct {
	outcome outcome
	reasons []string
}

// A suite is what a run of one of the conformance suites gave.
type suite struct {
	name   string // of what it examines: an engine of package iocp, or another package
	test   string
	engine bool

	recorded bool // the results come from a record

	rules map[string]result // by rule id

	// failed says that the test as a whole failed, which it also does if something goes wrong
	// outside the subtests of the rules.
	failed bool
}

// event is what is used of a line of go test -json; "go doc cmd/test2json" describes them.
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build
	Test       string
	Output     string
}

// An attempt is one run of one test; -count and -cpu make several of the same test.
type attempt struct {
	rule   string
	name   string
	pkg    string
	action string // pass, skip or fail; empty while it runs
	output strings.Builder
}

// parseResults reads the output of go test -json and returns s with what it says about s.test,
// whose subtests are named by rule id. Lines that are no events are passed over: builds and other tools write
// between them, and the last line of an interrupted run is cut off.
func parseResults(in io.Reader, s suite) (suite, error) {
	c := collector{test: s.test, running: map[[2]string]*attempt{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if len(bytes.TrimSpace(line)) > 0 && json.Unmarshal(line, &e) == nil {
			c.add(e)
		}
		if errors.Is(err, io.EOF) {
			s.rules, s.failed = c.results(), c.failed
			return s, nil
		}
		if err != nil {
			return s, err
		}
	}
}

type collector struct {
	test    string
	running map[[2]string]*attempt // by package and name of the test
	all     []*attempt
	failed  bool
}

func (c *collector) add(e event) {
	if e.Test == c.test && e.Action == "fail" {
		c.failed = true
	}
	rule := ruleOf(e.Test, c.test)
	if rule == "" {
		return
	}
	key := [2]string{e.Package, e.Test}
	a := c.running[key]
	if a == nil || e.Action == "run" {
		if !begins(e.Action) {
			return
		}
		a = &attempt{rule: rule, name: e.Test, pkg: e.Package}
		c.running[key] = a
		c.all = append(c.all, a)
	}
	switch e.Action {
	case "output":
		a.output.WriteString(e.Output)
	case "pass", "skip", "fail":
		a.action = e.Action
		delete(c.running, key)
	}
}

// begins reports whether the action shows that a test ran, even if the line that says so is
// lost. Output alone does not: it may come after the end.
func begins(action string) bool {
	return action == "run" || action == "pass" || action == "skip" || action == "fail"
}

var idPattern = regexp.MustCompile(`^([A-Z][0-9]{2})(#[0-9]+)?$`)

// ruleOf returns the id in the name of a subtest of test, of TestUring/A13 and of
// TestUring/A13/duplicate, or "". The testing package adds #01 to a name that is used again.
func ruleOf(name, test string) string {
	parts := strings.Split(name, "/")
	if len(parts) < 2 || parts[0] != test {
		return ""
	}
	m := idPattern.FindStringSubmatch(parts[1])
	if m == nil {
		return ""
	}
	return m[1]
}

// results sums the attempts up by rule. A test that has subtests passes if all of them were
// skipped, so a pass counts only where there is nothing below.
func (c *collector) results() map[string]result {
	parents := map[[2]string]bool{}
	for _, a := range c.all {
		if i := strings.LastIndexByte(a.name, '/'); i > 0 {
			parents[[2]string{a.pkg, a.name[:i]}] = true
		}
	}
	found := map[string]result{}
	for _, a := range c.all {
		isParent := parents[[2]string{a.pkg, a.name}]
		found[a.rule] = found[a.rule].with(a, isParent)
	}
	return found
}

func (r result) with(a *attempt, isParent bool) result {
	switch {
	case r.outcome == fails || a.action == "fail" || a.action == "":
		return result{outcome: fails}
	case a.action == "skip":
		if r.outcome == 0 {
			r.outcome = skipped
		}
		if r.outcome == passes {
			r.outcome = partly
		}
		if s := skipReason(a.output.String()); !slices.Contains(r.reasons, s) {
			r.reasons = append(r.reasons, s)
			slices.Sort(r.reasons) // parallel tests skip in any order
		}
	case isParent:
		// What is below it tells.
	case r.outcome == skipped:
		r.outcome = partly
	case r.outcome == 0:
		r.outcome = passes
	}
	return r
}

// The testing package indents what a test logs and puts the file and the line before it.
var logLine = regexp.MustCompile(`^\s+[^\s:]+\.go:[0-9]+: (.*)$`)

const logContinuation = "        "

// skipReason returns what the test logged last, in one line: t.Skip logs its reason and ends
// the test.
func skipReason(output string) string {
	var last []string
	inLog := false
	for _, line := range strings.Split(output, "\n") {
		if m := logLine.FindStringSubmatch(line); m != nil {
			last, inLog = []string{m[1]}, true
			continue
		}
		inLog = inLog && strings.HasPrefix(line, logContinuation)
		if inLog {
			last = append(last, line)
		}
	}
	reason := oneLine(strings.Join(last, " "))
	if reason == "" {
		return "no reason given"
	}
	return reason
}

func sortedKeys(found map[string]result) []string {
	return slices.Sorted(maps.Keys(found))
}
