// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"runtime"
)

// objects is what a server that has stopped must not leave.
type objects struct{ goroutines, descriptors int }

func openObjects() objects {
	fds, _ := os.ReadDir("/proc/self/fd")
	return objects{runtime.NumGoroutine(), len(fds)}
}

func (o objects) within(before objects) bool {
	return o.goroutines <= before.goroutines && o.descriptors <= before.descriptors
}
