// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"

	"iocp/win32"
)

// end is an end of a named pipe that is used with overlapped operations, since these pend until the
// rule says otherwise.
type end struct {
	*scene
	h, peer win32.HANDLE // the peer waits in its calls
	port    win32.HANDLE
}

const (
	endKey = 0x44 // of the association
	quota  = 4096 // what can be written and not be read
)

var names atomic.Uint32 // used in this process

// newEnd makes a pipe of bytes, without a port.
func (s *scene) newEnd() *end {
	s.Helper()
	return s.newEndOf(win32.PIPE_TYPE_BYTE)
}

func (s *scene) newEndOf(mode uint32) *end {
	s.Helper()
	return s.connect(s.serverEnd(mode))
}

// serverEnd makes the end of a pipe that can be used with overlapped operations, and its name.
func (s *scene) serverEnd(mode uint32) (win32.HANDLE, string) {
	s.Helper()
	name := fmt.Sprintf(`\\.\pipe\win32test-%d-%d`, os.Getpid(), names.Add(1))
	h, err := win32.CreateNamedPipe(name, win32.PIPE_ACCESS_DUPLEX|win32.FILE_FLAG_OVERLAPPED, mode, 1, quota, quota, 0)
	s.must(err, "creating a pipe")
	return s.closing(h), name
}

// connect opens the other end.
func (s *scene) connect(h win32.HANDLE, name string) *end {
	s.Helper()
	peer, err := win32.CreateFile(name, win32.GENERIC_READ|win32.GENERIC_WRITE, 0, win32.OPEN_EXISTING, 0, 0)
	s.must(err, "opening a pipe")
	return &end{scene: s, h: h, peer: s.closing(peer)}
}

// newPortEnd makes a pipe that is associated with a port.
func (s *scene) newPortEnd() *end {
	s.Helper()
	e := s.newEnd()
	e.port = s.newPort(1)
	s.associate(e.h, e.port, endKey)
	return e
}

// overlappedFile makes a disk file for overlapped I/O with something in it.
func (s *scene) overlappedFile(data string) win32.HANDLE {
	s.Helper()
	name := filepath.Join(os.TempDir(), fmt.Sprintf("win32test-%d-%d", os.Getpid(), names.Add(1)))
	s.must(os.WriteFile(name, []byte(data), 0o600), "making a file")
	h, err := win32.CreateFile(name, win32.GENERIC_READ|win32.GENERIC_WRITE, 0, win32.OPEN_EXISTING,
		win32.FILE_FLAG_OVERLAPPED|win32.FILE_FLAG_DELETE_ON_CLOSE, 0) // Wine 8 cannot do what os.Remove asks for
	s.must(err, "opening a file")
	return s.closing(h)
}

// read starts a read of n bytes, which pends, and returns its buffer.
func (e *end) read(ov *win32.OVERLAPPED, n int) []byte {
	e.Helper()
	buf := make([]byte, n)
	e.code(win32.ReadFile(e.h, buf, nil, ov), win32.ERROR_IO_PENDING, "a read of an empty pipe")
	return buf
}

// feed writes at the other end.
func (e *end) feed(data string) {
	e.Helper()
	var n uint32
	e.must(win32.WriteFile(e.peer, []byte(data), &n, nil), "writing at the other end")
	e.check(int(n) == len(data), "%d bytes written, want %d", n, len(data))
}

// closePeer closes the other end.
func (e *end) closePeer() {
	e.Helper()
	e.close(e.peer)
}

// takes takes the packet of an operation on the pipe.
func (e *end) takes(ov *win32.OVERLAPPED, n uint32, code win32.Errno) {
	e.Helper()
	e.expect(e.port, ov, n, endKey, code)
}

// none fails if a packet comes.
func (e *end) none() {
	e.Helper()
	e.empty(e.port)
}

// settled fails unless the status block says this. It may be written at any time.
func (s *scene) settled(ov *win32.OVERLAPPED, status win32.NTSTATUS, n uintptr) {
	s.Helper()
	gotStatus, gotN := win32.NTSTATUS(atomic.LoadUintptr(&ov.Internal)), atomic.LoadUintptr(&ov.InternalHigh)
	s.check(gotStatus == status && gotN == n, "the status block is %v, %#x; want %v, %#x", gotStatus, gotN, status, n)
}

// manualEvent makes an event that stays set.
func (s *scene) manualEvent() win32.HANDLE {
	s.Helper()
	h, err := win32.CreateEvent(true, false)
	s.must(err, "creating an event")
	return s.closing(h)
}

// isSet fails unless the object is set, or is not.
func (s *scene) isSet(h win32.HANDLE, want bool, what string) {
	s.Helper()
	r, err := win32.WaitForSingleObject(h, 0)
	s.must(err, "waiting for "+what)
	s.check((r == win32.WAIT_OBJECT_0) == want, "%s: set is %v, want %v", what, r == win32.WAIT_OBJECT_0, want)
}

// becomesSet waits until the object is set.
func (s *scene) becomesSet(h win32.HANDLE, what string) {
	s.Helper()
	r, err := win32.WaitForSingleObject(h, stepMS)
	s.must(err, "waiting for "+what)
	s.check(r == win32.WAIT_OBJECT_0, "%s is not set: the wait returned %#x", what, r)
}
