// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"slices"
	"sync"
	"testing"
)

// started starts n reads on h and returns their OVERLAPPEDs.
func started(t *testing.T, h HANDLE, n int) []*OVERLAPPED {
	t.Helper()
	ovs := make([]*OVERLAPPED, n)
	for i := range ovs {
		ovs[i] = new(OVERLAPPED)
		expectErr(t, ReadFile(h, make([]byte, 1), nil, ovs[i]), ERROR_IO_PENDING)
	}
	return ovs
}

// expectEnded takes a packet of each of ovs, in any order, which must be cancelled, and no other.
func expectEnded(t *testing.T, port HANDLE, ovs ...*OVERLAPPED) {
	t.Helper()
	for len(ovs) > 0 {
		var ov *OVERLAPPED
		expectErr(t, GetQueuedCompletionStatus(port, nil, nil, &ov, soon), ERROR_OPERATION_ABORTED)
		i := slices.Index(ovs, ov)
		if i < 0 {
			t.Fatalf("a packet of %p", ov)
		}
		ovs = slices.Delete(ovs, i, i+1)
	}
	expectErr(t, GetQueuedCompletionStatus(port, nil, nil, nil, 0), WAIT_TIMEOUT)
}

// TestCancelReachesWhatItNames on both kinds of devices, and on a file that lives on the
// system's port.
func TestCancelReachesWhatItNames(t *testing.T) {
	for name, openFile := range map[string]func(t testing.TB) (HANDLE, HANDLE){
		"software": func(t testing.TB) (HANDLE, HANDLE) {
			h, _ := openManual(t)
			return h, 0
		},
		"engine": func(t testing.TB) (HANDLE, HANDLE) {
			h, _ := openStream(t)
			return h, 0
		},
		"associated late": func(t testing.TB) (HANDLE, HANDLE) {
			h, _ := openStream(t)
			ov := new(OVERLAPPED)
			expectErr(t, ReadFile(h, make([]byte, 1), nil, ov), ERROR_IO_PENDING)
			expectErr(t, CancelIoEx(h, ov), 0)
			expectErr(t, GetOverlappedResult(h, ov, nil, true), WSA_OPERATION_ABORTED)
			return h, 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := openFile(t)
			port := newTestPort(t, 1)
			if _, err := CreateIoCompletionPort(h, port, 7, 0); err != nil {
				t.Fatal(err)
			}
			checkCancel(t, h, port)
		})
	}
}

func checkCancel(t *testing.T, h, port HANDLE) {
	var dup HANDLE
	expectErr(t, DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &dup, 0, false, DUPLICATE_SAME_ACCESS), 0)
	defer CloseHandle(dup)
	expectErr(t, CancelIo(h), 0)
	expectErr(t, CancelIoEx(h, nil), ERROR_NOT_FOUND)
	mine := started(t, h, 3)
	var others []*OVERLAPPED
	var wg sync.WaitGroup
	wg.Go(func() {
		others = started(t, h, 2)
		expectErr(t, CancelIoEx(h, mine[1]), 0)
	})
	wg.Wait()
	expectEnded(t, port, mine[1])
	expectErr(t, CancelIoEx(h, mine[1]), ERROR_NOT_FOUND)
	expectErr(t, CancelIo(dup), 0) // the scope is the open file (J01)
	expectEnded(t, port, mine[0], mine[2])
	expectErr(t, CancelIo(h), 0) // the others are not mine (J02)
	expectEnded(t, port)
	expectErr(t, CancelIoEx(dup, nil), 0)
	expectEnded(t, port, others...)
	expectErr(t, CancelIoEx(h, nil), ERROR_NOT_FOUND)
}

func TestCancelRefuses(t *testing.T) { // J09
	for _, h := range []HANDLE{0, 0x1234568, newTestPort(t, 1), newTestEvent(t, true)} {
		expectErr(t, CancelIo(h), ERROR_INVALID_HANDLE)
		expectErr(t, CancelIoEx(h, nil), ERROR_INVALID_HANDLE)
		expectErr(t, SetFileCompletionNotificationModes(h, 0), ERROR_INVALID_HANDLE) // K07
	}
	h, err := open(newFile(new(manual), false, false), allRights)
	expectErr(t, err, 0)
	defer CloseHandle(h)
	expectErr(t, SetFileCompletionNotificationModes(h, 1), ERROR_INVALID_PARAMETER)
}

// TestOneOverlappedInTwoOperations: a cancel by its pointer reaches both (F16).
func TestOneOverlappedInTwoOperations(t *testing.T) {
	h, _ := openManual(t)
	port := newTestPort(t, 1)
	if _, err := CreateIoCompletionPort(h, port, 7, 0); err != nil {
		t.Fatal(err)
	}
	ov := new(OVERLAPPED)
	for range 2 {
		expectErr(t, ReadFile(h, make([]byte, 1), nil, ov), ERROR_IO_PENDING)
	}
	expectErr(t, CancelIoEx(h, ov), 0)
	expectEnded(t, port, ov, ov)
}

func TestSkipModeNeedsNoPacket(t *testing.T) { // K01, K05, K06, K08
	h, d := openManual(t)
	port := newTestPort(t, 1)
	expectErr(t, SetFileCompletionNotificationModes(h, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS|0xF0), 0)
	expectErr(t, SetFileCompletionNotificationModes(h, 0), 0)
	if _, err := CreateIoCompletionPort(h, port, 7, 0); err != nil {
		t.Fatal(err)
	}
	ov := &OVERLAPPED{HEvent: newTestEvent(t, true)}
	n := uint32(0)
	expectErr(t, WriteFile(h, make([]byte, 3), &n, ov), 0)
	expectWait(t, ov.HEvent, 0, WAIT_OBJECT_0)
	if n != 3 {
		t.Errorf("%d bytes", n)
	}
	expectErr(t, GetQueuedCompletionStatus(port, nil, nil, nil, 0), WAIT_TIMEOUT)
	expectErr(t, ReadFile(h, make([]byte, 3), &n, ov), ERROR_IO_PENDING)
	d.end(STATUS_SUCCESS, 1)
	var got *OVERLAPPED
	if err := GetQueuedCompletionStatus(port, &n, nil, &got, 0); err != nil || got != ov || n != 1 {
		t.Errorf("the packet is %p, %d, %v", got, n, err)
	}
}

func TestCancelSynchronousIo(t *testing.T) {
	s, _ := openStream(t)
	plain, err := open(newFile(new(manual), false, false), allRights)
	expectErr(t, err, 0)
	defer CloseHandle(plain)
	for _, h := range []HANDLE{s, plain} {
		thread, ended := make(chan HANDLE), make(chan error)
		go func() {
			thread <- currentThreadOf(t)
			ended <- ReadFile(h, make([]byte, 1), nil, nil)
		}()
		th := <-thread
		pending := new(OVERLAPPED) // which it does not reach
		if h == s {
			expectErr(t, ReadFile(h, make([]byte, 1), nil, pending), ERROR_IO_PENDING)
		}
		untilTrue(t, "the read is cancelled", func() bool {
			err := CancelSynchronousIo(th)
			if err != nil && err != ERROR_NOT_FOUND {
				t.Fatal(err)
			}
			return err == nil
		})
		expectErr(t, <-ended, ERROR_OPERATION_ABORTED)
		expectErr(t, CancelSynchronousIo(th), ERROR_NOT_FOUND)
		CloseHandle(th)
	}
	expectErr(t, CancelSynchronousIo(0), ERROR_INVALID_HANDLE)
	expectErr(t, CancelSynchronousIo(s), ERROR_INVALID_HANDLE)
}
