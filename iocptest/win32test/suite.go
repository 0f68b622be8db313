// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

// Package win32test is the conformance suite in the documented names: what iocptest asks of
// package iocp, and all that only OVERLAPPED, handles and error codes can show, asked of package
// win32. It uses nothing else, so that the same program runs on Linux, on Windows, and under
// Wine, and must see the same.
//
// Subtests are named by rule ids (docs/rules.md). What Wine does differently from Windows is
// skipped there, with the reason.
//
// What must never be here: a look inside package win32, and a check that depends on the system.
package win32test

import (
	"os"
	"testing"
)

// rule is one examined statement: the whole of a rule, or a part of it with a name.
type rule struct {
	id   string
	part string
	run  func(*scene)

	// wine says how Wine differs from Windows here, which is then not examined under Wine.
	wine string
}

// groups is the suite, by the letters of the table of rules.
var groups = map[byte][]rule{}

// group adds rules to the group that their ids name. It is called by the group's files.
func group(rules ...rule) bool {
	for _, r := range rules {
		groups[r.id[0]] = append(groups[r.id[0]], r)
	}
	return true
}

// IDs returns the ids of the rules that the suite holds, by group.
func IDs() []string {
	seen := map[string]bool{}
	var ids []string
	for letter := byte('A'); letter <= 'O'; letter++ {
		for _, r := range groups[letter] {
			if !seen[r.id] {
				seen[r.id] = true
				ids = append(ids, r.id)
			}
		}
	}
	return ids
}

// Test runs the whole suite, one subtest of t per rule. The rules run one after the other;
// t must not run in parallel with tests that start goroutines or open files.
func Test(t *testing.T) {
	warmUp()
	for _, id := range IDs() {
		t.Run(id, func(t *testing.T) { testRule(t, id) })
	}
}

// warmUp makes the runtime open the descriptors of its poller, which it keeps, so that no rule is
// blamed for them.
func warmUp() {
	if r, w, err := os.Pipe(); err == nil {
		r.Close()
		w.Close()
	}
}

// testRule runs the parts of one rule; a rule of one unnamed part is its own subtest.
func testRule(t *testing.T, id string) {
	for _, r := range groups[id[0]] {
		switch {
		case r.id != id:
		case r.part == "":
			play(t, r)
		default:
			t.Run(r.part, func(t *testing.T) { play(t, r) })
		}
	}
}

// cannot is the run function of a rule that package win32 gives no way to see.
func cannot(reason string) func(*scene) {
	return func(s *scene) { s.skip("%s", reason) }
}
