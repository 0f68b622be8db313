// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package enginetest

import (
	"os"
	"sync"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	msgPeek     = unix.MSG_PEEK
	msgWaitAll  = unix.MSG_WAITALL
	msgDontWait = unix.MSG_DONTWAIT
	msgNoSignal = unix.MSG_NOSIGNAL
	pollIn      = unix.POLLIN
	pollOut     = unix.POLLOUT
	pollHup     = unix.POLLHUP
	shutWrite   = unix.SHUT_WR
)

// Vectors is what Op.Addr and Op.Len are for Readv and Writev.
func Vectors(parts ...[]byte) (unsafe.Pointer, uint32) {
	v := make([]unix.Iovec, len(parts))
	for i, b := range parts {
		v[i].Base = unsafe.SliceData(b)
		v[i].SetLen(len(b))
	}
	return unsafe.Pointer(&v[0]), uint32(len(v))
}

// Message is what Op.Addr is for RecvMsg and SendMsg.
func Message(parts ...[]byte) unsafe.Pointer {
	v, n := Vectors(parts...)
	h := &unix.Msghdr{Iov: (*unix.Iovec)(v)}
	h.SetIovlen(int(n))
	return unsafe.Pointer(h)
}

type system struct {
	testing.TB
	mu   sync.Mutex
	open map[int32]bool
}

// System is the machine that this process runs on.
func System(t testing.TB) Machine {
	s := &system{TB: t, open: map[int32]bool{}}
	t.Cleanup(s.closeAll)
	return s
}

func (s *system) closeAll() {
	for fd := range s.open {
		s.Close(fd)
	}
}

// own takes a descriptor, which children shall not have.
func (s *system) own(fd int, err error) int32 {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
	unix.CloseOnExec(fd)
	s.Adopt(int32(fd))
	return int32(fd)
}

func (s *system) Adopt(fd int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[fd] = true
}

func (s *system) Gone(fd int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, fd)
}

func (s *system) Pair() (a, b int32) {
	s.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	return s.own(fds[0], err), s.own(fds[1], err)
}

func (s *system) Pipe() (r, w int32) {
	s.Helper()
	var fds [2]int
	err := unix.Pipe(fds[:])
	return s.own(fds[0], err), s.own(fds[1], err)
}

func (s *system) TCP() (a, b int32) {
	s.Helper()
	l, at := s.listen()
	a = s.Socket()
	if err := unix.Connect(int(a), at); err != nil {
		s.Fatal(err)
	}
	fd, _, err := unix.Accept(int(l))
	s.Close(l)
	return a, s.own(fd, err)
}

func (s *system) listen() (int32, *unix.SockaddrInet4) {
	s.Helper()
	l, at := s.bound()
	if err := unix.Listen(int(l), 16); err != nil {
		s.Fatal(err)
	}
	return l, at
}

func (s *system) bound() (int32, *unix.SockaddrInet4) {
	s.Helper()
	l := s.Socket()
	if err := unix.Bind(int(l), &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		s.Fatal(err)
	}
	sa, err := unix.Getsockname(int(l))
	if err != nil {
		s.Fatal(err)
	}
	return l, sa.(*unix.SockaddrInet4)
}

func (s *system) Socket() int32 {
	s.Helper()
	return s.own(unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0))
}

func (s *system) File(content string) int32 {
	s.Helper()
	name := s.TempDir() + "/file"
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		s.Fatal(err)
	}
	return s.own(unix.Open(name, unix.O_RDWR, 0))
}

func (s *system) Dup(fd int32) int32 {
	s.Helper()
	return s.own(unix.Dup(int(fd)))
}

func (s *system) DupTo(fd, number int32) {
	s.Helper()
	s.own(int(number), unix.Dup2(int(fd), int(number)))
}

func (s *system) Read(fd int32, b []byte) (int, error) {
	return s.retry(fd, unix.POLLIN, func() (int, error) { return unix.Read(int(fd), b) })
}

func (s *system) Write(fd int32, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		m := 0
		m, err = s.retry(fd, unix.POLLOUT, func() (int, error) { return unix.Write(int(fd), b[n:]) })
		n += max(m, 0)
	}
	return n, err
}

// retry waits for what an engine has made non-blocking.
func (s *system) retry(fd int32, events int16, call func() (int, error)) (int, error) {
	for {
		n, err := call()
		switch err {
		case unix.EAGAIN:
			unix.Poll([]unix.PollFd{{Fd: fd, Events: events}}, -1)
		case unix.EINTR:
		default:
			return n, err
		}
	}
}

func (s *system) Shutdown(fd int32, how uint32) error { return unix.Shutdown(int(fd), int(how)) }

func (s *system) Close(fd int32) error {
	s.Gone(fd)
	return unix.Close(int(fd))
}

// Descriptors is how many this process has open, or 0 where nothing tells.
func Descriptors() int {
	names, _ := os.ReadDir("/proc/self/fd")
	return len(names)
}
