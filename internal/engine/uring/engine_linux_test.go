// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"iocp/internal/engine/enginetest"
)

func TestOptionSizes(t *testing.T) {
	for _, x := range []struct {
		o      Options
		sq, cq uint32
	}{
		{Options{}, 128, 8192},
		{Options{Entries: 16}, 16, 8192},
		{Options{CQEntries: 4096}, 128, 4096},
		{Options{Entries: 64, CQEntries: 8}, 64, 64},
		{Options{Entries: 5, CQEntries: 9}, 8, 16},
		{Options{Entries: 1 << 30, CQEntries: 1 << 30}, 32768, 65536},
	} {
		if testing.Short() && x.sq > 1024 {
			continue
		}
		p := newPort(t, x.o)
		if sq, cq := len(p.sqes), len(p.cqes); sq != int(x.sq) || cq != int(x.cq) {
			t.Errorf("%+v: %d and %d entries, want %d and %d", x.o, sq, cq, x.sq, x.cq)
		}
	}
}

func mappings(t *testing.T) int {
	t.Helper()
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip("/proc is not mounted")
	}
	return strings.Count(string(b), "anon_inode:[io_uring]")
}

func TestProbeAndCloseLeaveNothingBehind(t *testing.T) {
	if info := Probe(); !info.Available {
		t.Skip(info.Err)
	}
	newPort(t, Options{}) // what is made once is made
	<-hostBarrier.done    // its goroutine ends here
	open, goroutines, maps := enginetest.Descriptors(), runtime.NumGoroutine(), mappings(t)
	for range 20 {
		if err := newEngine(t, host, Options{}).Close(); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
	for _, k := range fallbackKernels() {
		k.inspect()
	}
	refusing(1, "").inspect()
	if n := enginetest.Descriptors(); n > open {
		t.Errorf("%d descriptors, %d before", n, open)
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	if n := mappings(t); n != maps {
		t.Errorf("%d mappings of rings, %d before", n, maps)
	}
}
