// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// lines builds results: each argument is "action test" or "output test text".
func lines(events ...string) string {
	var b strings.Builder
	for _, e := range events {
		f := strings.SplitN(e, " ", 3)
		fmt.Fprintf(&b, `{"Action":%q,"Package":"suite","Test":%q`, f[0], f[1])
		if len(f) == 3 {
			fmt.Fprintf(&b, `,"Output":%q`, f[2])
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func parse(t *testing.T, text string) suite {
	t.Helper()
	s, err := parseResults(strings.NewReader(text), suite{name: "iocp", test: "TestUring"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParseOutputOfGoTest(t *testing.T) {
	f, err := os.Open("testdata/sample.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := parseResults(f, suite{name: "iocp", test: "TestUring"})
	if err != nil {
		t.Fatal(err)
	}
	want := suite{name: "iocp", test: "TestUring", failed: true, rules: map[string]result{
		"A01": {outcome: passes},
		"A02": {outcome: skipped, reasons: []string{"the kernel is too old: it needs 6.1"}},
		"A03": {outcome: partly, reasons: []string{"no room for 3 files"}},
		"A04": {outcome: skipped, reasons: []string{"no reason given"}},
		"A05": {outcome: skipped, reasons: []string{"a <b> | c"}},
		"A06": {outcome: fails},
		"A07": {outcome: skipped, reasons: []string{"no such device"}},
		"A08": {outcome: fails}, // began and was cut off
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestParseTakesOneTestOnly(t *testing.T) {
	f, err := os.Open("testdata/sample.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := parseResults(f, suite{name: "iocp", test: "TestSim"})
	if err != nil {
		t.Fatal(err)
	}
	want := suite{name: "iocp", test: "TestSim", failed: true, rules: map[string]result{"A01": {outcome: fails}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestParseSumsUpRepetitionsAndSubtests(t *testing.T) {
	pass := []string{"run TestUring/C09", "pass TestUring/C09"}
	skip := []string{"run TestUring/C09", "output TestUring/C09     a_test.go:1: one core\n", "skip TestUring/C09"}
	fail := []string{"run TestUring/C09", "fail TestUring/C09"}
	oneCore := []string{"one core"}
	tests := []struct {
		name   string
		events [][]string
		want   result
	}{
		{"pass twice", [][]string{pass, pass}, result{outcome: passes}},
		{"pass then skip", [][]string{pass, skip}, result{partly, oneCore}},
		{"skip then pass", [][]string{skip, pass}, result{partly, oneCore}},
		{"skip twice", [][]string{skip, skip}, result{skipped, oneCore}},
		{"fail then pass", [][]string{fail, pass}, result{outcome: fails}},
		{"pass then fail", [][]string{pass, fail}, result{outcome: fails}},
		{"skip then fail", [][]string{skip, fail}, result{outcome: fails}},
		{"never ends", [][]string{pass, {"run TestUring/C09"}}, result{outcome: fails}},
		{"begins again without an end", [][]string{{"run TestUring/C09"}, pass}, result{outcome: fails}},
		{"beginning lost", [][]string{{"pass TestUring/C09"}}, result{outcome: passes}},
		{"same name again", [][]string{pass, {"run TestUring/C09#01", "fail TestUring/C09#01"}}, result{outcome: fails}},
		{"subtest never ends", [][]string{
			{"run TestUring/C09", "run TestUring/C09/x", "pass TestUring/C09"},
		}, result{outcome: fails}},
		{"skips after its subtests", [][]string{
			{"run TestUring/C09", "run TestUring/C09/x", "pass TestUring/C09/x"}, skip[1:],
		}, result{partly, oneCore}},
		{"skips for two reasons, in any order", [][]string{
			{"run TestUring/C09", "run TestUring/C09/x", "run TestUring/C09/y"},
			{"output TestUring/C09/x     a_test.go:1: two\n", "skip TestUring/C09/x"},
			{"output TestUring/C09/y     a_test.go:1: one\n", "skip TestUring/C09/y", "pass TestUring/C09"},
		}, result{skipped, []string{"one", "two"}}},
		{"only a subtest below a subtest is skipped", [][]string{
			{"run TestUring/C09", "run TestUring/C09/x", "run TestUring/C09/x/y"},
			{"output TestUring/C09/x/y     a_test.go:1: one core\n", "skip TestUring/C09/x/y"},
			{"pass TestUring/C09/x", "pass TestUring/C09"},
		}, result{skipped, oneCore}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var text string
			for _, e := range tt.events {
				text += lines(e...)
			}
			want := map[string]result{"C09": tt.want}
			if got := parse(t, text).rules; !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestParsePassesOverWhatIsNoEvent(t *testing.T) {
	text := "go: downloading something\n\n{\"Action\":3}\n[1]\nnull\n{\n" +
		lines("run TestUring/A01", "pass TestUring/A01") +
		`{"Action":"pass","Test":"TestUring/A02"` + "\n\x00\xff\n" +
		`{"ImportPath":"iocp","Action":"build-output","Output":"x"}` + "\n" +
		`{"Action":"run","Package":"suite","Test":"TestUr`
	want := map[string]result{"A01": {outcome: passes}}
	if got := parse(t, text).rules; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestParseReadsVeryLongLines(t *testing.T) {
	text := lines("run TestUring/A01", "output TestUring/A01 "+strings.Repeat("x", 1<<20), "pass TestUring/A01")
	want := map[string]result{"A01": {outcome: passes}}
	if got := parse(t, text).rules; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestParseReportsAReadError(t *testing.T) {
	broken := errors.New("the disk is gone")
	if _, err := parseResults(iotest.ErrReader(broken), suite{test: "TestUring"}); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

func TestRuleOf(t *testing.T) {
	tests := map[string]string{
		"TestUring/A13": "A13", "TestUring/A13/x": "A13", "TestUring/A13#01": "A13", "TestUring/Z99/x/y": "Z99",
		"": "", "TestUring": "", "TestUring/": "", "TestUring/a13": "", "TestUring/A13x": "", "TestUring/A1": "",
		"TestSim/A13": "", "TestUringX/A13": "", "/A13": "", "x/TestUring/A13": "",
	}
	for name, want := range tests {
		if got := ruleOf(name, "TestUring"); got != want {
			t.Errorf("ruleOf(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSkipReason(t *testing.T) {
	tests := []struct{ name, output, want string }{
		{"none", "=== RUN   TestUring/A01\n--- SKIP: TestUring/A01 (0.00s)\n", "no reason given"},
		{"one", "=== RUN   X\n    a_test.go:3: why\n--- SKIP: X (0.00s)\n", "why"},
		{"last of several", "    a_test.go:3: log\n    a_test.go:4: why\n", "why"},
		{"several lines", "    a_test.go:3: why:\n        this\n        and that\n--- SKIP: X (0.00s)\n", "why: this and that"},
		{"printed in between", "    a_test.go:3: why\nprinted\n        printed too\n", "why"},
		{"deeper", "        a_test.go:3: why\n", "why"},
		{"a file name in it", "    a_test.go:3: see b.go:7: there\n", "see b.go:7: there"},
		{"empty", "    a_test.go:3: \n", "no reason given"},
	}
	for _, tt := range tests {
		if got := skipReason(tt.output); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// FuzzParseResults checks that any input gives well-formed results, and that what stands
// before a whole run, such as output of a build, does not change what it says.
func FuzzParseResults(f *testing.F) {
	sample, err := os.ReadFile("testdata/sample.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(sample))
	f.Add(lines("run TestUring/A01", "output TestUring/A01     a_test.go:1: x\n", "skip TestUring/A01"))
	f.Add("{}\n{\"Test\":\"TestUring/A01\"}")
	f.Fuzz(func(t *testing.T, text string) {
		for id, r := range parse(t, text).rules {
			checkResult(t, id, r)
		}
		tail := parse(t, text+"\n"+lines("run TestUring/O99", "fail TestUring/O99"))
		if tail.rules["O99"].outcome != fails {
			t.Errorf("a failure after the input was lost: %+v", tail.rules["O99"])
		}
	})
}

func checkResult(t *testing.T, id string, r result) {
	t.Helper()
	if !idPattern.MatchString(id) || r.outcome < passes || r.outcome > fails {
		t.Errorf("%q: outcome %d", id, r.outcome)
	}
	if hasReason := r.outcome == skipped || r.outcome == partly; hasReason != (len(r.reasons) > 0) {
		t.Errorf("%q: outcome %d with reasons %q", id, r.outcome, r.reasons)
	}
	for _, s := range r.reasons {
		if s == "" || !utf8.ValidString(s) || strings.ContainsAny(s, "\n\r\t") {
			t.Errorf("%q: reason %q is not one line of text", id, s)
		}
	}
}
