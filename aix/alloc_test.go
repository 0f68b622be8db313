// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"runtime/debug"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// steady checks that f, after a few rounds, allocates nothing.
func steady(t *testing.T, name string, f func()) {
	t.Helper()
	if raceEnabled {
		t.Skip("the race detector allocates, and makes pools forget")
	}
	for range 100 {
		f()
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pools
	if n := testing.AllocsPerRun(1000, f); n != 0 {
		t.Errorf("%s allocates %v times a round", name, n)
	}
}

func TestPostsAllocateNothing(t *testing.T) {
	port := testPort(t)
	var n, key uint32
	ov := new(OVERLAPPED)
	steady(t, "post and get", func() {
		PostQueuedCompletionStatus(port, 1<<20, 1<<31, ov)
		GetQueuedCompletionStatus(port, &n, &key, &ov, INFINITE)
	})
	steady(t, "a poll that finds nothing", func() { GetQueuedCompletionStatus(port, &n, &key, &ov, 0) })
	results := make([]Gmcs, 200)
	steady(t, "posts and one get", func() {
		for range results {
			PostQueuedCompletionStatus(port, 1<<20, 1<<31, ov)
		}
		GetMultipleCompletionStatus(port, 200, 200, INFINITE, results)
	})
}

func TestTransfersAllocateNothing(t *testing.T) {
	port := testPort(t)
	h, peer := connection(t)
	defer Close(h)
	associate(t, h, port, 1<<31)
	var n, key uint32
	var out *OVERLAPPED
	ov, data, in := new(OVERLAPPED), []byte("hello"), make([]byte, 64)
	steady(t, "an echo with a packet", func() {
		if err := ReadFile(h, in, &n, ov); err != syscall.EINPROGRESS {
			t.Fatal(err)
		}
		unix.Write(peer, data)
		if err := GetQueuedCompletionStatus(port, &n, &key, &out, INFINITE); err != nil {
			t.Fatal(err)
		}
		if err := WriteFile(h, in[:n], &n, ov); err != nil {
			t.Fatal(err)
		}
		unix.Read(peer, in)
	})
	steady(t, "a synchronous echo", func() {
		unix.Write(peer, data)
		ReadFile(h, in, &n, nil)
		WriteFile(h, in[:n], &n, nil)
		unix.Read(peer, in)
	})
}

func TestFilesAllocateNothing(t *testing.T) {
	port := testPort(t)
	h := testFile(t, "hello")
	defer Close(h)
	associate(t, h, port, 1<<31)
	cb := &AIOCB{Fildes: h, Buf: make([]byte, 5), Flags: AIO_EXTENDED, Version: AIOCBX_VERS2, IocpFd: port}
	var n, key uint32
	var out *OVERLAPPED
	for name, start := range map[string]func(*AIOCB) error{"a read": AioRead, "a write": AioWrite} {
		steady(t, name, func() {
			if err := start(cb); err != nil {
				t.Fatal(err)
			}
			if err := GetQueuedCompletionStatus(port, &n, &key, &out, INFINITE); err != nil || out.AIOCB() != cb {
				t.Fatal(err)
			}
		})
	}
}
