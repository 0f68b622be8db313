// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import "testing"

type callbackEnd struct {
	status NTSTATUS
	n      uint32
	ov     *OVERLAPPED
}

func TestBoundFileCallsBack(t *testing.T) { // K11
	ends := make(chan callbackEnd)
	callback := func(status NTSTATUS, n uint32, ov *OVERLAPPED) { ends <- callbackEnd{status, n, ov} }
	expect := func(want callbackEnd) {
		t.Helper()
		if got := <-ends; got != want {
			t.Errorf("called with %v, want %v", got, want)
		}
	}
	h, d := openManual(t)
	s, far := openStream(t)
	port := newTestPort(t, 1)
	expectErr(t, BindIoCompletionCallback(h, callback, 0), 0)
	expectErr(t, BindIoCompletionCallback(s, callback, 0xFFFF), 0)
	for _, file := range []HANDLE{h, s} {
		expectErr(t, BindIoCompletionCallback(file, callback, 0), ERROR_INVALID_PARAMETER)
		_, err := CreateIoCompletionPort(file, port, 0, 0)
		expectErr(t, err, ERROR_INVALID_PARAMETER)
		expectErr(t, ReadFileEx(file, nil, new(OVERLAPPED), func(Errno, uint32, *OVERLAPPED) {}), map[bool]Errno{true: WSAEINVAL, false: ERROR_INVALID_PARAMETER}[file == s])
	}
	ov := new(OVERLAPPED)
	expectErr(t, ReadFile(h, make([]byte, 4), nil, ov), ERROR_IO_PENDING)
	d.end(STATUS_SUCCESS, 2)
	expect(callbackEnd{STATUS_SUCCESS, 2, ov})
	expectErr(t, WriteFile(h, make([]byte, 4), nil, ov), 0)
	expect(callbackEnd{STATUS_SUCCESS, 4, ov})
	expectErr(t, ReadFile(h, make([]byte, 4), nil, ov), ERROR_IO_PENDING)
	CloseHandle(h)
	expect(callbackEnd{STATUS_CANCELLED, 0, ov})
	expectErr(t, ReadFile(s, make([]byte, 4), nil, ov), ERROR_IO_PENDING)
	far.Write([]byte("abc"))
	expect(callbackEnd{STATUS_SUCCESS, 3, ov})
}

func TestBindRefuses(t *testing.T) {
	h, _ := openManual(t)
	nop := func(NTSTATUS, uint32, *OVERLAPPED) {}
	expectErr(t, BindIoCompletionCallback(0, nop, 0), ERROR_INVALID_PARAMETER)
	expectErr(t, BindIoCompletionCallback(h, nil, 0), ERROR_INVALID_PARAMETER)
	expectErr(t, BindIoCompletionCallback(newTestPort(t, 1), nop, 0), ERROR_INVALID_HANDLE)
	plain, err := open(newFile(new(manual), false, false), allRights)
	expectErr(t, err, 0)
	defer CloseHandle(plain)
	expectErr(t, BindIoCompletionCallback(plain, nop, 0), ERROR_INVALID_PARAMETER)
	if _, err := CreateIoCompletionPort(h, newTestPort(t, 1), 0, 0); err != nil {
		t.Fatal(err)
	}
	expectErr(t, BindIoCompletionCallback(h, nop, 0), ERROR_INVALID_PARAMETER)
}

// TestCallbacksMayBlock: many at one time, each waiting for the last.
func TestCallbacksMayBlock(t *testing.T) {
	const n = 100
	release, entered := make(chan struct{}), make(chan struct{})
	h, _ := openManual(t)
	expectErr(t, BindIoCompletionCallback(h, func(NTSTATUS, uint32, *OVERLAPPED) {
		entered <- struct{}{}
		<-release
	}, 0), 0)
	for range n {
		expectErr(t, WriteFile(h, nil, nil, new(OVERLAPPED)), 0)
	}
	for range n {
		<-entered
	}
	close(release)
	untilTrue(t, "the goroutines end", func() bool {
		callers.mu.Lock()
		defer callers.mu.Unlock()
		return callers.running == 0
	})
}
