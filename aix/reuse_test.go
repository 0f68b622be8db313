// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A socket that was closed with close(2) is forgotten when its number comes back: what was pending
// on it ends, its peer sees the end, and the new socket has nothing to do with it.
func TestReusedNumberOfASocket(t *testing.T) {
	port := testPort(t)
	h, peer := connection(t)
	h = aloft(t, h)
	associate(t, h, port, 1)
	var ov, other OVERLAPPED
	var n uint32
	fails(t, ReadFile(h, make([]byte, 4), &n, &ov), syscall.EINPROGRESS)
	ok(t, unix.Close(int(h)))

	next, nextPeer := connection(t)
	renumber(t, next, h)
	associate(t, h, port, 2)
	k, err := take(t, port)
	if err != syscall.ENOTCONN || k.key != 1 || k.ov != &ov {
		t.Errorf("the old request ended with %+v, %v", k, err)
	}
	if n, err := unix.Read(peer, make([]byte, 4)); n != 0 || err != nil {
		t.Errorf("the old peer read %d bytes, %v", n, err)
	}
	fails(t, ReadFile(h, make([]byte, 4), &n, &other), syscall.EINPROGRESS)
	unix.Write(nextPeer, []byte("abc"))
	if k, err := take(t, port); err != nil || k.count != 3 || k.key != 2 || k.ov != &other {
		t.Errorf("the new request ended with %+v, %v", k, err)
	}
	ok(t, Close(h))
}

// Close of such a number ends what was pending, too, and closes whatever has it now.
func TestCloseOfAReusedNumber(t *testing.T) {
	port := testPort(t)
	h, _ := connection(t)
	h = aloft(t, h)
	associate(t, h, port, 1)
	var ov OVERLAPPED
	var n uint32
	fails(t, ReadFile(h, make([]byte, 4), &n, &ov), syscall.EINPROGRESS)
	ok(t, unix.Close(int(h)))
	fails(t, Close(h), syscall.EBADF)
	if k, err := take(t, port); err != syscall.ENOTCONN || k.ov != &ov {
		t.Errorf("the request ended with %+v, %v", k, err)
	}
}

func TestReusedNumberOfAPort(t *testing.T) {
	port, err := CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0)
	ok(t, err)
	waiter := make(chan error)
	go func() {
		var n, key uint32
		var ov *OVERLAPPED
		waiter <- GetQueuedCompletionStatus(port, &n, &key, &ov, INFINITE)
	}()
	h, _ := connection(t)
	renumber(t, h, port)
	next, err := CreateIoCompletionPort(port, NULL, 1, 0) // the number is a socket's now
	ok(t, err)
	fails(t, <-waiter, syscall.EINVAL)
	ok(t, Close(port))
	ok(t, Close(next))
}

// A new port may get the number of a socket that was closed with close(2).
func TestNewPortForgetsTheOldSocket(t *testing.T) {
	port := testPort(t)
	h, _ := connection(t)
	associate(t, h, port, 1)
	var ov OVERLAPPED
	var n uint32
	fails(t, ReadFile(h, make([]byte, 4), &n, &ov), syscall.EINPROGRESS)
	ok(t, unix.Close(int(h)))
	var ports []HANDLE
	for len(ports) < 64 && (len(ports) == 0 || ports[len(ports)-1] != h) {
		ports = append(ports, testPort(t))
	}
	if ports[len(ports)-1] != h {
		t.Skipf("no port got the number %d", h)
	}
	if k, err := take(t, port); err != syscall.ENOTCONN || k.ov != &ov {
		t.Errorf("the request ended with %+v, %v", k, err)
	}
}

// AIO never reads another file than the one behind the number now.
func TestReusedNumberOfAFile(t *testing.T) {
	port := testPort(t)
	h := aloft(t, testFile(t, "old"))
	associate(t, h, port, 1)
	ok(t, unix.Close(int(h)))
	renumber(t, testFile(t, "new"), h)
	cb := &AIOCB{Fildes: h, Buf: make([]byte, 3), Flags: AIO_EXTENDED, Version: AIOCBX_VERS2, IocpFd: port}
	fails(t, AioRead(cb), syscall.EINVAL)
	associate(t, h, port, 2)
	ok(t, AioRead(cb))
	if k, err := take(t, port); err != nil || k.key != 2 || string(cb.Buf) != "new" {
		t.Errorf("read %q, %+v, %v", cb.Buf, k, err)
	}
	ok(t, Close(h))
}

// A request without a port has a descriptor of its own, so close(2) at any time is fine.
func TestCloseUnderARequestWithoutAPort(t *testing.T) {
	for range 20 {
		h := testFile(t, "abc")
		cb := &AIOCB{Fildes: h, Buf: make([]byte, 3)}
		ok(t, AioRead(cb))
		ok(t, unix.Close(int(h)))
		ok(t, AioSuspend([]*AIOCB{cb}, -1))
		if n, err := AioReturn(cb); n != 3 || err != nil || string(cb.Buf) != "abc" {
			t.Fatalf("read %d bytes %q, %v", n, cb.Buf, err)
		}
	}
}
