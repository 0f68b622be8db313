// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nap_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"iocp/internal/nap"
)

func Example() {
	if t := nap.New(); t != nil {
		defer t.Close()
		t.Sleep(50 * time.Microsecond)
	}
	fmt.Println("well rested")
	// Output: well rested
}

func newTimer(t *testing.T) *nap.Timer {
	timer := nap.New()
	if timer == nil {
		t.Skip("there are no exact timers here")
	}
	t.Cleanup(timer.Close)
	return timer
}

func TestSleepsAsLongAsItIsTold(t *testing.T) {
	timer := newTimer(t)
	const d = 100 * time.Microsecond
	var took []time.Duration
	for range 200 {
		begin := time.Now()
		if !timer.Sleep(d) {
			t.Fatal("it did not sleep")
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	if took[0] < d {
		t.Errorf("a sleep of %v took %v", d, took[0])
	}
	// A machine at work may make many longer, but not nearly all.
	if least := took[10]; least > 900*time.Microsecond {
		t.Errorf("190 of 200 sleeps of %v took %v and more, as those of the runtime do", d, least)
	}
}

func TestSleepDoesNotAllocate(t *testing.T) {
	timer := newTimer(t)
	if n := testing.AllocsPerRun(100, func() { timer.Sleep(time.Microsecond) }); n != 0 {
		t.Errorf("%v allocations for a sleep", n)
	}
}

func TestCloseEndsASleep(t *testing.T) {
	timer := newTimer(t)
	slept := make(chan bool, 1)
	go func() { slept <- timer.Sleep(time.Hour) }()
	timer.Close()
	if <-slept {
		t.Error("a sleep of an hour is over")
	}
	if timer.Sleep(time.Microsecond) {
		t.Error("a closed timer sleeps")
	}
}
