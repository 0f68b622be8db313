// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strings"

	"iocp/iocptest/rules"
)

// disagreements says in which rules the table and the results do not fit together.
func disagreements(found []suite) error {
	var missing []string
	for _, r := range rules.All() {
		if status(r, found) == "missing" {
			missing = append(missing, r.ID)
		}
	}
	errs := []error{complaint(missing, "no suite has a test for the rules %s; run all of them, or write the tests")}
	for _, s := range found {
		errs = append(errs, s.disagreements()...)
	}
	return errors.Join(append(errs, uneven(found))...)
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
		complaint(outside, s.test+" shows rules that the table says cannot be shown: %s; correct their Scope in package rules"),
		complaint(unknown, s.test+" names rules that are not in the table: %s; correct the names of the subtests"),
	}
}

// uneven complains of engines with a rule that others lack. The suite is the same for all of them,
// so one of the runs was not whole, or a record is out of date.
func uneven(found []suite) error {
	var errs []error
	for _, s := range found {
		var lacks []string
		for _, r := range rules.All() {
			if s.engine && s.rules[r.ID].outcome == 0 && anyEngineHas(found, r.ID) {
				lacks = append(lacks, r.ID)
			}
		}
		errs = append(errs, complaint(lacks, s.test+" lacks the rules %s, which another engine has; run the whole suite"))
	}
	return errors.Join(errs...)
}

func anyEngineHas(found []suite, id string) bool {
	for _, s := range found {
		if s.engine && s.rules[id].outcome != 0 {
			return true
		}
	}
	return false
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
