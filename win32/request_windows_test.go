// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"os"
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
	port, err := CreateIoCompletionPort(INVALID_HANDLE_VALUE, 0, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
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

// newTestFile makes an overlapped file of ten bytes.
func newTestFile(t *testing.T) HANDLE {
	t.Helper()
	f, err := os.CreateTemp("", "iocp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(f.Name()) }) // t.TempDir needs what Wine does not have
	if _, err := f.WriteString("0123456789"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	h, err := CreateFile(f.Name(), GENERIC_READ|GENERIC_WRITE, FILE_SHARE_READ, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { CloseHandle(h) })
	return h
}

// readDropped reads with an OVERLAPPED and a buffer that nothing else refers to.
func readDropped(t *testing.T, h HANDLE) (gone [2]<-chan struct{}) {
	t.Helper()
	ov, buf := &posted{text: "still here"}, &[4]byte{}
	overlapped, buffer := make(chan struct{}), make(chan struct{})
	runtime.AddCleanup(ov, func(c chan struct{}) { close(c) }, overlapped)
	runtime.AddCleanup(buf, func(c chan struct{}) { close(c) }, buffer)
	if err := ReadFile(h, buf[:], nil, &ov.OVERLAPPED); err != nil && err != ERROR_IO_PENDING {
		t.Fatal(err)
	}
	return [2]<-chan struct{}{overlapped, buffer}
}

func TestBufferIsKeptUntilThePacketIsTaken(t *testing.T) {
	port, file := newTestPort(t, 1), newTestFile(t)
	if _, err := CreateIoCompletionPort(file, port, 5, 0); err != nil {
		t.Fatal(err)
	}
	before := requestsLeft()
	gone := readDropped(t, file)
	for i := range gone {
		if collected(gone[i], 50*time.Millisecond) {
			t.Fatal("collected before the packet was taken")
		}
	}
	var n uint32
	var key uintptr
	var ov *OVERLAPPED
	if err := GetQueuedCompletionStatus(port, &n, &key, &ov, INFINITE); err != nil || n != 4 || key != 5 {
		t.Fatalf("%d bytes, key %d, %v", n, key, err)
	}
	if left := requestsLeft(); left != before {
		t.Errorf("%d requests left, before %d", left, before)
	}
	runtime.KeepAlive(ov)
	ov = nil
	for i := range gone {
		if !collected(gone[i], 10*time.Second) {
			t.Error("not collected after the packet was taken")
		}
	}
}

// TestRequestWithoutPacketEndsWithItsResult: nobody will bring it back.
func TestRequestWithoutPacketEndsWithItsResult(t *testing.T) {
	file := newTestFile(t)
	before := requestsLeft()
	ov := new(OVERLAPPED)
	if err := ReadFile(file, make([]byte, 4), nil, ov); err != nil && err != ERROR_IO_PENDING {
		t.Fatal(err)
	}
	if err := GetOverlappedResult(file, ov, nil, true); err != nil {
		t.Fatal(err)
	}
	if left := requestsLeft(); left != before {
		t.Errorf("%d requests left, before %d", left, before)
	}
}

// TestRequestsThatNobodyAsksAboutAreSwept: a program may look at an event alone.
func TestRequestsThatNobodyAsksAboutAreSwept(t *testing.T) {
	file := newTestFile(t)
	for range 100 * len(requests) {
		ov := new(OVERLAPPED)
		if err := ReadFile(file, make([]byte, 4), nil, ov); err != nil && err != ERROR_IO_PENDING {
			t.Fatal(err)
		}
		if _, err := WaitForSingleObject(file, INFINITE); err != nil {
			t.Fatal(err)
		}
	}
	if left := requestsLeft(); left > 80*len(requests) {
		t.Errorf("%d requests left", left)
	}
}

// TestReadsInSkipModeAreForgottenAtOnce, if they are done at once, and with their packet if not.
func TestReadsInSkipModeAreForgottenAtOnce(t *testing.T) {
	port, file := newTestPort(t, 1), newTestFile(t)
	if err := SetFileCompletionNotificationModes(file, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateIoCompletionPort(file, port, 5, 0); err != nil {
		t.Fatal(err)
	}
	before := requestsLeft()
	var got *OVERLAPPED
	ov := new(OVERLAPPED)
	switch err := ReadFile(file, make([]byte, 4), nil, ov); err {
	case nil:
		if err := GetQueuedCompletionStatus(port, nil, nil, &got, 0); err != WAIT_TIMEOUT {
			t.Errorf("a packet came: %v", err)
		}
	case ERROR_IO_PENDING:
		if err := GetQueuedCompletionStatus(port, nil, nil, &got, INFINITE); err != nil || got != ov {
			t.Errorf("%p, %v", got, err)
		}
	default:
		t.Fatal(err)
	}
	if left := requestsLeft(); left != before {
		t.Errorf("%d requests left, before %d", left, before)
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	port, file := newTestPort(t, 1), newTestFile(t)
	if _, err := CreateIoCompletionPort(file, port, 5, 0); err != nil {
		t.Fatal(err)
	}
	ov, buf := new(OVERLAPPED), make([]byte, 4)
	var n uint32
	var key uintptr
	var got *OVERLAPPED
	if n := testing.AllocsPerRun(200, func() {
		ReadFile(file, buf, nil, ov)
		GetQueuedCompletionStatus(port, &n, &key, &got, INFINITE)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// TestRoutineRunsInTheWaitThatFollows, on the goroutine that started the operation.
func TestRoutineRunsInTheWaitThatFollows(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	file := newTestFile(t)
	before := requestsLeft()
	var code Errno
	var n uint32
	ov := new(OVERLAPPED)
	buf := make([]byte, 4)
	if err := ReadFileEx(file, buf, ov, func(c Errno, bytes uint32, o *OVERLAPPED) {
		if code, n = c, bytes; o != ov {
			t.Errorf("the routine got %p, want %p", o, ov)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if r := SleepEx(INFINITE, true); r != uint32(WAIT_IO_COMPLETION) {
		t.Errorf("SleepEx: %d", r)
	}
	if code != 0 || n != 4 || string(buf) != "0123" {
		t.Errorf("%v, %d bytes, %q", code, n, buf)
	}
	if left := requestsLeft(); left != before {
		t.Errorf("%d requests left, before %d", left, before)
	}
}

// TestAPCsMayGrowTheStack: the arguments of the wait are in the system's hands meanwhile.
func TestAPCsMayGrowTheStack(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	port := newTestPort(t, 1)
	ran := 0
	for i := range uintptr(3) {
		if err := QueueUserAPC(func(data uintptr) {
			if ran++; data != i || deep(1000) != 1000 {
				t.Errorf("data is %d, want %d", data, i)
			}
		}, GetCurrentThread(), i); err != nil {
			t.Fatal(err)
		}
	}
	entries := make([]OVERLAPPED_ENTRY, 4)
	n := uint32(77)
	if err := GetQueuedCompletionStatusEx(port, entries, &n, INFINITE, true); err != WAIT_IO_COMPLETION {
		t.Error(err)
	}
	if ran != 3 {
		t.Errorf("%d of 3 APCs ran", ran)
	}
}

func deep(n int) int {
	var room [128]byte
	if n == 0 {
		return int(room[0])
	}
	return deep(n-1) + 1
}

func TestBoundFileCallsBack(t *testing.T) {
	file := newTestFile(t)
	before := requestsLeft()
	type end struct {
		status NTSTATUS
		n      uint32
		ov     *OVERLAPPED
	}
	ends := make(chan end, 1)
	if err := BindIoCompletionCallback(file, func(s NTSTATUS, n uint32, ov *OVERLAPPED) { ends <- end{s, n, ov} }, 0); err != nil {
		t.Fatal(err)
	}
	ov := new(OVERLAPPED)
	if err := ReadFile(file, make([]byte, 4), nil, ov); err != nil && err != ERROR_IO_PENDING {
		t.Fatal(err)
	}
	if e := <-ends; e != (end{0, 4, ov}) {
		t.Errorf("got %+v", e)
	}
	if left := requestsLeft(); left != before {
		t.Errorf("%d requests left, before %d", left, before)
	}
	if err := BindIoCompletionCallback(file, func(NTSTATUS, uint32, *OVERLAPPED) {}, 0); err != ERROR_INVALID_PARAMETER {
		t.Errorf("binding again: %v", err)
	}
}
