// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32test

import (
	"os"
	"runtime"
	"testing"
	"time"
)

func underWine() bool { return false }

// objects is what must be as it was when a rule is over.
type objects struct{ goroutines, descriptors int }

func openObjects() objects {
	fds, _ := os.ReadDir("/proc/self/fd")
	return objects{runtime.NumGoroutine(), len(fds)}
}

// compareObjects fails t if something stays behind. What ends by itself is given time.
func compareObjects(t *testing.T, before objects) {
	t.Helper()
	var now objects
	for start := time.Now(); time.Since(start) < stepLimit; runtime.Gosched() {
		now = openObjects()
		if now.goroutines <= before.goroutines && now.descriptors <= before.descriptors {
			return
		}
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("left behind: %+v, before %+v\n%s", now, before, stacks[:runtime.Stack(stacks, true)])
}

// clockTick is by how much a timeout may be early.
const clockTick = 0

// keepThread does nothing: a rule is one goroutine.
func keepThread() (release func()) { return func() {} }
