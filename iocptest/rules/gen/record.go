// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A record keeps the results of a suite that does not run on every machine. It has a line for each
// rule: its id, the outcome in the word of the page, and the reasons, with a tab between two.

const recordHead = `# SPDX-FileCopyrightText: The iocp Authors
# SPDX-License-Identifier: Apache-2.0
#
# Written by go run ./iocptest/rules/gen -record %s from a run of %s. Do not edit.
`

func (o options) recordFile(name string) string { return filepath.Join(o.records, name+".txt") }

// record returns the text of the suite's record.
func (s suite) record() string {
	var b strings.Builder
	fmt.Fprintf(&b, recordHead, s.name, s.test)
	for _, id := range sortedKeys(s.rules) {
		r := s.rules[id]
		fmt.Fprintln(&b, strings.Join(append([]string{id, words[r.outcome]}, r.reasons...), "\t"))
	}
	return b.String()
}

// readRecord adds the results of a record to those of s. If there is none s stays as it is.
func readRecord(file string, s suite) (suite, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.rules, s.recorded = map[string]result{}, true
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) < 2 || !idPattern.MatchString(f[0]) || !slices.Contains(words[1:], f[1]) {
			return s, fmt.Errorf("%s: %q is no line of a record; write it again with -record %s", file, line, s.name)
		}
		r := result{outcome: outcome(slices.Index(words[:], f[1]))}
		if len(f) > 2 {
			r.reasons = f[2:]
		}
		s.rules[f[0]] = r
	}
	return s, nil
}
