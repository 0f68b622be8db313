// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"runtime"
	"testing"
	"time"
)

// requestsLeft is how many OVERLAPPEDs the table of requests holds.
func requestsLeft() (n int) {
	for i := range requests {
		t := &requests[i]
		t.mu.Lock()
		n += len(t.of)
		t.mu.Unlock()
	}
	return n
}

// collected reports whether the garbage collector takes what gone is closed for, within limit.
func collected(gone <-chan struct{}, limit time.Duration) bool {
	for start := time.Now(); time.Since(start) < limit; {
		runtime.GC()
		select {
		case <-gone:
			return true
		default:
		}
	}
	return false
}

type posted struct {
	OVERLAPPED
	text string
}

// postDropped posts a packet with an OVERLAPPED that nothing else refers to.
func postDropped(t *testing.T, port HANDLE) <-chan struct{} {
	t.Helper()
	p := &posted{text: "still here"}
	gone := make(chan struct{})
	runtime.AddCleanup(p, func(c chan struct{}) { close(c) }, gone)
	if err := PostQueuedCompletionStatus(port, 1, 2, &p.OVERLAPPED); err != nil {
		t.Fatal(err)
	}
	return gone
}

func TestPostedOverlappedIsKeptUntilItIsTaken(t *testing.T) {
	port := newTestPort(t, 1)
	before := requestsLeft()
	gone := postDropped(t, port)
	if collected(gone, 50*time.Millisecond) {
		t.Fatal("collected while its packet was queued")
	}
	var n uint32
	var key uintptr
	var ov *OVERLAPPED
	if err := GetQueuedCompletionStatus(port, &n, &key, &ov, 0); err != nil {
		t.Fatal(err)
	}
	runtime.KeepAlive(ov)
	if ov = nil; !collected(gone, 10*time.Second) {
		t.Error("not collected after its packet was taken")
	}
	if left := requestsLeft(); left != before {
		t.Errorf("%d requests left, before %d", left, before)
	}
}

func TestBatchReleasesWhatItBrings(t *testing.T) {
	port := newTestPort(t, 1)
	before := requestsLeft()
	for range 5 {
		postDropped(t, port)
	}
	entries := make([]OVERLAPPED_ENTRY, 8)
	var n uint32
	if err := GetQueuedCompletionStatusEx(port, entries, &n, 0, false); err != nil || n != 5 {
		t.Fatalf("%d packets, %v", n, err)
	}
	if left := requestsLeft(); left != before {
		t.Errorf("%d requests left, before %d", left, before)
	}
}

// TestSweepForgetsWhatAClosedPortHeld: nobody can take its packets any more.
func TestSweepForgetsWhatAClosedPortHeld(t *testing.T) {
	port := newTestPort(t, 1)
	gone := postDropped(t, port)
	if err := CloseHandle(port); err != nil {
		t.Fatal(err)
	}
	for i := range requests {
		tab := &requests[i]
		tab.mu.Lock()
		tab.sweep()
		tab.mu.Unlock()
	}
	if !collected(gone, 10*time.Second) {
		t.Error("a closed port still holds a posted OVERLAPPED")
	}
}

// TestRefusedPostIsForgotten: no packet will come.
func TestRefusedPostIsForgotten(t *testing.T) {
	before := requestsLeft()
	if err := PostQueuedCompletionStatus(0, 1, 2, new(OVERLAPPED)); err != ERROR_INVALID_HANDLE {
		t.Errorf("got %v, want ERROR_INVALID_HANDLE", err)
	}
	if left := requestsLeft(); left != before {
		t.Errorf("%d requests left, before %d", left, before)
	}
}
