// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"testing"
	"unsafe"
)

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

func TestThreadpoolIo(t *testing.T) { // K12
	h, d := openManual(t)
	context, ov := new(int), new(OVERLAPPED)
	type end struct {
		context unsafe.Pointer
		ov      *OVERLAPPED
		code    Errno
		n       uintptr
		io      *TP_IO
	}
	ends, release := make(chan end, 8), make(chan struct{}, 8)
	io, err := CreateThreadpoolIo(h, func(context unsafe.Pointer, ov *OVERLAPPED, code Errno, n uintptr, io *TP_IO) {
		ends <- end{context, ov, code, n, io}
		<-release
	}, unsafe.Pointer(context))
	expectErr(t, err, 0)
	for _, c := range []struct {
		status NTSTATUS
		code   Errno
	}{{STATUS_SUCCESS, 0}, {STATUS_NOTIFY_ENUM_DIR, 0}, {STATUS_PIPE_BROKEN, ERROR_BROKEN_PIPE}} {
		release <- struct{}{}
		StartThreadpoolIo(io)
		expectErr(t, ReadFile(h, make([]byte, 4), nil, ov), ERROR_IO_PENDING)
		d.end(c.status, 3)
		WaitForThreadpoolIoCallbacks(io, false)
		if got, want := <-ends, (end{unsafe.Pointer(context), ov, c.code, 3, io}); got != want {
			t.Errorf("called with %v, want %v", got, want)
		}
	}
	d.fail = ERROR_BROKEN_PIPE
	StartThreadpoolIo(io)
	expectErr(t, ReadFile(h, make([]byte, 4), nil, ov), ERROR_BROKEN_PIPE)
	CancelThreadpoolIo(io)
	WaitForThreadpoolIoCallbacks(io, false)
	d.fail = nil
	StartThreadpoolIo(io)
	expectErr(t, ReadFile(h, make([]byte, 4), nil, ov), ERROR_IO_PENDING)
	WaitForThreadpoolIoCallbacks(io, true) // does not wait for the operation
	CloseHandle(h)
	release <- struct{}{}
	WaitForThreadpoolIoCallbacks(io, false)
	if got := <-ends; got.code != ERROR_OPERATION_ABORTED {
		t.Errorf("called with %v", got)
	}
	CloseThreadpoolIo(io)
}

func TestThreadpoolIoRefuses(t *testing.T) {
	h, _ := openManual(t)
	nop := func(unsafe.Pointer, *OVERLAPPED, Errno, uintptr, *TP_IO) {}
	_, err := CreateThreadpoolIo(h, nil, nil)
	expectErr(t, err, ERROR_INVALID_PARAMETER)
	_, err = CreateThreadpoolIo(0, nop, nil)
	expectErr(t, err, ERROR_INVALID_HANDLE)
	io, err := CreateThreadpoolIo(h, nop, nil)
	expectErr(t, err, 0)
	defer CloseThreadpoolIo(io)
	_, err = CreateThreadpoolIo(h, nop, nil)
	expectErr(t, err, ERROR_INVALID_PARAMETER)
	StartThreadpoolIo(nil)
	CancelThreadpoolIo(nil)
	WaitForThreadpoolIoCallbacks(nil, true)
}

func TestDroppedCalls(t *testing.T) {
	var p pool
	a, b := new(binding), new(binding)
	p.running = mostCallers // so that nothing is called
	for _, by := range []*binding{a, b, a, b, b} {
		p.give(ended{by, operations.Get().(*operation)})
	}
	if n := p.drop(b); n != 3 {
		t.Errorf("%d dropped, want 3", n)
	}
	if n := p.drop(b) + p.drop(a); n != 2 {
		t.Errorf("%d dropped, want 2", n)
	}
}
