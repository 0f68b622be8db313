// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32

import "testing"

func newTestPort(t testing.TB, concurrent uint32) HANDLE {
	t.Helper()
	h, err := CreateIoCompletionPort(INVALID_HANDLE_VALUE, 0, 0, concurrent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { CloseHandle(h) })
	return h
}

func TestPostedPacketComesBackVerbatim(t *testing.T) {
	h := newTestPort(t, 1)
	ov := new(OVERLAPPED)
	if err := PostQueuedCompletionStatus(h, 0xFFFFFFFF, ^uintptr(0), ov); err != nil {
		t.Fatal(err)
	}
	var n uint32
	var key uintptr
	var got *OVERLAPPED
	if err := GetQueuedCompletionStatus(h, &n, &key, &got, 0); err != nil {
		t.Fatal(err)
	}
	if n != 0xFFFFFFFF || key != ^uintptr(0) || got != ov {
		t.Errorf("got %#x %#x %p, want what was posted", n, key, got)
	}
	if *ov != (OVERLAPPED{}) {
		t.Error("the OVERLAPPED of a posted packet was written to (D02)")
	}
	if err := GetQueuedCompletionStatus(h, &n, &key, &got, 0); err != WAIT_TIMEOUT || got != nil || n != 0xFFFFFFFF {
		t.Errorf("empty port: %v, %p, %#x", err, got, n)
	}
}

func TestPostAndGetAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget at random")
	}
	h := newTestPort(t, 1)
	ov := new(OVERLAPPED)
	entries := make([]OVERLAPPED_ENTRY, 8)
	if n := testing.AllocsPerRun(1000, func() {
		postGet(h, ov)
		PostQueuedCompletionStatus(h, 1, 2, ov)
		GetQueuedCompletionStatusEx(h, entries, nil, 0, false)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func postGet(h HANDLE, ov *OVERLAPPED) error {
	var n uint32
	var key uintptr
	var got *OVERLAPPED
	PostQueuedCompletionStatus(h, 7, 1<<30|3, ov)
	return GetQueuedCompletionStatus(h, &n, &key, &got, 0)
}
