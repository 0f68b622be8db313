// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"runtime"
	"testing"
	"time"
)

// newTestSocket makes a socket that is bound to the loopback and associated with the port.
func newTestSocket(t *testing.T, port HANDLE) SOCKET {
	t.Helper()
	s, err := WSASocket(AF_INET, SOCK_STREAM, IPPROTO_TCP, nil, 0, WSA_FLAG_OVERLAPPED)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Closesocket(s) })
	if err := Bind(s, &SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateIoCompletionPort(HANDLE(s), port, 1, 0); err != nil {
		t.Fatal(err)
	}
	return s
}

// take takes the packet of an operation that was started with err.
func take(t *testing.T, port HANDLE, err error) error {
	t.Helper()
	if err != nil && err != ERROR_IO_PENDING {
		t.Fatal(err)
	}
	var n uint32
	var ov *OVERLAPPED
	return GetQueuedCompletionStatus(port, &n, nil, &ov, uint32(10*time.Second/time.Millisecond))
}

// connect makes a connection by AcceptEx and ConnectEx; nothing of them is in flight afterwards.
func connect(t *testing.T, port HANDLE) (near, far SOCKET) {
	t.Helper()
	listener, far := newTestSocket(t, port), newTestSocket(t, port)
	if err := Listen(listener, 5); err != nil {
		t.Fatal(err)
	}
	name, err := Getsockname(listener)
	if err != nil {
		t.Fatal(err)
	}
	near, err = Socket(AF_INET, SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Closesocket(near) })
	const room = SizeofSockaddrInet4 + 16
	accepting := AcceptEx(listener, near, make([]byte, 2*room), 0, room, room, nil, new(OVERLAPPED))
	connecting := ConnectEx(far, name, nil, nil, new(OVERLAPPED))
	for _, err := range []error{accepting, connecting} {
		if err := take(t, port, err); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := CreateIoCompletionPort(HANDLE(near), port, 2, 0); err != nil {
		t.Fatal(err)
	}
	return near, far
}

func buffers(p ...[]byte) []WSABUF {
	bufs := make([]WSABUF, len(p))
	for i := range p {
		bufs[i].SetBytes(p[i])
	}
	return bufs
}

func TestSocketsLeaveNoRequests(t *testing.T) {
	port := newTestPort(t, 1)
	before := requestsLeft()
	near, far := connect(t, port)
	var flags uint32
	parts := make([][]byte, 6) // more than a request has places for
	for i := range parts {
		parts[i] = make([]byte, 2)
	}
	receiving := WSARecv(near, buffers(parts...), nil, &flags, new(OVERLAPPED), nil)
	runtime.GC()
	sending := WSASend(far, buffers([]byte("abc"), []byte("def")), nil, 0, new(OVERLAPPED), nil)
	for _, err := range []error{receiving, sending} {
		if err := take(t, port, err); err != nil {
			t.Fatal(err)
		}
	}
	if string(parts[0])+string(parts[1])+string(parts[2]) != "abcdef" {
		t.Errorf("received %q", parts)
	}
	receiving = WSARecv(near, buffers(parts[0]), nil, &flags, new(OVERLAPPED), nil)
	if err := CancelIoEx(HANDLE(near), nil); err != nil {
		t.Fatal(err)
	}
	if err := take(t, port, receiving); err != ERROR_OPERATION_ABORTED {
		t.Errorf("a cancelled receive: %v", err)
	}
	if err := WSASend(SOCKET(0), buffers(parts[0]), nil, 0, new(OVERLAPPED), nil); err != WSAENOTSOCK {
		t.Errorf("sending on no socket: %v", err)
	}
	if left := requestsLeft(); left != before {
		t.Errorf("%d requests left, before %d", left, before)
	}
}

func TestEchoAllocatesNothing(t *testing.T) {
	port := newTestPort(t, 1)
	near, far := connect(t, port)
	in, out := new(OVERLAPPED), new(OVERLAPPED)
	bufs := buffers(make([]byte, 8))
	var n, flags uint32
	var key uintptr
	var ov *OVERLAPPED
	if allocs := testing.AllocsPerRun(200, func() {
		WSARecv(near, bufs, nil, &flags, in, nil)
		WSASend(far, bufs, nil, 0, out, nil)
		GetQueuedCompletionStatus(port, &n, &key, &ov, INFINITE)
		GetQueuedCompletionStatus(port, &n, &key, &ov, INFINITE)
	}); allocs != 0 {
		t.Errorf("%v allocations, want none", allocs)
	}
}

func TestRoutineOfASocketIsCalled(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := requestsLeft()
	s, err := Socket(AF_INET, SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer Closesocket(s)
	if err := Bind(s, &SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := Getsockname(s)
	if err != nil {
		t.Fatal(err)
	}
	from, length := new(RawSockaddrAny), SizeofSockaddrAny
	var got uint32
	var flags uint32
	routine := func(_ Errno, n uint32, _ *OVERLAPPED) { got = n }
	if err := WSARecvFrom(s, buffers(make([]byte, 8)), nil, &flags, from, &length, new(OVERLAPPED), routine); err != ERROR_IO_PENDING {
		t.Fatal(err)
	}
	if err := WSASendTo(s, buffers([]byte("hello")), nil, 0, name, nil, nil); err != nil {
		t.Fatal(err)
	}
	if r := SleepEx(INFINITE, true); r != uint32(WAIT_IO_COMPLETION) || got != 5 {
		t.Errorf("SleepEx: %d, %d bytes", r, got)
	}
	if a, ok := from.Sockaddr().(*SockaddrInet4); !ok || *a != *name.(*SockaddrInet4) {
		t.Errorf("from %v, want %v", a, name)
	}
	if left := requestsLeft(); left != before {
		t.Errorf("%d requests left, before %d", left, before)
	}
}
