// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"iocp/iocptest/rules"
)

// allPass is the result of suites in which every rule that can be shown passes on one engine,
// and rule L02 in the other two.
func allPass() []suite {
	suites := []suite{
		{name: "uring", test: "TestUring", engine: true},
		{name: "win32", test: "TestWin32"},
		{name: "aix", test: "TestAIX"},
	}
	for i := range suites {
		suites[i].rules = map[string]result{"L02": {outcome: passes}}
	}
	for _, r := range rules.All() {
		if r.Scope == rules.Shown {
			suites[0].rules[r.ID] = result{outcome: passes}
		}
	}
	return suites
}

// allPassLines is the same as output of go test -json, without the rules in except.
func allPassLines(except ...string) string {
	var b strings.Builder
	for _, s := range allPass() {
		for id := range s.rules {
			name := s.test + "/" + id
			if !strings.Contains(strings.Join(except, " "), id) {
				b.WriteString(lines("run "+name, "pass "+name))
			}
		}
	}
	return b.String()
}

// gen runs the command on the results and returns its exit status and what it says.
func gen(results string, args ...string) (int, string) {
	var stderr strings.Builder
	args = append([]string{"-engines", "uring=TestUring", "-suites", "win32=TestWin32,aix=TestAIX"}, args...)
	status := run(args, strings.NewReader(results), &stderr)
	return status, stderr.String()
}

func tempPage(t *testing.T) string { return filepath.Join(t.TempDir(), "docs", "rules.md") }

func TestWritesThePage(t *testing.T) {
	out := tempPage(t)
	if status, said := gen(allPassLines(), "-o", out); status != 0 || said != "" {
		t.Fatalf("exit status %d: %s", status, said)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if want := page(rules.All(), allPass()); string(got) != want {
		t.Errorf("the page is not that of the results, from line %d on", firstDifference(string(got), want))
	}
}

func TestReadsResultsFromAFile(t *testing.T) {
	file, out := filepath.Join(t.TempDir(), "results.json"), tempPage(t)
	if err := os.WriteFile(file, []byte(allPassLines()), 0o666); err != nil {
		t.Fatal(err)
	}
	if status, said := gen("", "-results", file, "-o", out); status != 0 {
		t.Errorf("exit status %d: %s", status, said)
	}
}

func TestMissingRuleIsAnErrorAndShown(t *testing.T) {
	out := tempPage(t)
	status, said := gen(allPassLines("A13", "M05"), "-o", out)
	if status != 1 || !strings.Contains(said, "no suite has a test for the rules A13, M05;") {
		t.Errorf("exit status %d: %s", status, said)
	}
	got, err := os.ReadFile(out)
	if err != nil || strings.Count(string(got), "| | missing |\n") != 2 {
		t.Errorf("the page does not show two missing rules (%v)", err)
	}
}

func TestDisagreementsAreErrors(t *testing.T) {
	tests := []struct {
		name, more, said string
		status           int
	}{
		{"a rule that is not in the table", lines("run TestUring/Q01", "pass TestUring/Q01"), "not in the table: Q01;", 1},
		{"a pass of what cannot be shown", lines("run TestWin32/L01", "pass TestWin32/L01"), "cannot be shown: L01;", 1},
		{"a skip of what cannot be shown", lines("run TestWin32/L01", "skip TestWin32/L01"), "", 0},
		{"the test fails outside its subtests", lines("fail TestUring"), "TestUring failed outside its subtests", 1},
		{"a subtest fails", lines("run TestUring/A01", "fail TestUring/A01", "fail TestUring"),
			"note: the test of rule A01 fails: TestUring/A01\n", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, said := gen(allPassLines()+tt.more, "-o", tempPage(t))
			if status != tt.status || !strings.Contains(said, tt.said) || (tt.said == "") != (said == "") {
				t.Errorf("exit status %d, want %d; said %q, want %q in it", status, tt.status, said, tt.said)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	out := tempPage(t)
	if status, said := gen(allPassLines(), "-check", "-o", out); status != 1 || !strings.Contains(said, "without -check") {
		t.Errorf("no page: exit status %d: %s", status, said)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("-check wrote the page")
	}
	if status, said := gen(allPassLines(), "-o", out); status != 0 {
		t.Fatalf("exit status %d: %s", status, said)
	}
	if status, said := gen(allPassLines(), "-check", "-o", out); status != 0 || said != "" {
		t.Errorf("same results: exit status %d: %s", status, said)
	}
	before, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	changed := allPassLines() + lines("run TestUring/A01", "skip TestUring/A01")
	if status, said := gen(changed, "-check", "-o", out); status != 1 || !strings.Contains(said, "out of date from line ") ||
		!strings.Contains(said, "\ngen: it has:   |") || !strings.Contains(said, "\ngen: it needs: |") {
		t.Errorf("other results: exit status %d: %s", status, said)
	}
	if after, err := os.ReadFile(out); err != nil || string(after) != string(before) {
		t.Errorf("-check changed the page (%v)", err)
	}
}

func TestNothingIsWrittenFromUselessResults(t *testing.T) {
	tests := []struct {
		name, results string
		args          []string
		status        int
		said          string
	}{
		{"empty", "", nil, 1, "the standard input: no subtest of TestUring"},
		{"plain output of go test", "ok  \tiocp/iocptest\t1.0s\n", nil, 1, "is it the output of go test -json"},
		{"another test", allPassLines(), []string{"-suites", "sim=TestSim"}, 1, "no subtest of TestSim"},
		{"no such file", "", []string{"-results", "no-such-file.json"}, 1, "no-such-file.json"},
		{"suite without its test", allPassLines(), []string{"-suites", "sim"}, 2, "NAME=TEST"},
		{"unknown flag", allPassLines(), []string{"-x"}, 2, "-x"},
		{"file without its flag", allPassLines(), []string{"results.json"}, 2, "named with -results"},
		{"help", allPassLines(), []string{"-h"}, 0, "-check"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := tempPage(t)
			status, said := gen(tt.results, append([]string{"-o", out}, tt.args...)...)
			if status != tt.status || !strings.Contains(said, tt.said) {
				t.Errorf("exit status %d, want %d; said %q, want %q in it", status, tt.status, said, tt.said)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("a page was written")
			}
		})
	}
}

func TestFirstDifference(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"x\ny\n", "x\nz\n", 2}, {"", "x", 1}, {"x\n", "x\ny\n", 2}, {"x", "x\n", 2}} {
		if got := firstDifference(tt.a, tt.b); got != tt.want {
			t.Errorf("firstDifference(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

// What the results of a run say about two rules.
func Example() {
	found, err := parseResults(strings.NewReader(`
{"Action":"run","Test":"TestUring/A13"}
{"Action":"pass","Test":"TestUring/A13"}
{"Action":"run","Test":"TestUring/A20"}
{"Action":"output","Test":"TestUring/A20","Output":"    a_test.go:20: no directory to open\n"}
{"Action":"skip","Test":"TestUring/A20"}
`), suite{name: "uring", test: "TestUring"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []string{"A13", "A20", "A22"} {
		r, _ := rules.Lookup(id)
		fmt.Println(id, status(r, []suite{found}), found.rules[id].reasons)
	}
	// Output:
	// A13 passes []
	// A20 cannot be shown here [no directory to open]
	// A22 missing []
}
