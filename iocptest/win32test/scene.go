// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iocp/win32"
)

const (
	// stepLimit is how long anything that must happen may take.
	stepLimit = 10 * time.Second

	// stepMS is the same for calls that take milliseconds.
	stepMS = uint32(stepLimit / time.Millisecond)

	// quietMS is how long something that must not happen is waited for.
	quietMS = 25
)

// scene is what one rule runs in: it reports, and takes down what the rule has set up.
type scene struct {
	*testing.T
	mu   sync.Mutex
	open map[win32.HANDLE]bool // to be closed at the end
}

// play runs r as the test t.
func play(t *testing.T, r rule) {
	if r.wine != "" && underWine() {
		t.Skip("Wine differs from Windows: " + r.wine)
	}
	before := openObjects()
	t.Cleanup(func() { // after the rule's own, which were registered later
		if !t.Failed() {
			compareObjects(t, before)
		}
	})
	defer keepThread()()
	r.run(&scene{T: t, open: make(map[win32.HANDLE]bool)})
}

func (s *scene) skip(format string, args ...any) {
	s.Helper()
	s.Skipf(format, args...)
}

// check fails unless ok.
func (s *scene) check(ok bool, format string, args ...any) {
	s.Helper()
	if !ok {
		s.Fatalf(format, args...)
	}
}

// must fails if err is not nil; what says what was being done.
func (s *scene) must(err error, what string) {
	s.Helper()
	if err != nil {
		s.Fatalf("%s: %v", what, err)
	}
}

// code fails unless err is the documented code.
func (s *scene) code(err error, want win32.Errno, what string) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Fatalf("%s: got %v, want %v", what, err, want)
	}
}

// pending fails unless an operation was started that goes on, or was done at once: both send a
// packet (F01, F02).
func (s *scene) pending(err error, what string) {
	s.Helper()
	if err != nil && !errors.Is(err, win32.ERROR_IO_PENDING) {
		s.Fatalf("%s: %v, want success or ERROR_IO_PENDING", what, err)
	}
}

// newPort makes a port that is closed at the end.
func (s *scene) newPort(concurrent uint32) win32.HANDLE {
	s.Helper()
	h, err := win32.CreateIoCompletionPort(win32.INVALID_HANDLE_VALUE, 0, 0, concurrent)
	s.must(err, "creating a port")
	s.closing(h)
	return h
}

// closing closes h at the end of the rule. A rule that closes it before does so with close: by the
// end the number may be another object's, on Windows even one of Go's runtime.
func (s *scene) closing(h win32.HANDLE) win32.HANDLE {
	s.atEnd(h, func() { win32.CloseHandle(h) })
	return h
}

// closingSocket is closing for a socket, which closeSocket closes before.
func (s *scene) closingSocket(sock win32.SOCKET) win32.SOCKET {
	s.atEnd(win32.HANDLE(sock), func() { win32.Closesocket(sock) })
	return sock
}

// atEnd has h closed at the end unless closed says that it is.
func (s *scene) atEnd(h win32.HANDLE, close func()) {
	s.mu.Lock()
	s.open[h] = true
	s.mu.Unlock()
	s.Cleanup(func() {
		if s.closed(h) {
			close()
		}
	})
}

// closed notes that h need not be closed any more, and reports whether it had to be.
func (s *scene) closed(h win32.HANDLE) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.open[h]
	delete(s.open, h)
	return was
}

// close closes h now.
func (s *scene) close(h win32.HANDLE) {
	s.Helper()
	s.closed(h)
	s.must(win32.CloseHandle(h), "closing a handle")
}

// closeSocket closes a socket now.
func (s *scene) closeSocket(sock win32.SOCKET) {
	s.Helper()
	s.closed(win32.HANDLE(sock))
	s.must(win32.Closesocket(sock), "closing a socket")
}

// TempDir returns a directory that is removed at the end, after all handles are closed. That of
// [testing.T] removes it in a way that Wine 8 does not have.
func (s *scene) TempDir() string {
	s.Helper()
	dir, err := os.MkdirTemp("", "win32test")
	s.must(err, "making a directory")
	s.Cleanup(func() {
		if err := removeTree(dir); err != nil {
			s.Errorf("removing the files of the rule: %v", err)
		}
	})
	return dir
}

func removeTree(path string) error {
	entries, _ := os.ReadDir(path) // none of a file
	for _, e := range entries {
		if err := removeTree(filepath.Join(path, e.Name())); err != nil {
			return err
		}
	}
	return os.Remove(path)
}

// associate associates a file with a port.
func (s *scene) associate(file, port win32.HANDLE, key uintptr) {
	s.Helper()
	h, err := win32.CreateIoCompletionPort(file, port, key, 0)
	s.must(err, "associating a file")
	s.check(h == port, "associating returned %#x, want the port %#x", h, port)
}

// packet is what GetQueuedCompletionStatus returned.
type packet struct {
	bytes uint32
	key   uintptr
	ov    *win32.OVERLAPPED
	err   error
}

// get takes a packet within ms milliseconds.
func (s *scene) get(port win32.HANDLE, ms uint32) packet {
	p := packet{bytes: 0xAAAA, key: 0xBBBB}
	p.err = win32.GetQueuedCompletionStatus(port, &p.bytes, &p.key, &p.ov, ms)
	return p
}

// expect takes a packet that must be there soon, and compares it. A zero code means success.
func (s *scene) expect(port win32.HANDLE, ov *win32.OVERLAPPED, bytes uint32, key uintptr, code win32.Errno) packet {
	s.Helper()
	p := s.get(port, stepMS)
	if p.ov != ov || p.bytes != bytes || p.key != key {
		s.Fatalf("packet: overlapped %p, %d bytes, key %#x, %v; want %p, %d, %#x", p.ov, p.bytes, p.key, p.err, ov, bytes, key)
	}
	if code == 0 {
		s.must(p.err, "packet")
	} else {
		s.code(p.err, code, "packet")
	}
	return p
}

// empty fails if a packet comes.
func (s *scene) empty(port win32.HANDLE) {
	s.Helper()
	p := s.get(port, quietMS)
	if p.ov != nil || !errors.Is(p.err, win32.WAIT_TIMEOUT) {
		s.Fatalf("a packet came that must not: overlapped %p, %d bytes, key %#x, %v", p.ov, p.bytes, p.key, p.err)
	}
}

// thread is a goroutine with an operating system thread of its own, as the functions that
// depend on the calling thread need on Windows.
type thread struct {
	id   int
	busy atomic.Bool // it has begun what it was given last
	work chan func()
	gone chan struct{}
	end  sync.Once
}

// newThread starts a thread, which ends with the rule at the latest.
func (s *scene) newThread() *thread {
	t := &thread{work: make(chan func()), gone: make(chan struct{})}
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		defer close(t.gone)
		for f := range t.work {
			f()
		}
	}()
	s.Cleanup(t.exit)
	t.do(func() { t.id = threadID() })
	return t
}

// do runs f on the thread and waits for its end.
func (t *thread) do(f func()) { <-t.start(f) }

// start runs f on the thread; the channel is closed at its end.
func (t *thread) start(f func()) <-chan struct{} {
	done := make(chan struct{})
	t.busy.Store(false)
	t.work <- func() {
		defer close(done)
		t.busy.Store(true)
		f()
	}
	return done
}

// exit ends the thread.
func (t *thread) exit() {
	t.end.Do(func() { close(t.work) })
	<-t.gone
}

// await waits for c to be closed.
func (s *scene) await(c <-chan struct{}, what string) {
	s.Helper()
	select {
	case <-c:
	case <-time.After(stepLimit):
		s.Fatalf("%s: not after %v", what, stepLimit)
	}
}

// eventually waits, without sleeping, for cond to become true.
func (s *scene) eventually(cond func() bool, what string) {
	s.Helper()
	for start := time.Now(); !cond(); runtime.Gosched() {
		if time.Since(start) > stepLimit {
			s.Fatalf("%s: not after %v", what, stepLimit)
		}
	}
}
