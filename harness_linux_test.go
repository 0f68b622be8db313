// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"fmt"
	"os"
	"testing"

	"iocp/internal/seccomprun"
)

// openFiles is the number of descriptors. The portable engine has copies of those that somebody waits
// for, which the tests do not count.
func openFiles() int {
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	if testEngine() != EnginePortable {
		return len(names)
	}
	files := map[string]bool{}
	for _, n := range names {
		file, _ := os.Readlink("/proc/self/fd/" + n.Name())
		files[file] = true
	}
	return len(files)
}

// TestMain lets IOCP_TEST_ENGINE choose the engine of all ports that ask for none.
func TestMain(m *testing.M) {
	seccomprun.Obey()
	if preferred = os.Getenv("IOCP_TEST_ENGINE"); preferred != "" {
		if err := probeEngine(preferred); err != nil {
			fmt.Println("skip: IOCP_TEST_ENGINE:", err)
			os.Exit(0)
		}
	}
	warmUp()
	os.Exit(m.Run())
}

// notHere are the tests that this system cannot pass, and why.
var notHere map[string]string

// engineNames are those of this system's engines.
var engineNames = []string{EngineURing, EngineEpoll, EnginePortable}
