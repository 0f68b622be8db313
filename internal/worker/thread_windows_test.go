// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"testing"
	"unsafe"

	"iocp/internal/sys/nt"
)

// TestThreadsAreTold: if it fails, Windows has changed, and a worker counts as blocked during every
// system call, also if it computes there.
func TestThreadsAreTold(t *testing.T) {
	if nt.WineVersion.Find() == nil && !threadsAreTold() {
		t.Skip("Wine does not tell the states of threads (ThreadSystemThreadInformation)")
	}
	if !threadsAreTold() {
		t.Fatal("the state of a thread that runs is not told, or not right")
	}
}

func TestJudge(t *testing.T) {
	tests := []struct {
		name           string
		state          uint32
		waiting, known bool
	}{
		{"initialized", 0, false, false},
		{"ready", 1, false, true},
		{"running", 2, false, true},
		{"standby", 3, false, true},
		{"terminated", 4, false, false},
		{"wait", 5, true, true},
		{"transition", 6, true, true},
		{"deferred ready", 7, false, true},
		{"one to come", 99, false, false},
	}
	for _, test := range tests {
		if waiting, known := judge(test.state); waiting != test.waiting || known != test.known {
			t.Errorf("%s: %v, %v; want %v, %v", test.name, waiting, known, test.waiting, test.known)
		}
	}
}

// The sizes are those that the kernel accepts: the structure's in C, [MS-TSTS] 2.2.2.16.2.
func TestThreadRecordHasTheSizeOfTheStructure(t *testing.T) {
	want := map[uintptr]uintptr{4: 64, 8: 80}[wordSize]
	if n := unsafe.Sizeof(threadRecord{}); n != want {
		t.Errorf("%d bytes, want %d", n, want)
	}
}

func TestThreadWaitingKnowsOnlyThreadsOfThisProcess(t *testing.T) {
	for _, tid := range []int{-1, 0, os.Getpid(), 1 << 30} {
		if waiting, known := ThreadWaiting(tid); waiting || known {
			t.Errorf("ThreadWaiting(%d) = %v, %v; want false, false", tid, waiting, known)
		}
	}
}
