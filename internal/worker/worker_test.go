// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// eventually yields until ok returns true, and ends the test if it never does.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("waited 20 s in vain: %s", what)
		}
	}
}

// start runs f in a goroutine and returns that goroutine's ID.
func start(f func()) ID {
	id := make(chan ID)
	go func() {
		id <- Self()
		f()
	}()
	return <-id
}

// failCalibration makes calibration count as failed until the test is over.
func failCalibration(t *testing.T) {
	pretend(t, layout{}, errors.New("the test says so"))
}

// pretend replaces the outcome of calibration until the test is over.
func pretend(t *testing.T, l layout, err error) {
	known, why := Calibrate()
	saved := learned.layout
	t.Cleanup(func() {
		learned.known.Store(known)
		learned.layout, learned.why = saved, why
	})
	adopt(l, err)
}

func TestCalibrateReturnsTheFirstOutcomeToEverybody(t *testing.T) {
	known, why := Calibrate()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if k, w := Calibrate(); k != known || w != why || Known() != known {
				t.Errorf("Calibrate() = %v, %q, Known() = %v; the first was %v, %q", k, w, Known(), known, why)
			}
		})
	}
	wg.Wait()
	if known == (why != "") {
		t.Errorf("known is %v, and the reason is %q", known, why)
	}
}

func TestFailedCalibrationMeansUnknown(t *testing.T) {
	failCalibration(t)
	known, why := Calibrate()
	if known || Known() || !strings.Contains(why, "the test says so") {
		t.Fatalf("Calibrate() = %v, %q, Known() = %v", known, why, Known())
	}
	quit := make(chan struct{})
	defer close(quit)
	for _, id := range []ID{Self(), start(func() { <-quit }), {}} {
		if s, tid := id.State(), id.Thread(); s != Unknown || tid != 0 {
			t.Errorf("%+v: state %v, thread %d; want unknown, 0", id, s, tid)
		}
	}
}

func TestFailedCalibrationStillTellsGoroutinesApart(t *testing.T) {
	failCalibration(t)
	differentGoroutinesHaveDifferentIDs(t)
}

func TestIDsTakenBeforeAFailureKeepTheirState(t *testing.T) {
	if known, why := Calibrate(); !known {
		t.Skip(why)
	}
	id := Self()
	failCalibration(t)
	if s := id.State(); s != Active {
		t.Errorf("state %v, want active", s)
	}
}

// A made-up g and m: variables, since they must not move. Words make them well aligned.
var (
	fakeG [gWindow / 8]uint64
	fakeM [mWindow / 8]uint64
)

// TestStateRules reads a made-up g. Some of what it holds cannot be brought about at will:
// most of all a goroutine that says it waits for a channel and still has its thread, as it
// does for some nanoseconds on its way.
func TestStateRules(t *testing.T) {
	l := fake
	l.dead = 15
	pretend(t, l, nil)
	const goid, tid, runnable = 7, 4711, 11
	tests := []struct {
		name   string
		goid   uint64
		status uint32
		thread bool
		reason byte
		want   State
	}{
		{"running", goid, l.running, true, 0, Active},
		{"being scanned while running", goid, l.running | scanBit, true, 0, Active},
		{"ready", goid, runnable, false, 31, Active},
		{"parked", goid, l.waiting, false, 31, Blocked},
		{"being scanned while parked", goid, l.waiting | scanBit, false, 31, Blocked},
		{"about to park", goid, l.waiting, true, 31, Active},
		{"assisting the collector", goid, l.waiting, true, 90, Active},
		{"waiting for the collector", goid, l.waiting, false, 90, SysWait},
		{"waiting for no reason", goid, l.waiting, false, 0, SysWait},
		{"in a system call", goid, l.syscall, true, 0, Syscall},
		{"ended", goid, l.dead, false, 0, Exited},
		{"another one parked", goid + 1, l.waiting, false, 31, Exited},
		{"another one running", goid + 1<<32, l.running, true, 0, Exited},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sub := fakeSubject(test.goid, test.status)
			if test.thread {
				sub.putWord(l.m, uintptr(unsafe.Pointer(&fakeM)))
			}
			sub.mem[l.reason] = test.reason
			copy((*[gWindow]byte)(unsafe.Pointer(&fakeG))[:], sub.mem[:])
			fakeM[l.procid/8] = tid
			id := ID{unsafe.Pointer(&fakeG), goid}
			if s := id.State(); s != test.want {
				t.Errorf("state %v, want %v", s, test.want)
			}
			want := 0
			if test.thread && test.goid == goid {
				want = tid
			}
			if got := id.Thread(); got != want {
				t.Errorf("thread %d, want %d", got, want)
			}
		})
	}
}

func TestStateNames(t *testing.T) {
	for s, want := range map[State]string{Unknown: "unknown", Active: "active", Syscall: "syscall",
		Blocked: "blocked", SysWait: "syswait", Exited: "exited", Exited + 1: "invalid"} {
		if got := s.String(); got != want {
			t.Errorf("State(%d) = %q, want %q", uint8(s), got, want)
		}
	}
}
