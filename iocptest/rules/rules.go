// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package rules is the table of what a program can rely on when it works with I/O completion
// ports: 291 rules, each with an id such as A13, and for each of them where it is known from and
// whether it can be shown here.
//
// The conformance suite names its subtests by these ids, comments in the code cite them, and
// docs/rules.md is generated from this table and a run of the suite by the command in gen.
//
// The package holds words only. It imports nothing of this module, so that every package, test
// and command may use it; checks of behaviour belong to the suite.
package rules

// Count is the number of rules. Ids never change and are never used again for another rule.
const Count = 291

// A Rule is one statement about completion ports and what package iocp makes of it.
type Rule struct {
	// ID is a letter for the group and two digits: A13.
	ID string

	// Group is the letter and the title of the group: "A. Creation and association".
	Group string

	// Title names the rule in a few words.
	Title string

	// Text says in one or two sentences what a program can rely on. It speaks of ports in
	// general, in the words of Windows where those differ from Go's.
	Text string

	// Source says where the rule is known from: names of [Legend], separated by a comma and
	// a space, some with the page or thread that is meant in brackets.
	Source string

	// Windows is the return value or error code of Windows where that is the point, else
	// empty. Remarks on Wine stand here too.
	Windows string

	// AIX is the errno or the difference on AIX where that is the point, else empty.
	AIX string

	// Note is the form the rule has in package iocp where Go differs from the text; it is
	// empty where the text can be taken as it stands, or package iocp has no part in it.
	Note string

	// Scope says whether a test can show the rule.
	Scope Scope

	// Reason says why no test can. It is empty for [Shown] and [Advice] and for no other scope.
	Reason string
}

// Scope says whether a test can show a rule.
type Scope int

const (
	// Shown marks a rule that has a test in at least one of the suites: of package iocp, of
	// package win32, of package aix.
	Shown Scope = iota + 1

	// NotHere marks a rule that cannot be observed off Windows, or off AIX.
	NotHere

	// Advice marks guidance and things not promised, which no test can show.
	Advice
)

// String returns the scope in the words of docs/rules.md.
func (s Scope) String() string {
	switch s {
	case Shown:
		return "shown"
	case NotHere:
		return "not here"
	case Advice:
		return "advice"
	}
	return "unknown scope"
}

// A Term is a name that [Rule.Source] uses, and what it stands for.
type Term struct{ Name, Meaning string }

// Legend returns the names of the sources, in the order in which docs/rules.md explains them.
// The slice is the caller's.
func Legend() []Term {
	return []Term{
		{"Win32 page", "the page of CreateIoCompletionPort in the Windows documentation, as it stands today"},
		{"Win32 page of 2000", "the edition of that page from the year 2000"},
		{"AIX page", "the page of CreateIoCompletionPort in the AIX documentation"},
		{"AIX post page", "the page of PostQueuedCompletionStatus in the AIX documentation"},
		{"Windows docs", "other pages of the Windows documentation, named in brackets"},
		{"AIX docs", "other pages of the AIX documentation, named in brackets"},
		{"IOCP overview", "the page I/O Completion Ports in the Windows documentation"},
		{"NT algorithm", "the kernel queue of NT as an independent implementation of NT 5.2 has it: " +
			"a strong hint, not a proof"},
		{"test runs on Windows", "a test suite of the Wine project that is also run on Windows: " +
			"what it expects is what Windows does"},
		{"Wine 8 observation", "seen with a probe program under Wine 8.0, which is not Windows; " +
			"known differences are named"},
		{"current Wine", "the implementation in today's Wine"},
		{"report", "a discussion or an article, named in brackets"},
		{"unverified", "general knowledge that nobody checked for this table"},
	}
}

// A group is the rules under one letter, in order.
type group struct {
	title string
	rules []Rule
}

// groups is the whole table; it is never changed.
var groups = [...]*group{
	&groupA, &groupB, &groupC, &groupD, &groupE, &groupF, &groupG, &groupH,
	&groupI, &groupJ, &groupK, &groupL, &groupM, &groupN, &groupO,
}

// All returns the rules in the order of their ids. The slice is the caller's.
func All() []Rule {
	all := make([]Rule, 0, Count)
	for _, g := range groups {
		for _, r := range g.rules {
			r.Group = g.title
			all = append(all, r)
		}
	}
	return all
}

// Lookup returns the rule with the given id, and whether there is one. Ids are written as in
// the table: a capital letter and two digits.
func Lookup(id string) (Rule, bool) {
	for _, g := range groups {
		for _, r := range g.rules {
			if r.ID == id {
				r.Group = g.title
				return r, true
			}
		}
	}
	return Rule{}, false
}
