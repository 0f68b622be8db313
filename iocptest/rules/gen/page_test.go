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
		Windows: "87 <E>", AIX: "EINVAL", Note: "Go form.", Scope: rules.Iocp,
	},
	{
		ID: "B01", Group: "B. Second", Title: "Two", Text: "Text of two.", Source: "Win32 page, unverified",
		Scope: rules.Later, Reason: "belongs to package aix",
	},
}

func TestPageShowsEachOutcome(t *testing.T) {
	tests := []struct {
		name   string
		found  map[string]result
		status string
	}{
		{"passes", map[string]result{"A01": {outcome: passes}}, "passes"},
		{"fails", map[string]result{"A01": {outcome: fails}}, "fails"},
		{"missing", nil, "missing"},
		{"skipped", map[string]result{"A01": {skipped, []string{"a|b", "c"}}}, `skipped: a\|b; c`},
		{"partly", map[string]result{"A01": {partly, []string{"why"}}}, "passes in part: skipped: why"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := page(twoRules, tt.found, "TestUring")
			want := `| <a id="A01"></a>A01 | **One.** Text of one.<br>Windows: 87 &lt;E><br>AIX: EINVAL` +
				`<br>Package iocp: Go form. | AIX page | ` + tt.status + " |\n"
			if !strings.Contains(got, want) {
				t.Errorf("the page has no line\n%s\nit is\n%s", want, got)
			}
		})
	}
}

func TestPageShowsScopeWithReason(t *testing.T) {
	// A skipped test of a rule out of scope does not change what the table says of it.
	got := page(twoRules, map[string]result{"B01": {skipped, []string{"other"}}}, "TestUring")
	want := `| <a id="B01"></a>B01 | **Two.** Text of two. | Win32 page, unverified | later: belongs to package aix |`
	if !strings.Contains(got, "\n## B. Second\n\n| id | rule | source | status |\n|---|---|---|---|\n"+want+"\n") {
		t.Errorf("the page has no group B with line\n%s\nit is\n%s", want, got)
	}
}

func TestPageDoesNotCallWineWindows(t *testing.T) {
	r := rules.Rule{Title: "One", Text: "Text.", Windows: "Wine 8 differs"}
	if got, want := ruleCell(r), "**One.** Text.<br>Wine 8 differs"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPageTotals(t *testing.T) {
	got := page(twoRules, map[string]result{"A01": {outcome: passes}}, "TestUring")
	for _, want := range []string{
		"| A. First | 1 | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |\n",
		"| B. Second | 1 | 0 | 0 | 0 | 0 | 0 | 1 | 0 | 0 |\n",
		"| all | 2 | 1 | 0 | 0 | 0 | 0 | 1 | 0 | 0 |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page has no line %q", want)
		}
	}
}

var unescapedBar = regexp.MustCompile(`[^\\]\|`)

func TestPageIsWellFormed(t *testing.T) {
	got := page(rules.All(), allPass(), "TestUring")
	if !strings.Contains(got, fmt.Sprintf("| all | %d |", rules.Count)) {
		t.Errorf("the totals do not count %d rules", rules.Count)
	}
	rows := 0
	for line := range strings.Lines(got) {
		if !strings.HasPrefix(line, `| <a id="`) {
			continue
		}
		rows++
		if n := len(unescapedBar.FindAllString(" "+line, -1)); n != 5 {
			t.Errorf("row with %d bars, want 5: %s", n, line)
		}
	}
	if rows != rules.Count {
		t.Errorf("%d rows, want %d", rows, rules.Count)
	}
	if !strings.HasSuffix(got, "|\n") {
		t.Error("the page does not end with a row and a line feed")
	}
}

// Every kind of status has a column in the totals, or rules would drop out of the sum.
func TestEveryStatusHasAColumn(t *testing.T) {
	for _, s := range []rules.Scope{rules.Later, rules.NotHere, rules.Advice} {
		kind, _ := status(rules.Rule{ID: "A01", Scope: s}, nil)
		checkColumn(t, kind)
	}
	for o := outcome(0); o <= fails; o++ {
		kind, _ := status(rules.Rule{ID: "A01", Scope: rules.Iocp}, map[string]result{"A01": {outcome: o}})
		checkColumn(t, kind)
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
