// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build gc && (386 || amd64 || arm || arm64 || loong64 || ppc64 || ppc64le || riscv64 || s390x)

package worker

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

func names(t *testing.T, dir string) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Skip(err)
	}
	set := map[string]bool{}
	for _, e := range entries {
		set[e.Name()] = true
	}
	return set
}

func TestCalibrationLeavesNothingBehind(t *testing.T) {
	Calibrate() // makes the runtime open its poller and start its threads
	goroutines := runtime.NumGoroutine()
	files := len(names(t, "/proc/self/fd"))
	lost := recalibrateWatchingThreads(t)
	eventually(t, "as many goroutines as before", func() bool { return runtime.NumGoroutine() <= goroutines })
	if n := len(names(t, "/proc/self/fd")); n != files {
		t.Errorf("%d descriptors are open, %d were", n, files)
	}
	// A goroutine that exits while it is locked to its thread takes the thread along. One of an earlier test
	// may end only now, but there are few of these.
	for again := 0; len(lost) > 0 && again < 8; again++ {
		lost = recalibrateWatchingThreads(t)
	}
	if len(lost) > 0 {
		t.Errorf("time and again threads have gone, at last %v", lost)
	}
}

// recalibrateWatchingThreads calibrates ten times and returns the threads that have ended meanwhile.
func recalibrateWatchingThreads(t *testing.T) (lost []string) {
	before := names(t, "/proc/self/task")
	recalibrate(t, 10)
	now := names(t, "/proc/self/task")
	for tid := range before {
		if !now[tid] {
			lost = append(lost, tid)
		}
	}
	return lost
}

func TestCalibrationReportsMissingDescriptors(t *testing.T) {
	Calibrate()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Skip(err)
	}
	before := len(names(t, "/proc/self/fd"))
	for _, spare := range []uint64{0, 2, 4, 6, 8} {
		low := unix.Rlimit{Cur: uint64(before) - 1 + spare, Max: limit.Max}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
			t.Skip(err)
		}
		_, err := calibrate()
		unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
		if !errors.Is(err, unix.EMFILE) {
			t.Errorf("with %d descriptors to spare: error %v; want %v", spare, err, unix.EMFILE)
		}
	}
	if n := len(names(t, "/proc/self/fd")); n != before {
		t.Errorf("%d descriptors are open, %d were", n, before)
	}
}
