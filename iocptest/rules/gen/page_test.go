// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"iocp/iocptest/rules"
)

var twoRules = []rules.Rule{
	{
		ID: "A01", Group: "A. First", Title: "One", Text: "Text of one.", Source: "AIX page",
		Windows: "87 <E>", AIX: "EINVAL", Note: "Go form.", Scope: rules.Shown,
	},
	{
		ID: "B01", Group: "B. Second", Title: "Two", Text: "Text of two.", Source: "Win32 page, unverified",
		Scope: rules.NotHere, Reason: "a matter of the registry",
	},
}

// twoSuites are the results of package a and package b for rule A01.
func twoSuites(a, b result) []suite {
	suites := []suite{{name: "a", test: "TestA", rules: map[string]result{}}, {name: "b", test: "TestB", rules: map[string]result{}}}
	for i, r := range []result{a, b} {
		if r.outcome != 0 {
			suites[i].rules["A01"] = r
		}
	}
	return suites
}

func TestPageShowsEachOutcome(t *testing.T) {
	pass, fail, none := result{outcome: passes}, result{outcome: fails}, result{}
	skip, part := result{skipped, []string{"x|y", "z"}}, result{partly, []string{"z"}}
	tests := []struct {
		name  string
		a, b  result
		want  string
		notes string
	}{
		{"passes", pass, pass, "| yes | yes | passes", ""},
		{"passes in one", pass, none, "| yes | | passes", ""},
		{"passes in one, skipped in the other", skip, pass, "| no [a](#A-a) [b](#A-b) | yes | passes",
			"\n- <a id=\"A-a\"></a>a: x\\|y\n- <a id=\"A-b\"></a>b: z\n\n## B"},
		{"passes in one, in part in the other", part, pass, "| in part [a](#A-a) | yes | passes",
			"\n- <a id=\"A-a\"></a>a: z\n\n## B"},
		{"fails in one", pass, fail, "| yes | fails | fails", ""},
		{"missing", none, none, "| | | missing", ""},
		{"skipped", skip, none, "| no [a](#A-a) [b](#A-b) | | cannot be shown here", "a: x\\|y\n"},
		{"skipped and in part for the same reason", skip, part, "| no [a](#A-a) [b](#A-b) | in part [b](#A-b) | passes in part", "b: z\n\n## B"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := page(twoRules, twoSuites(tt.a, tt.b))
			want := `| <a id="A01"></a>A01 | **One.** Text of one.<br>Windows: 87 &lt;E><br>AIX: EINVAL` +
				`<br>Package iocp: Go form. | AIX page ` + tt.want + " |\n"
			if !strings.Contains(got, want) || !strings.Contains(got, tt.notes) {
				t.Errorf("the page has no line\n%s\nor not the notes\n%s\nit is\n%s", want, tt.notes, got)
			}
		})
	}
}

func TestPageShowsWhyARuleCannotBeShown(t *testing.T) {
	got := page(twoRules, twoSuites(result{}, result{}))
	want := `| <a id="B01"></a>B01 | **Two.** Text of two. | Win32 page, unverified | | | cannot be shown here [a](#B-a) |`
	if !strings.Contains(got, "\n## B. Second\n\n| id | rule | source | a | b | status |\n|---|---|---|---|---|---|\n"+want+"\n") ||
		!strings.HasSuffix(got, "\n\n- <a id=\"B-a\"></a>a: a matter of the registry\n") {
		t.Errorf("the page has no group B with line\n%s\nand its note; it is\n%s", want, got)
	}
}

func TestPageNamesTheSuites(t *testing.T) {
	suites := twoSuites(result{outcome: passes}, result{skipped, []string{"why"}})
	suites[0].engine = true
	got := page(twoRules, suites)
	for _, want := range []string{
		"on\nevery engine, a (TestA), and of b (TestB).\n",
		"| suite | yes | in part | no | fails |\n|---|--:|--:|--:|--:|\n| a | 1 | 0 | 0 | 0 |\n| b | 0 | 0 | 1 | 0 |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page does not have %q; it is\n%s", want, got)
		}
	}
}

func TestLetters(t *testing.T) {
	for i, want := range map[int]string{0: "a", 25: "z", 26: "aa", 27: "ab", 51: "az", 52: "ba", 701: "zz", 702: "aaa"} {
		if got := letter(i); got != want {
			t.Errorf("letter(%d) = %q, want %q", i, got, want)
		}
	}
}

func TestPageDoesNotCallWineWindows(t *testing.T) {
	r := rules.Rule{Title: "One", Text: "Text.", Windows: "Wine 8 differs"}
	if got, want := ruleCell(r), "**One.** Text.<br>Wine 8 differs"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPageTotals(t *testing.T) {
	got := page(twoRules, twoSuites(result{outcome: passes}, result{}))
	for _, want := range []string{
		"| A. First | 1 | 1 | 0 | 0 | 0 | 0 |\n",
		"| B. Second | 1 | 0 | 0 | 1 | 0 | 0 |\n",
		"| all | 2 | 1 | 0 | 1 | 0 | 0 |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page has no line %q", want)
		}
	}
}

var unescapedBar = regexp.MustCompile(`[^\\]\|`)

func TestPageIsWellFormed(t *testing.T) {
	got := page(rules.All(), allPass())
	if !strings.Contains(got, fmt.Sprintf("| all | %d |", rules.Count)) {
		t.Errorf("the totals do not count %d rules", rules.Count)
	}
	rows := 0
	for line := range strings.Lines(got) {
		if !strings.HasPrefix(line, `| <a id="`) {
			continue
		}
		rows++
		if n := len(unescapedBar.FindAllString(" "+line, -1)); n != 8 {
			t.Errorf("row with %d bars, want 8: %s", n, line)
		}
	}
	if rows != rules.Count {
		t.Errorf("%d rows, want %d", rows, rules.Count)
	}
	if !strings.HasSuffix(got, "\n") || strings.HasSuffix(got, "\n\n") {
		t.Error("the page does not end with a line and one line feed")
	}
}

// Every kind of status has a column in the totals, or rules would drop out of the sum.
func TestEveryStatusHasAColumn(t *testing.T) {
	for _, s := range []rules.Scope{rules.Shown, rules.NotHere, rules.Advice} {
		for o := outcome(0); o <= fails; o++ {
			kind := status(rules.Rule{ID: "A01", Scope: s}, twoSuites(result{outcome: o}, result{}))
			checkColumn(t, kind)
		}
	}
}

func checkColumn(t *testing.T, kind string) {
	t.Helper()
	for _, c := range columns {
		if c == kind {
			return
		}
	}
	t.Errorf("status %q has no column", kind)
}

// What stands for itself in a cell after the escapes are taken out cannot end or change it.
func FuzzCell(f *testing.F) {
	f.Add("a|b\n<c>`d` *e* [f] \\|")
	f.Add(`ends with \`)
	escaped := regexp.MustCompile("\\\\[\\\\|`*\\[]")
	f.Fuzz(func(t *testing.T, s string) {
		plain := escaped.ReplaceAllString(cell(s), "")
		if strings.ContainsAny(plain, "|<\n\r\\`*[") {
			t.Errorf("cell(%q) = %q", s, cell(s))
		}
	})
}
