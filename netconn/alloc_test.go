// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package netconn

import (
	"runtime"
	"testing"
	"time"
)

// The race detector allocates, so this is not part of its build.

func TestReadAndWriteDoNotAllocate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("on Windows the state of a goroutine cannot be read, and then finding out which one calls allocates")
	}
	a, b := pair(t, newNetwork(t))
	go echoAll(b, 64)
	buf := make([]byte, 64)
	roundTrip := func() {
		if _, err := a.Write(buf); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Read(buf); err != nil {
			t.Fatal(err)
		}
	}
	if avg := testing.AllocsPerRun(2000, roundTrip); avg != 0 {
		t.Errorf("a round trip allocates %v times, want 0", avg)
	}
	far := time.Now().Add(time.Hour)
	withDeadlines := func() {
		a.SetReadDeadline(far)
		a.SetWriteDeadline(far)
		roundTrip()
	}
	if avg := testing.AllocsPerRun(2000, withDeadlines); avg != 0 {
		t.Errorf("a round trip with deadlines allocates %v times, want 0", avg)
	}
}
