// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"testing"
)

func TestResultOfAnOperation(t *testing.T) { // F24, F25
	h, d := openManual(t)
	port := newTestPort(t, 1)
	if _, err := CreateIoCompletionPort(h, port, 7, 0); err != nil {
		t.Fatal(err)
	}
	ov := &OVERLAPPED{HEvent: newTestEvent(t, true), InternalHigh: 0x77}
	expectErr(t, ReadFile(h, make([]byte, 9), nil, ov), ERROR_IO_PENDING)
	n := uint32(0xAAAA)
	expectErr(t, GetOverlappedResult(h, ov, &n, false), ERROR_IO_INCOMPLETE)
	expectErr(t, GetOverlappedResultEx(h, ov, &n, 0, true), ERROR_IO_INCOMPLETE)
	expectErr(t, GetOverlappedResultEx(h, ov, &n, 1, false), WAIT_TIMEOUT)
	if n != 0xAAAA || ov.InternalHigh != 0x77 || HasOverlappedIoCompleted(ov) {
		t.Errorf("a pending operation wrote %#x, %#x", n, ov.InternalHigh)
	}
	go d.end(STATUS_SUCCESS, 5)
	expectErr(t, GetOverlappedResult(h, ov, &n, true), 0)
	if n != 5 || !HasOverlappedIoCompleted(ov) {
		t.Errorf("%d bytes", n)
	}
	expectErr(t, GetOverlappedResult(h, ov, nil, false), 0)
	var got *OVERLAPPED
	// The packet follows the event, and another goroutine brings both.
	if err := GetQueuedCompletionStatus(port, &n, nil, &got, INFINITE); err != nil || got != ov || n != 5 {
		t.Errorf("the packet is %p, %d, %v", got, n, err)
	}
}

func TestResultOfAFailureWritesTheCount(t *testing.T) { // F25
	h, d := openManual(t)
	ov := new(OVERLAPPED)
	expectErr(t, ReadFile(h, make([]byte, 9), nil, ov), ERROR_IO_PENDING)
	d.end(STATUS_BUFFER_OVERFLOW, 9)
	n := uint32(0)
	expectErr(t, GetOverlappedResult(h, ov, &n, true), ERROR_MORE_DATA)
	if n != 9 {
		t.Errorf("%d bytes", n)
	}
}

// TestResultTrustsTheEvent: who sets it himself gets a success with nothing done (F25).
func TestResultTrustsTheEvent(t *testing.T) {
	h, d := openManual(t)
	ov := &OVERLAPPED{HEvent: newTestEvent(t, true)}
	expectErr(t, ReadFile(h, make([]byte, 9), nil, ov), ERROR_IO_PENDING)
	SetEvent(ov.HEvent)
	n := uint32(0xAAAA)
	expectErr(t, GetOverlappedResult(h, ov, &n, true), 0)
	if n != 0 {
		t.Errorf("%d bytes", n)
	}
	d.end(STATUS_SUCCESS, 1)
}

func TestResultRefuses(t *testing.T) {
	h, _ := openManual(t)
	s, _ := openStream(t)
	expectErr(t, GetOverlappedResult(h, nil, nil, false), ERROR_INVALID_PARAMETER)
	pending := &OVERLAPPED{Internal: uintptr(STATUS_PENDING)}
	expectErr(t, GetOverlappedResult(0, pending, nil, true), ERROR_INVALID_HANDLE)
	expectErr(t, GetOverlappedResult(0, pending, nil, false), ERROR_IO_INCOMPLETE)
	expectErr(t, WSAGetOverlappedResult(SOCKET(h), pending, nil, false, nil), WSAENOTSOCK)
	expectErr(t, WSAGetOverlappedResult(SOCKET(s), nil, nil, false, nil), WSAEFAULT)
	expectErr(t, WSAGetOverlappedResult(SOCKET(s), pending, nil, false, nil), WSA_IO_INCOMPLETE)
	for status, want := range map[NTSTATUS][2]Errno{
		STATUS_CONNECTION_RESET: {ERROR_NETNAME_DELETED, WSAECONNRESET},
		STATUS_SUCCESS:          {},
		STATUS_NOTIFY_ENUM_DIR:  {},
	} {
		over := &OVERLAPPED{Internal: uintptr(status)} // F26
		expectErr(t, GetOverlappedResult(HANDLE(s), over, nil, false), want[0])
		expectErr(t, WSAGetOverlappedResult(SOCKET(s), over, nil, true, nil), want[1])
	}
}

// TestEndsOnAPortThatNobodyServes: events, the file itself and status blocks tell of the end all
// the same, and the packets are there afterwards (F07, F10, F13).
func TestEndsOnAPortThatNobodyServes(t *testing.T) {
	h, far := openStream(t)
	port := newTestPort(t, 1)
	if _, err := CreateIoCompletionPort(h, port, 7, 0); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1)
	withEvent, without := &OVERLAPPED{HEvent: newTestEvent(t, false)}, new(OVERLAPPED)
	for what, wait := range map[string]func(ov *OVERLAPPED){
		"event":  func(ov *OVERLAPPED) { expectWait(t, ov.HEvent, soon, WAIT_OBJECT_0) },
		"file":   func(ov *OVERLAPPED) { expectWait(t, h, soon, WAIT_OBJECT_0) },
		"result": func(ov *OVERLAPPED) { expectErr(t, GetOverlappedResult(h, ov, nil, true), 0) },
		"status": func(ov *OVERLAPPED) {
			untilTrue(t, "completed", func() bool { return HasOverlappedIoCompleted(ov) })
		},
		"poll": func(ov *OVERLAPPED) {
			untilTrue(t, "completed", func() bool { return GetOverlappedResult(h, ov, nil, false) == nil })
		},
	} {
		ov := without
		if what == "event" {
			ov = withEvent
		}
		expectErr(t, ReadFile(h, buf, nil, ov), ERROR_IO_PENDING)
		expectWait(t, h, 0, uint32(WAIT_TIMEOUT))
		if HasOverlappedIoCompleted(ov) {
			t.Fatal(what, ": over before anything came")
		}
		go far.Write([]byte("x"))
		wait(ov)
		var got *OVERLAPPED
		if err := GetQueuedCompletionStatus(port, nil, nil, &got, INFINITE); err != nil || got != ov {
			t.Fatalf("%s: the packet is %p, %v", what, got, err)
		}
	}
}

// TestFileIsResetByEveryStart, and set by the ends without an event only (O02, F13, K04).
func TestFileIsResetByEveryStart(t *testing.T) {
	h, d := openManual(t)
	buf := make([]byte, 1)
	start := func(ov *OVERLAPPED) { t.Helper(); expectErr(t, ReadFile(h, buf, nil, ov), ERROR_IO_PENDING) }
	with, without := &OVERLAPPED{HEvent: newTestEvent(t, true)}, new(OVERLAPPED)
	start(without)
	d.end(STATUS_SUCCESS, 1)
	expectWait(t, h, 0, WAIT_OBJECT_0)
	expectWait(t, h, 0, WAIT_OBJECT_0)
	SetEvent(with.HEvent)
	start(with)
	expectWait(t, h, 0, uint32(WAIT_TIMEOUT))
	expectWait(t, with.HEvent, 0, uint32(WAIT_TIMEOUT))
	d.end(STATUS_SUCCESS, 1)
	expectWait(t, h, 0, uint32(WAIT_TIMEOUT))
	expectWait(t, with.HEvent, 0, WAIT_OBJECT_0)
	expectErr(t, SetFileCompletionNotificationModes(h, FILE_SKIP_SET_EVENT_ON_HANDLE), 0)
	start(without)
	d.end(STATUS_SUCCESS, 1)
	expectWait(t, h, 0, uint32(WAIT_TIMEOUT))
	start(with)
	d.end(STATUS_SUCCESS, 1)
	expectWait(t, with.HEvent, 0, WAIT_OBJECT_0)
}
