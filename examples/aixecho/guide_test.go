// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"os"
	"strings"
	"testing"
)

// docs/porting-from-aix.md quotes this program; what it shows is what is compiled and tested here.
func TestTheGuideQuotesThisProgram(t *testing.T) {
	guide, err := os.ReadFile("../../docs/porting-from-aix.md")
	if err != nil {
		t.Fatal(err)
	}
	var program strings.Builder
	for _, name := range []string{"main.go", "server.go", "session.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		program.Write(text)
	}
	blocks := strings.Split(string(guide), "```go\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("the guide quotes nothing")
	}
	for _, b := range blocks {
		quote, _, ended := strings.Cut(b, "```")
		for _, part := range strings.Split(quote, "\n}\n") {
			if !ended || !strings.Contains(program.String(), strings.TrimSpace(part)) {
				t.Errorf("the guide quotes what is not in the program:\n%s", part)
			}
		}
	}
}
