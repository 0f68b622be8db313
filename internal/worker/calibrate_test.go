// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build gc && linux && (386 || amd64 || arm || arm64 || loong64 || ppc64 || ppc64le || riscv64 || s390x)

package worker

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"unsafe"

	"golang.org/x/sys/unix"
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

// recalibrate calibrates n times and compares with the first outcome.
func recalibrate(t *testing.T, n int) {
	t.Helper()
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
	threads := names(t, "/proc/self/task")
	recalibrate(t, 10)
	eventually(t, "as many goroutines as before", func() bool { return runtime.NumGoroutine() <= goroutines })
	if n := len(names(t, "/proc/self/fd")); n != files {
		t.Errorf("%d descriptors are open, %d were", n, files)
	}
	// A goroutine that exits while it is locked to its thread takes the thread along.
	now := names(t, "/proc/self/task")
	for tid := range threads {
		if !now[tid] {
			t.Errorf("thread %s has gone", tid)
		}
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
