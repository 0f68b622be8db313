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
// the results give. With -failures it does nothing but print the output of the tests, packages and
// builds that failed.
//
// The results are the subtests TEST/ID, such as TestUring/A13; -engines and -suites name the columns
// of the page and the TEST of each, the former the engines of package iocp, which run one and the
// same suite, the latter the packages with suites of their own. A suite that runs on another system
// takes its results from a record, the file NAME.txt in the directory -records. -record NAME
// writes that file from the results instead of the page, and compares it with -check:
//
//	GOOS=windows go test -json -exec wine ./iocptest > wine.json
//	go run ./iocptest/rules/gen -results wine.json -record nt
//
// It is an error, exit status 1, if a rule that can be shown has no test in any suite ("missing"
// in the page, which is written all the same), if a test for a rule that cannot be shown
// passed, if a subtest has an id that is not in the table, if the engines do not run the same rules,
// and if there is neither a subtest nor a record of a suite, when nothing is written. A failing
// subtest is no error here: the page says so, and so does a line on the standard error; but TEST
// failing while no subtest did is one.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"iocp/iocptest/rules"
)

type options struct {
	results string
	suites  []suite // without results
	records string
	record  string
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
	switch {
	case err != nil:
	case o.record != "":
		err = publish(o, o.recordFile(o.record), found[0].record())
	default:
		err = errors.Join(publish(o, o.out, page(rules.All(), found)), disagreements(found))
	}
	for _, s := range found {
		for _, id := range failing(s.rules) {
			fmt.Fprintf(stderr, "gen: note: the test of rule %s fails: %s/%s\n", id, s.test, id)
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

// The columns of the page.
const (
	defaultEngines = "uring=TestUring,epoll=TestEpoll,portable=TestPortable,sim=TestSim,nt=TestNT"
	defaultSuites  = "win32=TestWin32,aix=TestAIX"
)

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	var engines, suites string
	fs := flag.NewFlagSet("gen", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.results, "results", "-", "read the output of go test -json from `file`; - is the standard input")
	fs.StringVar(&engines, "engines", defaultEngines, "the engines of package iocp and the tests that run its suite on them: `list` of NAME=TEST")
	fs.StringVar(&suites, "suites", defaultSuites, "the other packages and the tests of their suites: `list` of NAME=TEST")
	fs.StringVar(&o.records, "records", filepath.Join("iocptest", "rules", "recorded"), "the records of suites that run elsewhere are in `directory`")
	fs.StringVar(&o.record, "record", "", "write the record of the suite called `name` instead of the page")
	fs.StringVar(&o.out, "o", filepath.Join("docs", "rules.md"), "write the page to, or compare it with, `file`")
	fs.BoolVar(&o.check, "check", false, "write nothing; fail if the page, or the record, is not up to date")
	fs.BoolVar(&o.failures, "failures", false, "write nothing; print the output of what failed")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	err := o.columns(engines, suites)
	if fs.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q; a results file is named with -results", fs.Arg(0))
	}
	if err != nil {
		fmt.Fprintf(stderr, "gen: %v\n", err)
	}
	return o, err
}

// columns makes the suites of the options, or the one that is to be recorded.
func (o *options) columns(engines, suites string) error {
	a, errA := parseSuites("-engines", engines)
	b, errB := parseSuites("-suites", suites)
	for i := range a {
		a[i].engine = true
	}
	o.suites = append(a, b...)
	if o.record == "" {
		return errors.Join(errA, errB)
	}
	i := slices.IndexFunc(o.suites, func(s suite) bool { return s.name == o.record })
	if i < 0 {
		return errors.Join(errA, errB, fmt.Errorf("-record %s: it is in neither -engines nor -suites", o.record))
	}
	o.suites = o.suites[i : i+1]
	return errors.Join(errA, errB)
}

func parseSuites(name, list string) (suites []suite, err error) {
	for s := range strings.SplitSeq(list, ",") {
		name, test, ok := strings.Cut(s, "=")
		if !ok || name == "" || test == "" {
			return nil, fmt.Errorf("%s %q: write NAME=TEST, with a comma between two", name, list)
		}
		suites = append(suites, suite{name: name, test: test})
	}
	return suites, nil
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

// readResults returns the result of each rule that the results, or the records, name, by suite.
// None at all is an error: a page of nothing but "missing" would only hide that the wrong file was
// read.
func readResults(o options, stdin io.Reader) (found []suite, err error) {
	err = o.withResults(stdin, func(in io.Reader) error {
		text, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		for _, want := range o.suites {
			s, err := parseResults(bytes.NewReader(text), want)
			if err == nil && len(s.rules) == 0 && o.record == "" {
				s, err = readRecord(o.recordFile(s.name), s)
			}
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

// publish writes the file, or with -check compares it with what is there.
func publish(o options, file, text string) error {
	if o.check {
		return compare(file, text)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o666)
}

func compare(file, text string) error {
	have, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w; run the command without -check to write it", err)
	}
	if string(have) == text {
		return nil
	}
	n := firstDifference(string(have), text)
	return fmt.Errorf("%s is out of date from line %d on: it is not what the table and these results give; "+
		"run the command without -check and commit the file\nit has:   %s\nit needs: %s",
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
