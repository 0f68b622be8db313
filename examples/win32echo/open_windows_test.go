// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

var procGetProcessHandleCount = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetProcessHandleCount")

// objects is what a server that has stopped must not leave.
type objects struct{ goroutines, handles int }

func openObjects() objects {
	var n uint32
	procGetProcessHandleCount.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&n)))
	return objects{runtime.NumGoroutine(), int(n)}
}

// within allows for some handles, since Go's runtime opens some for each thread when it likes. A
// thousand clients would show.
func (o objects) within(before objects) bool {
	return o.goroutines <= before.goroutines && o.handles <= before.handles+100
}
