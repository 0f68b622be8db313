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
	// shown
}

// How many rules no test can show, by what they are.
func ExampleAll() {
	n := map[rules.Scope]int{}
	for _, r := range rules.All() {
		n[r.Scope]++
	}
	fmt.Println(n[rules.NotHere], "cannot be observed here,", n[rules.Shown], "have tests")
	// Output: 5 cannot be observed here, 286 have tests
}
