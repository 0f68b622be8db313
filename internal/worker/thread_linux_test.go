// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"testing"
)

func TestParseStat(t *testing.T) {
	tests := []struct {
		stat           string
		waiting, known bool
	}{
		{"12 (iocp) S 1 12 12 0", true, true},
		{"12 (iocp) D 1", true, true},
		{"12 (iocp) R 1", false, true},
		{"12 (a) R (b) S 1", true, true},
		{"12 (iocp) T 1", false, false},
		{"12 (iocp) Z 1", false, false},
		{"12 (iocp) ", false, false},
		{"12 (iocp)", false, false},
		{"12 ", false, false},
		{"", false, false},
	}
	for _, test := range tests {
		waiting, known := parseStat([]byte(test.stat))
		if waiting != test.waiting || known != test.known {
			t.Errorf("parseStat(%q) = %v, %v; want %v, %v", test.stat, waiting, known, test.waiting, test.known)
		}
	}
}

// threadsAreTold reports whether threads can be looked at.
func threadsAreTold() bool {
	_, err := os.ReadDir("/proc/self/task")
	return err == nil
}

func TestThreadWaitingKnowsOnlyThreadsOfThisProcess(t *testing.T) {
	for _, tid := range []int{-1, 0, os.Getppid(), 1 << 30} {
		if waiting, known := ThreadWaiting(tid); waiting || known {
			t.Errorf("ThreadWaiting(%d) = %v, %v; want false, false", tid, waiting, known)
		}
	}
}
