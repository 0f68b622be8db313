// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"slices"
	"sync"
	"testing"
)

func TestCallsAreMadeInAnAlertableWait(t *testing.T) {
	var got []uintptr
	for i := range uintptr(3) {
		expectErr(t, QueueUserAPC(func(data uintptr) {
			got = append(got, data)
			if data == 1 { // makes what is left itself
				if r := SleepEx(0, true); r != uint32(WAIT_IO_COMPLETION) {
					t.Errorf("the wait in a call returned %#x", r)
				}
			}
		}, GetCurrentThread(), i), 0)
	}
	if SleepEx(0, false); len(got) != 0 {
		t.Fatal("a wait that is not alertable made calls")
	}
	if r := SleepEx(INFINITE, true); r != uint32(WAIT_IO_COMPLETION) || !slices.Equal(got, []uintptr{0, 1, 2}) {
		t.Fatalf("%#x, calls %v", r, got)
	}
	if r := SleepEx(1, true); r != 0 {
		t.Fatalf("with no calls left: %#x", r)
	}
}

func TestQueueUserAPCRefuses(t *testing.T) {
	ev := newTestEvent(t, true)
	h := currentThreadOf(t)
	defer CloseHandle(h)
	var weak HANDLE
	f := func(uintptr) {}
	for _, source := range []HANDLE{h, GetCurrentThread()} {
		expectErr(t, DuplicateHandle(GetCurrentProcess(), source, GetCurrentProcess(), &weak, SYNCHRONIZE, false, 0), 0)
		expectErr(t, QueueUserAPC(f, weak, 0), ERROR_ACCESS_DENIED)
		CloseHandle(weak)
	}
	expectErr(t, QueueUserAPC(f, 0, 0), ERROR_INVALID_HANDLE)
	expectErr(t, QueueUserAPC(f, ev, 0), ERROR_INVALID_HANDLE)
	expectErr(t, QueueUserAPC(nil, h, 0), ERROR_INVALID_PARAMETER)
}

// TestCallEndsEveryAlertableWait queues to a goroutine that waits, in each of the ways.
func TestCallEndsEveryAlertableWait(t *testing.T) {
	port, ev := newTestPort(t, 1), newTestEvent(t, true)
	file, _ := openManual(t)
	waits := map[string]func() uint32{
		"SleepEx":                  func() uint32 { return SleepEx(INFINITE, true) },
		"WaitForSingleObjectEx":    func() uint32 { r, _ := WaitForSingleObjectEx(ev, INFINITE, true); return r },
		"WaitForMultipleObjectsEx": func() uint32 { r, _ := WaitForMultipleObjectsEx([]HANDLE{ev, file}, true, INFINITE, true); return r },
		"GetQueuedCompletionStatusEx": func() uint32 {
			err := GetQueuedCompletionStatusEx(port, make([]OVERLAPPED_ENTRY, 1), nil, INFINITE, true)
			return uint32(err.(Errno))
		},
		"GetOverlappedResultEx": func() uint32 {
			ov := &OVERLAPPED{HEvent: ev}
			if err := ReadFile(file, make([]byte, 1), nil, ov); err != ERROR_IO_PENDING {
				return uint32(err.(Errno))
			}
			return uint32(GetOverlappedResultEx(file, ov, nil, INFINITE, true).(Errno))
		},
	}
	for name, wait := range waits {
		handle, result := make(chan HANDLE), make(chan uint32)
		ran := 0
		go func() {
			handle <- currentThreadOf(t)
			for range 3 {
				result <- wait()
			}
		}()
		h := <-handle
		for i := range 3 {
			expectErr(t, QueueUserAPC(func(uintptr) { ran++ }, h, 0), 0)
			if r := <-result; r != uint32(WAIT_IO_COMPLETION) || ran != i+1 {
				t.Errorf("%s: %#x after %d calls", name, r, ran)
			}
		}
		CloseHandle(h)
	}
}

// TestCallOrPacket is E08 to E10: a worker of the port prefers the packet, another goroutine
// makes its calls, and does not become a worker by that.
func TestCallOrPacket(t *testing.T) {
	port, other := newTestPort(t, 1), newTestPort(t, 1)
	entries := make([]OVERLAPPED_ENTRY, 4)
	get := func(alertable bool) (Errno, uint32) {
		n := uint32(0xAAAA)
		if err := GetQueuedCompletionStatusEx(port, entries, &n, 0, alertable); err != nil {
			return err.(Errno), 0
		}
		return 0, n
	}
	ran := 0
	call := func() { QueueUserAPC(func(uintptr) { ran++ }, GetCurrentThread(), 0) }
	both := func() {
		call()
		PostQueuedCompletionStatus(port, 0, 0, nil)
	}
	step := func(what string, alertable bool, want Errno, wantRan int) {
		t.Helper()
		if err, n := get(alertable); err != want || ran != wantRan || (err == 0) != (n == 1) {
			t.Fatalf("%s: %v, %d packets, %d calls; want %v and %d calls", what, err, n, ran, want, wantRan)
		}
	}
	both()
	step("not a worker", true, WAIT_IO_COMPLETION, 1)
	call()
	step("still not a worker", true, WAIT_IO_COMPLETION, 2)
	step("the packet is left", true, 0, 2)
	both()
	step("a worker", true, 0, 2)
	step("the call is left", true, WAIT_IO_COMPLETION, 3)
	expectErr(t, GetQueuedCompletionStatus(other, nil, nil, nil, 0), WAIT_TIMEOUT)
	both()
	step("a worker of another port", true, WAIT_IO_COMPLETION, 4)
	step("the packet is left", false, 0, 4)
	call()
	step("not alertable", false, WAIT_TIMEOUT, 4)
	step("a poll", true, WAIT_IO_COMPLETION, 5)
	step("nothing", true, WAIT_TIMEOUT, 5)
}

func TestObjectThatIsSetComesBeforeCalls(t *testing.T) {
	ev := newTestEvent(t, true)
	SetEvent(ev)
	ran := 0
	QueueUserAPC(func(uintptr) { ran++ }, GetCurrentThread(), 0)
	if r, _ := WaitForSingleObjectEx(ev, 0, true); r != WAIT_OBJECT_0 || ran != 0 {
		t.Errorf("%#x, %d calls", r, ran)
	}
	ResetEvent(ev)
	if r, _ := WaitForSingleObjectEx(ev, 0, true); r != uint32(WAIT_IO_COMPLETION) || ran != 1 {
		t.Errorf("%#x, %d calls", r, ran)
	}
}

func TestRoutineIsCalledByWhoStarted(t *testing.T) {
	h, d := openManual(t)
	ov := &OVERLAPPED{HEvent: 0x1234567} // the program's
	type end struct {
		code Errno
		n    uint32
		ov   *OVERLAPPED
		id   uint32
	}
	var got []end
	routine := func(code Errno, n uint32, ov *OVERLAPPED) {
		got = append(got, end{code, n, ov, GetCurrentThreadId()})
	}
	start := func() { t.Helper(); expectErr(t, ReadFileEx(h, make([]byte, 8), ov, routine), 0) }
	start()
	d.end(STATUS_SUCCESS, 5)
	start()
	d.end(STATUS_PIPE_BROKEN, 0)
	start()
	expectErr(t, CancelIo(h), 0)
	expectErr(t, WriteFileEx(h, make([]byte, 3), ov, routine), 0)
	if len(got) != 0 {
		t.Fatal("called before a wait")
	}
	if r := SleepEx(INFINITE, true); r != uint32(WAIT_IO_COMPLETION) {
		t.Fatalf("%#x", r)
	}
	me := GetCurrentThreadId()
	if want := []end{{0, 5, ov, me}, {ERROR_BROKEN_PIPE, 0, ov, me}, {ERROR_OPERATION_ABORTED, 0, ov, me}, {0, 3, ov, me}}; !slices.Equal(got, want) {
		t.Errorf("called with %v, want %v", got, want)
	}
}

func TestRoutineRefused(t *testing.T) { // F17, F18
	h, d := openManual(t)
	port := newTestPort(t, 1)
	calls := 0
	routine := func(Errno, uint32, *OVERLAPPED) { calls++ }
	ov := new(OVERLAPPED)
	expectErr(t, ReadFileEx(h, nil, nil, routine), ERROR_INVALID_PARAMETER)
	expectErr(t, ReadFileEx(h, nil, ov, nil), ERROR_INVALID_PARAMETER)
	expectErr(t, ReadFileEx(0, nil, ov, nil), ERROR_INVALID_HANDLE)
	expectErr(t, ReadFileEx(0, nil, ov, routine), ERROR_INVALID_HANDLE)
	d.fail = ERROR_BROKEN_PIPE
	expectErr(t, ReadFileEx(h, nil, ov, routine), ERROR_BROKEN_PIPE)
	d.fail = nil
	expectErr(t, ReadFileEx(h, make([]byte, 1), ov, routine), 0)
	if _, err := CreateIoCompletionPort(h, port, 1, 0); err != nil {
		t.Fatal(err)
	}
	expectErr(t, ReadFileEx(h, make([]byte, 1), ov, routine), ERROR_INVALID_PARAMETER)
	expectErr(t, WriteFileEx(h, make([]byte, 1), ov, routine), ERROR_INVALID_PARAMETER)
	d.end(STATUS_SUCCESS, 1)
	expectErr(t, GetQueuedCompletionStatus(port, nil, nil, nil, 0), WAIT_TIMEOUT)
	if SleepEx(INFINITE, true); calls != 1 {
		t.Errorf("%d calls, want the one of what was started before the association", calls)
	}
}

// TestThreadsLeaveNothing: goroutines come and go by the thousand, with calls not made,
// handles not closed before the end and operations that end after them.
func TestThreadsLeaveNothing(t *testing.T) {
	h, d := openManual(t)
	for range 1000 {
		var wg sync.WaitGroup
		wg.Go(func() {
			QueueUserAPC(func(uintptr) { t.Error("called") }, GetCurrentThread(), 0)
			ReadFileEx(h, make([]byte, 1), new(OVERLAPPED), func(Errno, uint32, *OVERLAPPED) { t.Error("called") })
			CloseHandle(currentThreadOf(t))
		})
		wg.Wait()
		d.end(STATUS_SUCCESS, 0)
	}
	threads.mu.Lock()
	defer threads.mu.Unlock()
	if n := len(threads.byID); n > 4*threadsKept {
		t.Errorf("%d records are left", n)
	}
}

// TestCallThatEndsAWaitAllocatesNothing, in either goroutine.
func TestCallThatEndsAWaitAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	port := newTestPort(t, 1)
	entries := make([]OVERLAPPED_ENTRY, 1)
	handle, ended := make(chan HANDLE), make(chan error)
	more := make(chan bool)
	call := func(uintptr) {}
	go func() {
		handle <- currentThreadOf(t)
		for range more {
			ended <- GetQueuedCompletionStatusEx(port, entries, nil, INFINITE, true)
		}
	}()
	h := <-handle
	defer CloseHandle(h)
	step := func() {
		more <- true
		QueueUserAPC(call, h, 0)
		if err := <-ended; err != WAIT_IO_COMPLETION {
			t.Error(err)
		}
	}
	step()
	if n := testing.AllocsPerRun(200, step); n != 0 {
		t.Errorf("%v allocations", n)
	}
	close(more)
}

func TestRoutinesAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	h, d := openManual(t)
	ov, buf, calls := new(OVERLAPPED), make([]byte, 1), 0
	routine := func(Errno, uint32, *OVERLAPPED) { calls++ }
	port := newTestPort(t, 1)
	entries := make([]OVERLAPPED_ENTRY, 1)
	step := func() {
		ReadFileEx(h, buf, ov, routine)
		d.end(STATUS_SUCCESS, 1)
		SleepEx(0, true)
		PostQueuedCompletionStatus(port, 0, 0, nil)
		GetQueuedCompletionStatusEx(port, entries, nil, 0, true)
	}
	step()
	if n := testing.AllocsPerRun(100, step); n != 0 || calls != 102 {
		t.Errorf("%v allocations, %d calls", n, calls)
	}
}
