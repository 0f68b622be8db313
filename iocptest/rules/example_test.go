// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"fmt"

	"iocp/iocptest/rules"
)

func ExampleLookup() {
	r, ok := rules.Lookup("A13")
	fmt.Println(ok, r.Title)
	fmt.Println(r.Group)
	fmt.Println(r.Windows)
	fmt.Println(r.Scope)
	// Output:
	// true One port per file, for life
	// A. Creation and association
	// 87 ERROR_INVALID_PARAMETER
	// shown by the suite
}

// What a release leaves for later, by group.
func ExampleAll() {
	later := map[string]int{}
	for _, r := range rules.All() {
		if r.Scope == rules.Later {
			later[r.Group]++
		}
	}
	fmt.Println(later["H. Pipes"], "rules of pipes come later")
	// Output: 17 rules of pipes come later
}
