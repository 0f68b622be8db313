// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

func printed(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	if err := printFailures(strings.NewReader(text), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFailuresPrintsTheOutputOfFailedTestsAlone(t *testing.T) {
	text := lines("run T", "output T === RUN   T\n",
		"run T/a", "output T/a === RUN   T/a\n", "output T/a     a_test.go:1: fine\n", "pass T/a",
		"run T/b", "output T/b     a_test.go:2: broken\n", "output T/b --- FAIL: T/b\n", "fail T/b",
		"run T/c", "output T/c     a_test.go:3: not here\n", "skip T/c",
		"output T --- FAIL: T\n", "fail T")
	if got, want := printed(t, text), "--- FAIL: T\n    a_test.go:2: broken\n--- FAIL: T/b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFailuresPrints(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing of a pass", lines("run T", "output T x\n", "pass T"), ""},
		{"what never ended", lines("run T", "output T panic: x\n"), "panic: x\n"},
		{"the one of two runs that failed",
			lines("run T", "output T 1\n", "fail T", "run T", "output T 2\n", "pass T"), "1\n"},
		{"a package that failed outside its tests", `{"Action":"start","Package":"p"}
{"Action":"output","Package":"p","Output":"exit status 3\n"}
{"Action":"fail","Package":"p"}`, "exit status 3\n"},
		{"a build", `{"ImportPath":"p [p.test]","Action":"build-output","Output":"a.go:1: undefined: y\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}`, "a.go:1: undefined: y\n"},
		{"nothing of what is no event", "go: downloading\n\n[1]\n{", ""},
	}
	for _, tt := range tests {
		if got := printed(t, tt.text); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestFailuresReportsAReadError(t *testing.T) {
	broken := errors.New("the disk is gone")
	if err := printFailures(iotest.ErrReader(broken), &strings.Builder{}); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

// The command with -failures prints what failed and writes no page.
func TestFailuresOfTheCommand(t *testing.T) {
	out := tempPage(t)
	status, said := gen(lines("run T", "output T --- FAIL: T\n", "fail T"), "-failures", "-o", out)
	if status != 0 || said != "--- FAIL: T\n" {
		t.Errorf("exit status %d, said %q", status, said)
	}
	if err := compare(out, ""); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a page was written (%v)", err)
	}
}
