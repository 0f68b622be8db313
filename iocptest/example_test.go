// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest_test

import (
	"fmt"
	"strings"
	"testing"

	"iocp"
	"iocp/iocptest"
)

// A test that holds one's own configuration of ports to the rules.
func ExampleTestPort() {
	TestMyPorts := func(t *testing.T) {
		iocptest.TestPort(t, func(c iocp.Config) (*iocp.Port, error) {
			c.MaxInFlight = 4096 // The suite sets Concurrency; the rest is ours.
			return iocp.NewPort(c)
		})
	}
	_ = TestMyPorts // go test -run 'TestMyPorts/C09' .
}

// The rules about the concurrency value, by id.
func ExampleIDs() {
	var c []string
	for _, id := range iocptest.IDs() {
		if strings.HasPrefix(id, "C") {
			c = append(c, id)
		}
	}
	fmt.Println(len(c), "rules:", strings.Join(c, " "))
	// Output:
	// 18 rules: C01 C02 C03 C04 C05 C06 C07 C08 C09 C10 C11 C12 C13 C14 C15 C16 C17 C18
}
