// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build gc && ((linux && (386 || amd64 || arm || arm64 || loong64 || ppc64 || ppc64le || riscv64 || s390x)) || (windows && (386 || amd64 || arm64)))

package worker

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"unsafe"
)

// TestCalibrationSucceeds is the one to watch when a new Go release comes out: if it fails,
// the runtime has changed and ports cannot see blocked workers any more.
func TestCalibrationSucceeds(t *testing.T) {
	known, why := Calibrate()
	if !known {
		t.Fatalf("%s on %s/%s: %s", runtime.Version(), runtime.GOOS, runtime.GOARCH, why)
	}
	l := learned.layout
	reasons := 0
	for _, user := range l.user {
		if user {
			reasons++
		}
	}
	t.Logf("%s %s: goid %d, status %d (running %d, waiting %d, syscall %d, dead %d), m %d, procid %d, reason %d (%d kinds)",
		runtime.Version(), runtime.GOARCH, l.goid, l.status, l.running, l.waiting, l.syscall, l.dead,
		l.m, l.procid, l.reason, reasons)
}

// recalibrate calibrates n times, or fewer with -short, and compares with the first outcome.
func recalibrate(t *testing.T, n int) {
	t.Helper()
	if testing.Short() {
		n = max(n/5, 2)
	}
	Calibrate()
	for i := range n {
		if l, err := calibrate(); err != nil || l != learned.layout {
			t.Fatalf("calibration %d: %+v, %v; the first was %+v", i, l, err, learned.layout)
		}
	}
}

func TestRecalibrationsAgree(t *testing.T) { recalibrate(t, 50) }

func TestRecalibrationsAgreeOnOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	recalibrate(t, 10)
}

func TestRecalibrationsAgreeOnALockedThread(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	recalibrate(t, 10)
}

func TestRecalibrationsAgreeWhileOthersAllocate(t *testing.T) {
	defer allocateHard(8)()
	recalibrate(t, 3)
}

func TestRecalibrationsAgreeWhileOthersStartGoroutines(t *testing.T) {
	defer inBackground(4, func(stop *atomic.Bool) {
		for !stop.Load() {
			done := make(chan struct{})
			go close(done)
			<-done
		}
	})()
	recalibrate(t, 3)
}

// allocateHard keeps n goroutines allocating until the returned function is called.
func allocateHard(n int) (end func()) {
	return inBackground(n, func(stop *atomic.Bool) {
		var keep [512][]byte
		for i := 0; !stop.Load(); i++ {
			keep[i%len(keep)] = make([]byte, 4096)
		}
	})
}

func inBackground(n int, f func(stop *atomic.Bool)) (end func()) {
	var stop atomic.Bool
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { f(&stop) })
	}
	return func() {
		stop.Store(true)
		wg.Wait()
	}
}

// calibrateWith calibrates, with little patience, through a reader made from the real one.
func calibrateWith(t *testing.T, spoil func(reader) reader) error {
	mem, err := openMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer mem.close()
	c := calibration{read: spoil(mem.read), patience: 100}
	l, err := c.run()
	if err != nil && l != (layout{}) {
		t.Errorf("a failure came with the layout %+v", l)
	}
	return err
}

func TestCalibrationRefusesAnAmbiguousRuntime(t *testing.T) {
	Calibrate()
	l := learned.layout
	err := calibrateWith(t, func(read reader) reader {
		return func(addr uintptr, b []byte) error {
			err := read(addr, b)
			if len(b) == gWindow {
				copy(b[gWindow-8:], b[l.goid:l.goid+8])
			}
			return err
		}
	})
	if err == nil || !strings.Contains(err.Error(), "2 places") {
		t.Errorf("error %v; want one about two places", err)
	}
}

// Two subjects that park in the same way may both wait for something else on their way there.
func TestCalibrationSeesThroughAWaitOnTheWay(t *testing.T) {
	Calibrate()
	want := learned.layout
	right, passing := byte(0), byte(0) // a reason, and one that no subject has
	for r := byte(1); r <= maxReason; r++ {
		if want.user[r] {
			right = r
		} else {
			passing = r
		}
	}
	mem, err := openMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer mem.close()
	arrived := false
	c := calibration{patience: patience, awaiting: func() { arrived = true }}
	c.read = func(addr uintptr, b []byte) error {
		err := mem.read(addr, b)
		if len(b) == gWindow && !arrived && b[want.reason] == right {
			b[want.reason] = passing
		}
		return err
	}
	if l, err := c.run(); err != nil || l != want {
		t.Errorf("calibration: %+v, %v; want %+v", l, err, want)
	}
	if !arrived {
		t.Error("nothing was looked at twice")
	}
}

func TestCalibrationRefusesARuntimeWithoutDeath(t *testing.T) {
	Calibrate()
	l := learned.layout
	err := calibrateWith(t, func(read reader) reader {
		return func(addr uintptr, b []byte) error {
			err := read(addr, b)
			s := subject{}
			if n := copy(s.mem[:], b); n == gWindow && s.u32(l.status)&^scanBit == l.dead {
				*(*uint32)(unsafe.Pointer(&b[l.status])) = l.running
			}
			return err
		}
	})
	if err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("error %v; want one about goroutines that have ended", err)
	}
}

// A bubble must not decide for the rest of the process.
func TestCalibrationWaitsForTheEndOfABubble(t *testing.T) {
	want, _ := Calibrate()
	learned.over.Store(false)
	synctest.Test(t, func(t *testing.T) {
		if known, why := Calibrate(); known || !strings.Contains(why, "bubble") {
			t.Errorf("Calibrate() = %v, %q; want a reason about the bubble", known, why)
		}
	})
	if known, why := Calibrate(); known != want {
		t.Errorf("after the bubble Calibrate() = %v, %q; want %v", known, why, want)
	}
}

func TestCalibrationReportsUnreadableMemory(t *testing.T) {
	denied := errors.New("denied")
	err := calibrateWith(t, func(reader) reader {
		return func(uintptr, []byte) error { return denied }
	})
	if !errors.Is(err, denied) {
		t.Errorf("error %v; want %v", err, denied)
	}
}
