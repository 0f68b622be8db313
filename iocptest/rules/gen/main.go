// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Command gen writes docs/rules.md from the table of package rules and the results of a run of
// the conformance suites:
//
//	go test -json ./iocptest/... > results.json
//	go run ./iocptest/rules/gen -results results.json
//
// Without -results, or with -results -, it reads the results from its standard input. With
// -check it writes nothing and compares: it fails if docs/rules.md is not what the table and
// the results give.
//
// With -failures it does nothing but print the output of the tests, packages and builds that failed.
//
// The results are the subtests TEST/ID, such as TestUring/A13; -suites names the packages that
// are examined and the TEST of each. It is an error, exit status 1, if a rule that can be shown
// has no test in any suite ("missing" in the page, which is written all the same), if a test for a
// rule that cannot be shown passed, if a subtest has an id that is not in the table, and if
// the results hold no subtest of a suite at all, when nothing is written. A failing subtest is
// no error here: the page says so, and so does a line on the standard error; but TEST failing
// while no subtest did is one.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"iocp/iocptest/rules"
)

type options struct {
	results string
	suites  []suite // without results
	out     string
	check   bool

	failures bool
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stderr))
}

// run is the command; it returns the exit status: 0, 1 for an error, 2 for wrong usage.
func run(args []string, stdin io.Reader, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2
	}
	if o.failures {
		return fail(stderr, o.withResults(stdin, func(in io.Reader) error { return printFailures(in, stderr) }))
	}
	found, err := readResults(o, stdin)
	if err == nil {
		err = errors.Join(publish(o, page(rules.All(), found)), disagreements(found))
	}
	for _, s := range found {
		for _, id := range failing(s.rules) {
			fmt.Fprintf(stderr, "gen: note: the test of rule %s fails for package %s\n", id, s.name)
		}
	}
	return fail(stderr, err)
}

// fail says what is wrong, if anything is, and returns the exit status.
func fail(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "gen: %s\n", strings.ReplaceAll(err.Error(), "\n", "\ngen: "))
	return 1
}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	var suites string
	fs := flag.NewFlagSet("gen", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.results, "results", "-", "read the output of go test -json from `file`; - is the standard input")
	fs.StringVar(&suites, "suites", "iocp=TestUring,win32=TestWin32,aix=TestAIX", "the packages and the tests of their suites: `list` of PACKAGE=TEST")
	fs.StringVar(&o.out, "o", filepath.Join("docs", "rules.md"), "write the page to, or compare it with, `file`")
	fs.BoolVar(&o.check, "check", false, "write nothing; fail if the page is not up to date")
	fs.BoolVar(&o.failures, "failures", false, "write no page; print the output of what failed")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		err := fmt.Errorf("unexpected argument %q; a results file is named with -results", fs.Arg(0))
		fmt.Fprintf(stderr, "gen: %v\n", err)
		return o, err
	}
	for _, s := range strings.Split(suites, ",") {
		name, test, ok := strings.Cut(s, "=")
		if !ok || name == "" || test == "" {
			err := fmt.Errorf("-suites %q: write PACKAGE=TEST, with a comma between two", suites)
			fmt.Fprintf(stderr, "gen: %v\n", err)
			return o, err
		}
		o.suites = append(o.suites, suite{name: name, test: test})
	}
	return o, nil
}

// withResults calls f with what -results names.
func (o options) withResults(stdin io.Reader, f func(io.Reader) error) error {
	in, name := stdin, "the standard input"
	if o.results != "-" {
		file, err := os.Open(o.results)
		if err != nil {
			return fmt.Errorf("cannot read the results: %w", err)
		}
		defer file.Close()
		in, name = file, o.results
	}
	if err := f(in); err != nil {
		return fmt.Errorf("the results from %s: %w", name, err)
	}
	return nil
}

// readResults returns the result of each rule that the results name, by suite. None at all is an
// error: a page of nothing but "missing" would only hide that the wrong file was read.
func readResults(o options, stdin io.Reader) (found []suite, err error) {
	err = o.withResults(stdin, func(in io.Reader) error {
		text, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		for _, want := range o.suites {
			s, err := parseResults(bytes.NewReader(text), want.name, want.test)
			if err != nil {
				return err
			}
			if len(s.rules) == 0 {
				return fmt.Errorf("no subtest of %s is named by a rule id: is it the output of go test -json ./iocptest/...?", want.test)
			}
			found = append(found, s)
		}
		return nil
	})
	return found, err
}

// publish writes the page, or with -check compares it with what is there.
func publish(o options, text string) error {
	if o.check {
		return compare(o.out, text)
	}
	if err := os.MkdirAll(filepath.Dir(o.out), 0o777); err != nil {
		return err
	}
	return os.WriteFile(o.out, []byte(text), 0o666)
}

func compare(file, text string) error {
	have, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w; run the command without -check to write the page", err)
	}
	if string(have) == text {
		return nil
	}
	n := firstDifference(string(have), text)
	return fmt.Errorf("%s is out of date from line %d on: it is not what the table and these results give; "+
		"run the command without -check and commit the page\nit has:   %s\nit needs: %s",
		file, n, line(string(have), n), line(text, n))
}

// line returns the line number n of a text, of which the first is 1.
func line(text string, n int) string {
	lines := strings.Split(text, "\n")
	if n > len(lines) {
		return "nothing more"
	}
	return lines[n-1]
}

// firstDifference returns the number of the first line in which two different texts differ.
func firstDifference(a, b string) int {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	n := 0
	for n < len(as) && n < len(bs) && as[n] == bs[n] {
		n++
	}
	return n + 1
}

// disagreements says in which rules the table and the results do not fit together.
func disagreements(found []suite) error {
	var missing []string
	for _, r := range rules.All() {
		if kind, _ := status(r, found); kind == "missing" {
			missing = append(missing, r.ID)
		}
	}
	errs := []error{complaint(missing, "no suite has a test for the rules %s; run all of them, or write the tests")}
	for _, s := range found {
		errs = append(errs, s.disagreements()...)
	}
	return errors.Join(errs...)
}

func (s suite) disagreements() []error {
	var outside, unknown []string
	for _, id := range sortedKeys(s.rules) {
		switch r, ok := rules.Lookup(id); {
		case !ok:
			unknown = append(unknown, id)
		case r.Scope != rules.Shown && s.rules[id].outcome != skipped:
			outside = append(outside, id)
		}
	}
	var whole error
	if s.failed && len(failing(s.rules)) == 0 {
		whole = fmt.Errorf("%s failed outside its subtests, so the page cannot say where; read the output of the run", s.test)
	}
	return []error{
		whole,
		complaint(outside, "the suite of package "+s.name+" shows rules that the table says cannot be shown: %s; correct their Scope in package rules"),
		complaint(unknown, "the suite of package "+s.name+" names rules that are not in the table: %s; correct the names of the subtests"),
	}
}

func complaint(ids []string, format string) error {
	if len(ids) == 0 {
		return nil
	}
	return fmt.Errorf(format, strings.Join(ids, ", "))
}

func failing(found map[string]result) []string {
	var ids []string
	for _, id := range sortedKeys(found) {
		if found[id].outcome == fails {
			ids = append(ids, id)
		}
	}
	return ids
}
