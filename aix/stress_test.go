// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestEveryRequestHasOnePacket has threads that open, associate, read, write and close sockets and
// files, all numbers being used again and again, and workers that take packets. Every EINPROGRESS
// and every AIO request has its packet, and nothing else has one.
func TestEveryRequestHasOnePacket(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	files := openFiles()
	port, err := CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0)
	ok(t, err)
	s := &stress{T: t, port: port, files: testFile(t, "0123456789")}
	var threads, workers sync.WaitGroup
	for range 4 {
		workers.Go(s.work)
	}
	for i := range uint64(4) {
		threads.Go(func() { s.thread(rand.New(rand.NewPCG(seed, i))) })
	}
	threads.Wait()
	eventually(t, "the last packet", func() bool { return s.taken.Load() >= s.started.Load() })
	for range 4 {
		ok(t, PostQueuedCompletionStatus(port, 0, 0, nil))
	}
	workers.Wait()
	if s.taken.Load() != s.started.Load() {
		t.Errorf("%d requests were started, and %d packets came", s.started.Load(), s.taken.Load())
	}
	ok(t, Close(port))
	ok(t, Close(s.files))
	eventually(t, "every descriptor to be closed", func() bool { return openFiles() <= files })
}

type stress struct {
	*testing.T
	port, files    HANDLE
	started, taken atomic.Int64
}

// work takes packets, now with the one function and now with the other. Key 0 ends it.
func (s *stress) work() {
	results := make([]Gmcs, 8)
	for {
		var n, key uint32
		var ov *OVERLAPPED
		err := GetQueuedCompletionStatus(s.port, &n, &key, &ov, INFINITE)
		if key == 0 {
			return
		}
		s.check(ov, err)
		got, _ := GetMultipleCompletionStatus(s.port, 0, 8, 0, results)
		for _, r := range results[:max(got, 0)] {
			if r.CompletionKey == 0 {
				PostQueuedCompletionStatus(s.port, 0, 0, nil) // for another worker
				continue
			}
			var err error
			if r.Errorno != 0 {
				err = r.Errorno
			}
			s.check(r.Overlapped, err)
		}
	}
}

func (s *stress) check(ov *OVERLAPPED, err error) {
	switch {
	case ov == nil:
		s.Errorf("a packet without an OVERLAPPED: %v", err)
	case err != nil && err != syscall.ENOTCONN && err != syscall.EPIPE && err != syscall.ECANCELED:
		s.Errorf("a request ended with %v", err)
	}
	s.taken.Add(1)
}

func (s *stress) thread(r *rand.Rand) {
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	for range rounds {
		s.connection(r)
		if r.IntN(4) == 0 {
			s.file(r)
		}
	}
}

// connection makes requests on the one end of a connection while the other does what it likes.
func (s *stress) connection(r *rand.Rand) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		s.Errorf("socketpair: %v", err)
		return
	}
	h := HANDLE(fds[0])
	if _, err := CreateIoCompletionPort(h, s.port, 1+r.Uint32N(1<<31), 0); err != nil {
		s.Errorf("CreateIoCompletionPort: %v", err)
	}
	for range 1 + r.IntN(4) {
		s.begin(ReadFile, h, 1+r.IntN(64))
	}
	if r.IntN(2) == 0 {
		s.begin(WriteFile, h, 1+r.IntN(1<<20))
	}
	unix.Write(fds[1], make([]byte, r.IntN(256)))
	if r.IntN(2) == 0 {
		unix.Close(fds[1])
		Close(h)
		return
	}
	Close(h)
	unix.Close(fds[1])
}

func (s *stress) begin(call func(HANDLE, []byte, *uint32, *OVERLAPPED) error, h HANDLE, size int) {
	var n uint32
	s.started.Add(1)
	switch err := call(h, make([]byte, size), &n, new(OVERLAPPED)); err {
	case syscall.EINPROGRESS:
		return
	case nil, syscall.EPIPE, syscall.ENOTCONN:
	default:
		s.Errorf("a request was refused with %v", err)
	}
	s.started.Add(-1)
}

// file makes requests on a file that is closed at once.
func (s *stress) file(r *rand.Rand) {
	fd, err := unix.FcntlInt(uintptr(s.files), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		s.Errorf("dup: %v", err)
		return
	}
	h := HANDLE(fd)
	if _, err := CreateIoCompletionPort(h, s.port, 1, 0); err != nil {
		s.Errorf("CreateIoCompletionPort: %v", err)
	}
	for range 1 + r.IntN(4) {
		cb := &AIOCB{Fildes: h, Buf: make([]byte, 1+r.IntN(16)), Flags: AIO_EXTENDED, Version: AIOCBX_VERS2, IocpFd: s.port}
		s.started.Add(1)
		if err := AioRead(cb); err != nil {
			s.Errorf("AioRead: %v", err)
			s.started.Add(-1)
		}
		if r.IntN(4) == 0 {
			AioCancel(h, cb)
		}
	}
	Close(h)
}
