// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestEventThatResetsItself(t *testing.T) {
	h := newTestEvent(t, false)
	expectWait(t, h, 0, uint32(WAIT_TIMEOUT))
	expectErr(t, SetEvent(h), 0)
	expectErr(t, SetEvent(h), 0)
	expectWait(t, h, 0, WAIT_OBJECT_0)
	expectWait(t, h, 1, uint32(WAIT_TIMEOUT))
}

func TestManualEvent(t *testing.T) {
	h := newTestEvent(t, true)
	expectErr(t, SetEvent(h), 0)
	expectWait(t, h, INFINITE, WAIT_OBJECT_0)
	expectWait(t, h, 0, WAIT_OBJECT_0)
	expectErr(t, ResetEvent(h), 0)
	expectWait(t, h, 0, uint32(WAIT_TIMEOUT))
}

func TestRightsOfEvents(t *testing.T) {
	h := newTestEvent(t, true)
	var modify, wait HANDLE
	p := GetCurrentProcess()
	expectErr(t, DuplicateHandle(p, h, p, &modify, EVENT_MODIFY_STATE, false, 0), 0)
	expectErr(t, DuplicateHandle(p, h, p, &wait, SYNCHRONIZE, false, 0), 0)
	defer CloseHandle(modify)
	defer CloseHandle(wait)
	expectErr(t, SetEvent(wait), ERROR_ACCESS_DENIED)
	expectErr(t, ResetEvent(wait), ERROR_ACCESS_DENIED)
	expectErr(t, SetEvent(modify), 0)
	if _, err := WaitForSingleObject(modify, 0); err != ERROR_ACCESS_DENIED {
		t.Error("waiting without SYNCHRONIZE: ", err)
	}
	expectWait(t, wait, 0, WAIT_OBJECT_0)
}

func TestWaitsRefuseWhatIsNoObject(t *testing.T) {
	ev := newTestEvent(t, true)
	closed, _ := CreateEvent(true, true)
	CloseHandle(closed)
	for _, h := range []HANDLE{0, closed, 0x12345678} {
		if r, err := WaitForSingleObject(h, INFINITE); r != WAIT_FAILED || err != ERROR_INVALID_HANDLE {
			t.Errorf("%#x: %#x, %v", h, r, err)
		}
		if r, err := WaitForMultipleObjects([]HANDLE{ev, h}, false, INFINITE); r != WAIT_FAILED || err != ERROR_INVALID_HANDLE {
			t.Errorf("%#x: %#x, %v", h, r, err)
		}
		expectErr(t, SetEvent(h), ERROR_INVALID_HANDLE)
		expectErr(t, ResetEvent(h), ERROR_INVALID_HANDLE)
	}
	for _, hs := range [][]HANDLE{nil, make([]HANDLE, MAXIMUM_WAIT_OBJECTS+1)} {
		if r, err := WaitForMultipleObjects(hs, false, 0); r != WAIT_FAILED || err != ERROR_INVALID_PARAMETER {
			t.Errorf("%d handles: %#x, %v", len(hs), r, err)
		}
	}
	if _, err := WaitForMultipleObjects([]HANDLE{ev, ev}, true, 0); err != ERROR_INVALID_PARAMETER {
		t.Error("all of one object twice: ", err)
	}
	if r, err := WaitForMultipleObjects([]HANDLE{ev, ev}, false, 0); r != uint32(WAIT_TIMEOUT) || err != nil {
		t.Errorf("any of one object twice: %#x, %v", r, err)
	}
}

func TestWaitForAnyTakesTheFirstOnly(t *testing.T) {
	hs := []HANDLE{newTestEvent(t, false), newTestEvent(t, false), newTestEvent(t, false)}
	SetEvent(hs[2])
	SetEvent(hs[1])
	for _, want := range []uint32{1, 2, uint32(WAIT_TIMEOUT)} {
		if got, err := WaitForMultipleObjects(hs, false, 0); got != want || err != nil {
			t.Fatalf("%#x, %v; want %#x", got, err, want)
		}
	}
}

func TestWaitForAllTakesAllOrNone(t *testing.T) {
	hs := []HANDLE{newTestEvent(t, false), newTestEvent(t, false)}
	SetEvent(hs[0])
	if got, _ := WaitForMultipleObjects(hs, true, 0); got != uint32(WAIT_TIMEOUT) {
		t.Fatalf("with one set: %#x", got)
	}
	go SetEvent(hs[1])
	if got, _ := WaitForMultipleObjects(hs, true, soon); got != WAIT_OBJECT_0 {
		t.Fatalf("with both set: %#x", got)
	}
	for _, h := range hs {
		expectWait(t, h, 0, uint32(WAIT_TIMEOUT))
	}
}

// TestOneSetEndsOneWait: of an event that resets itself, whatever the waiters wait for besides.
func TestOneSetEndsOneWait(t *testing.T) {
	ev, other := newTestEvent(t, false), newTestEvent(t, true)
	const waits, each = 4, 500
	var got atomic.Int32
	var wg sync.WaitGroup
	for range waits {
		wg.Go(func() {
			for range each {
				if r, err := WaitForMultipleObjects([]HANDLE{other, ev}, false, INFINITE); r != 1 || err != nil {
					t.Errorf("%#x, %v", r, err)
				}
				got.Add(1)
			}
		})
	}
	for i := range int32(waits * each) {
		SetEvent(ev)
		untilTrue(t, "a wait ends", func() bool { return got.Load() == i+1 })
	}
	wg.Wait()
	expectWait(t, ev, 0, uint32(WAIT_TIMEOUT))
}

func TestWaitForAPort(t *testing.T) { // B26
	h := newTestPort(t, 1)
	expectWait(t, h, 1, uint32(WAIT_TIMEOUT))
	PostQueuedCompletionStatus(h, 0, 1, nil)
	expectWait(t, h, 0, WAIT_OBJECT_0)
	expectWait(t, h, 0, WAIT_OBJECT_0)
	var key uintptr
	expectErr(t, GetQueuedCompletionStatus(h, nil, &key, nil, 0), 0)
	expectWait(t, h, 0, uint32(WAIT_TIMEOUT))
	done := make(chan uint32)
	go func() {
		r, _ := WaitForSingleObject(h, soon)
		done <- r
	}()
	CloseHandle(h)
	if r := <-done; r != WAIT_OBJECT_0 && r != WAIT_FAILED { // it may have come too late
		t.Errorf("%#x after the last close", r)
	}
}

func TestWaitForAThread(t *testing.T) {
	var h HANDLE
	made, end := make(chan struct{}), make(chan struct{})
	go func() {
		h = currentThreadOf(t)
		close(made)
		<-end
	}()
	<-made
	expectWait(t, h, 1, uint32(WAIT_TIMEOUT))
	close(end)
	expectWait(t, h, soon, WAIT_OBJECT_0)
	expectErr(t, QueueUserAPC(func(uintptr) {}, h, 0), ERROR_GEN_FAILURE)
	expectErr(t, CloseHandle(h), 0)
	expectWait(t, GetCurrentThread(), 1, uint32(WAIT_TIMEOUT))
}

func TestWaitsAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	hs := []HANDLE{newTestEvent(t, false), newTestEvent(t, true)}
	SetEvent(hs[1])
	n := testing.AllocsPerRun(100, func() {
		WaitForMultipleObjects(hs, false, INFINITE)
		WaitForSingleObject(hs[0], 0)
		WaitForMultipleObjectsEx(hs, true, 0, true)
		SetEvent(hs[0])
		WaitForMultipleObjects(hs, true, 0)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// fickle is set when looked at and not when taken, as an event is that somebody else takes
// in between.
type fickle struct{ event }

func (*fickle) ready() bool { return true }
func (*fickle) take() bool  { return false }

func TestWaitForAllGivesBackWhatItTook(t *testing.T) {
	auto, manual := &event{signal: signal{auto: true}}, new(event)
	auto.set()
	manual.set()
	w := newWaiter()
	defer w.free()
	w.objects = append(w.objects, auto, manual, new(fickle))
	if w.takeAll() {
		t.Fatal("took what cannot be taken")
	}
	if !auto.ready() || !manual.ready() {
		t.Error("what was taken was not given back")
	}
	w.objects = w.objects[:2]
	if !w.takeAll() || auto.ready() || !manual.ready() {
		t.Error("took the wrong things")
	}
}
