// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
)

// notes are the reasons under the table of a group, each of them once however many cells refer
// to it. They have letters, so that nobody takes them for rules.
type notes struct {
	group   string
	reasons []string
}

// refs returns the links of a cell to its reasons, which become notes.
func (n *notes) refs(reasons []string) (links string) {
	for _, reason := range reasons {
		i := slices.Index(n.reasons, reason)
		if i < 0 {
			i = len(n.reasons)
			n.reasons = append(n.reasons, reason)
		}
		links += fmt.Sprintf(" [%s](#%s-%s)", letter(i), n.group, letter(i))
	}
	return links
}

// letter numbers the notes: a to z, then aa, ab and so on.
func letter(i int) string {
	name := string(rune('a' + i%26))
	if i >= 26 {
		name = letter(i/26-1) + name
	}
	return name
}

func (n *notes) write(b *strings.Builder) {
	if len(n.reasons) > 0 {
		b.WriteByte('\n')
	}
	for i, reason := range n.reasons {
		fmt.Fprintf(b, "- <a id=\"%s-%s\"></a>%s: %s\n", n.group, letter(i), letter(i), cell(reason))
	}
}
