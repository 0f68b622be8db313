// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package netconn

import (
	"testing"
	"time"
)

// The race detector allocates, so this is not part of its build.

func TestReadAndWriteDoNotAllocate(t *testing.T) {
	a, b := pair(t, newNetwork(t))
	go echoAll(b, 64)
	buf := make([]byte, 64)
	rounds := 2000
	if testing.Short() {
		rounds = 200
	}
	roundTrip := func() {
		if _, err := a.Write(buf); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Read(buf); err != nil {
			t.Fatal(err)
		}
	}
	if avg := testing.AllocsPerRun(rounds, roundTrip); avg != 0 {
		t.Errorf("a round trip allocates %v times, want 0", avg)
	}
	far := time.Now().Add(time.Hour)
	withDeadlines := func() {
		a.SetReadDeadline(far)
		a.SetWriteDeadline(far)
		roundTrip()
	}
	if avg := testing.AllocsPerRun(rounds, withDeadlines); avg != 0 {
		t.Errorf("a round trip with deadlines allocates %v times, want 0", avg)
	}
}
