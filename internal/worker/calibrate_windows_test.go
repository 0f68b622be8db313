// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

func handles(t *testing.T) int {
	var n uint32
	r, _, errno := syscall.SyscallN(nt.GetProcessHandleCount.Addr(), uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&n)))
	if int32(r) == 0 {
		t.Fatal(errno)
	}
	return int(n)
}

// The runtime may start a thread meanwhile, which takes a few handles.
func TestCalibrationLeavesNothingBehind(t *testing.T) {
	const rounds = 20
	recalibrate(t, 10)
	goroutines, before := runtime.NumGoroutine(), handles(t)
	for range rounds {
		if _, err := calibrate(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "as many goroutines as before", func() bool { return runtime.NumGoroutine() <= goroutines })
	if n := handles(t); n >= before+rounds {
		t.Errorf("after %d calibrations %d handles are open, %d were", rounds, n, before)
	}
}
