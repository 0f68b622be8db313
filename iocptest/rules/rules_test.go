// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"iocp/iocptest/rules"
)

// sizes is the number of rules under each letter.
var sizes = []struct {
	letter byte
	n      int
}{
	{'A', 38}, {'B', 26}, {'C', 18}, {'D', 13}, {'E', 14}, {'F', 28}, {'G', 21}, {'H', 17},
	{'I', 49}, {'J', 16}, {'K', 14}, {'L', 12}, {'M', 6}, {'N', 3}, {'O', 16},
}

func allIDs() []string {
	var ids []string
	for _, g := range sizes {
		for i := 1; i <= g.n; i++ {
			ids = append(ids, fmt.Sprintf("%c%02d", g.letter, i))
		}
	}
	return ids
}

func TestAllHasEveryIDOnceAndInOrder(t *testing.T) {
	want := allIDs()
	var got []string
	for _, r := range rules.All() {
		got = append(got, r.ID)
	}
	if len(got) != rules.Count || rules.Count != 291 {
		t.Errorf("All has %d rules and Count is %d, want 291", len(got), rules.Count)
	}
	if !slices.Equal(got, want) {
		t.Errorf("ids are\n%v\nwant\n%v", got, want)
	}
}

func TestGroupBeginsWithTheLetterOfItsRules(t *testing.T) {
	titles := map[string]bool{}
	for _, r := range rules.All() {
		titles[r.Group] = true
		if !strings.HasPrefix(r.Group, r.ID[:1]+". ") {
			t.Errorf("%s is in group %q", r.ID, r.Group)
		}
	}
	if len(titles) != len(sizes) {
		t.Errorf("%d group titles for %d letters", len(titles), len(sizes))
	}
}

func TestTextsAreComplete(t *testing.T) {
	titles := map[string]string{}
	texts := map[string]string{}
	for _, r := range rules.All() {
		if n := len(strings.Fields(r.Title)); n == 0 || n > 9 {
			t.Errorf("%s: title %q has %d words, want 1 to 9", r.ID, r.Title, n)
		}
		if n := len(r.Text); n < 30 || n > 400 {
			t.Errorf("%s: text of %d characters, want 30 to 400", r.ID, n)
		}
		if !strings.HasSuffix(r.Text, ".") {
			t.Errorf("%s: text does not end with a full stop", r.ID)
		}
		if n := strings.Count(r.Text+" ", ". "); n < 1 || n > 2 {
			t.Errorf("%s: text of %d sentences, want 1 or 2", r.ID, n)
		}
		if r.Note != "" && !strings.HasSuffix(r.Note, ".") {
			t.Errorf("%s: note does not end with a full stop", r.ID)
		}
		if other, dup := titles[r.Title]; dup {
			t.Errorf("%s has the title of %s", r.ID, other)
		}
		if other, dup := texts[r.Text]; dup {
			t.Errorf("%s has the text of %s", r.ID, other)
		}
		titles[r.Title], texts[r.Text] = r.ID, r.ID
	}
}

func TestTextsArePlainASCII(t *testing.T) {
	for _, r := range rules.All() {
		for _, s := range []string{r.Title, r.Text, r.Source, r.Windows, r.AIX, r.Note, r.Reason} {
			odd := func(c rune) bool { return c < ' ' || c > '~' }
			if strings.ContainsFunc(s, odd) || strings.Contains(s, "  ") || s != strings.TrimSpace(s) {
				t.Errorf("%s: %q is not plain text", r.ID, s)
			}
		}
	}
}

func TestIDsNamedInTextsExist(t *testing.T) {
	ref := regexp.MustCompile(`\b[A-O][0-9]{2}\b`)
	for _, r := range rules.All() {
		for _, id := range ref.FindAllString(r.Text+" "+r.Note+" "+r.Reason, -1) {
			if _, ok := rules.Lookup(id); !ok || id == r.ID {
				t.Errorf("%s refers to %s", r.ID, id)
			}
		}
	}
}

var bracketed = regexp.MustCompile(`^([^()]+?)( \([^()]+\))?$`)

func TestSourcesAreInTheLegend(t *testing.T) {
	used := map[string]bool{}
	for _, term := range rules.Legend() {
		if term.Name == "" || term.Meaning == "" {
			t.Errorf("empty term in the legend: %+v", term)
		}
		used[term.Name] = false
	}
	for _, r := range rules.All() {
		for _, s := range strings.Split(r.Source, ", ") {
			m := bracketed.FindStringSubmatch(s)
			if m == nil {
				t.Errorf("%s: source %q is not a name with brackets after it", r.ID, s)
				continue
			}
			name := m[1]
			if _, ok := used[name]; !ok {
				t.Errorf("%s: source %q is not in the legend", r.ID, name)
			}
			needs := name == "Windows docs" || name == "AIX docs" || name == "report"
			if needs != (m[2] != "") {
				t.Errorf("%s: source %q must name its page in brackets: %v", r.ID, s, needs)
			}
			used[name] = true
		}
	}
	for name, ok := range used {
		if !ok {
			t.Errorf("the legend explains %q, which no rule uses", name)
		}
	}
}

func TestReasonsGoWithScopes(t *testing.T) {
	for _, r := range rules.All() {
		switch r.Scope {
		case rules.Shown, rules.Advice:
			if r.Reason != "" {
				t.Errorf("%s: scope %q with reason %q", r.ID, r.Scope, r.Reason)
			}
		case rules.NotHere:
			if r.Reason == "" {
				t.Errorf("%s: scope %q without a reason", r.ID, r.Scope)
			}
		default:
			t.Errorf("%s: no scope", r.ID)
		}
		if r.Scope != rules.Shown && r.Note != "" {
			t.Errorf("%s: scope %q with a note on package iocp", r.ID, r.Scope)
		}
	}
}

// notShown is what no test can show. A rule that moves in or out of this list is a decision of
// its own and is written down here as well.
const notShown = "C16 F21 I49 J16 L01"

func TestOnlyTheListedRulesAreNotShown(t *testing.T) {
	for _, r := range rules.All() {
		if (r.Scope != rules.Shown) != strings.Contains(notShown, r.ID) {
			t.Errorf("%s: scope %q, but in the list: %v", r.ID, r.Scope, strings.Contains(notShown, r.ID))
		}
	}
}

func TestAllIsTheCallersCopy(t *testing.T) {
	rules.All()[0].Text = "changed"
	rules.Legend()[0].Name = "changed"
	if r, _ := rules.Lookup("A01"); r.Text == "changed" || rules.All()[0].Text == "changed" {
		t.Error("a change to the result of All changed the table")
	}
	if rules.Legend()[0].Name == "changed" {
		t.Error("a change to the result of Legend changed the legend")
	}
}

func TestLookup(t *testing.T) {
	for _, want := range rules.All() {
		if got, ok := rules.Lookup(want.ID); !ok || got != want {
			t.Errorf("Lookup(%q) = %+v, %v", want.ID, got, ok)
		}
	}
	for _, id := range []string{"", "A", "A00", "A39", "a13", "A13 ", "P01", "A013"} {
		if r, ok := rules.Lookup(id); ok || r != (rules.Rule{}) {
			t.Errorf("Lookup(%q) = %+v, %v; want nothing", id, r, ok)
		}
	}
}

func TestScopeString(t *testing.T) {
	want := map[rules.Scope]string{
		rules.Shown: "shown", rules.NotHere: "not here", rules.Advice: "advice", 0: "unknown scope",
	}
	for s, w := range want {
		if s.String() != w {
			t.Errorf("Scope(%d).String() = %q, want %q", int(s), s, w)
		}
	}
}
