// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aixtest

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"iocp/aix"
)

const (
	// stepLimit is the time in milliseconds after which something that must happen has not.
	stepLimit = 10_000

	// quiet is how long in milliseconds nothing may happen for it to count as nothing.
	quiet = 20
)

// scene is the stage of one rule. What is opened on it is closed at its end.
type scene struct {
	*testing.T
	open []aix.HANDLE
}

func (s *scene) end() {
	for i := len(s.open) - 1; i >= 0; i-- {
		if s.open[i] >= 0 {
			aix.Close(s.open[i])
		}
	}
}

func (s *scene) own(h aix.HANDLE) aix.HANDLE {
	s.open = append(s.open, h)
	return h
}

// close closes h now.
func (s *scene) close(h aix.HANDLE) {
	s.Helper()
	for i, o := range s.open {
		if o == h {
			s.open[i] = -1
		}
	}
	s.must(aix.Close(h), "Close")
}

func (s *scene) must(err error, what string) {
	s.Helper()
	if err != nil {
		s.Fatalf("%s: %v", what, err)
	}
}

func (s *scene) check(ok bool, format string, args ...any) {
	s.Helper()
	if !ok {
		s.Errorf(format, args...)
	}
}

// fails checks that err is the very errno.
func (s *scene) fails(err error, want syscall.Errno, what string) {
	s.Helper()
	if err != error(want) {
		s.Errorf("%s: %v, want %v", what, err, want)
	}
}

// pends checks that a request has been started.
func (s *scene) pends(err error) {
	s.Helper()
	if err != error(syscall.EINPROGRESS) {
		s.Fatalf("the request: %v, want EINPROGRESS", err)
	}
}

func (s *scene) port() aix.HANDLE {
	s.Helper()
	h, err := aix.CreateIoCompletionPort(aix.INVALID_HANDLE_VALUE, aix.NULL, 0, 0)
	s.must(err, "CreateIoCompletionPort")
	return s.own(h)
}

func (s *scene) associate(fd, port aix.HANDLE, key uint32) {
	s.Helper()
	h, err := aix.CreateIoCompletionPort(fd, port, key, 0)
	s.must(err, "CreateIoCompletionPort")
	s.check(h == port, "the association returned %d, want the port %d", h, port)
}

// refuses checks that fd cannot be associated with port.
func (s *scene) refuses(fd, port aix.HANDLE, want syscall.Errno) {
	s.Helper()
	h, err := aix.CreateIoCompletionPort(fd, port, 1, 0)
	s.fails(err, want, "CreateIoCompletionPort")
	s.check(h == aix.NULL, "a failed call returned %d, want NULL", h)
	if err == nil && port == aix.NULL {
		s.own(h)
	}
}

// file opens a new regular file with the content.
func (s *scene) file(content string) aix.HANDLE {
	s.Helper()
	return s.fileWith(content, os.O_RDWR)
}

func (s *scene) fileWith(content string, flag int) aix.HANDLE {
	s.Helper()
	name := filepath.Join(s.TempDir(), "file")
	s.must(os.WriteFile(name, []byte(content), 0o666), "WriteFile")
	return s.openFile(name, flag)
}

func (s *scene) openFile(name string, flag int) aix.HANDLE {
	s.Helper()
	fd, err := unix.Open(name, flag|unix.O_CLOEXEC, 0)
	s.must(err, "open(2) "+name)
	return s.own(aix.HANDLE(fd))
}

// content returns what is in the file now.
func (s *scene) content(f aix.HANDLE) string {
	s.Helper()
	buf := make([]byte, 1<<16)
	n, err := unix.Pread(int(f), buf, 0)
	s.must(err, "pread(2)")
	return string(buf[:n])
}

func (s *scene) socket(kind int) aix.HANDLE {
	s.Helper()
	fd, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC, 0)
	s.must(err, "socket(2)")
	return s.own(aix.HANDLE(fd))
}

// bound returns a socket that is bound to the loopback, and its address.
func (s *scene) bound(kind int) (aix.HANDLE, unix.Sockaddr) {
	s.Helper()
	h := s.socket(kind)
	s.must(unix.Bind(int(h), &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), "bind(2)")
	sa, err := unix.Getsockname(int(h))
	s.must(err, "getsockname(2)")
	return h, sa
}

func (s *scene) listener() (aix.HANDLE, unix.Sockaddr) {
	s.Helper()
	h, sa := s.bound(unix.SOCK_STREAM)
	s.must(unix.Listen(int(h), 8), "listen(2)")
	return h, sa
}

// pair returns the two ends of a TCP connection.
func (s *scene) pair() (a, b aix.HANDLE) {
	s.Helper()
	l, sa := s.listener()
	b = s.socket(unix.SOCK_STREAM)
	s.must(unix.Connect(int(b), sa), "connect(2)")
	fd, _, err := unix.Accept4(int(l), unix.SOCK_CLOEXEC)
	s.must(err, "accept(2)")
	s.close(l)
	return s.own(aix.HANDLE(fd)), b
}

// datagrams returns two UDP sockets that are connected to each other.
func (s *scene) datagrams() (a, b aix.HANDLE) {
	s.Helper()
	a, sa := s.bound(unix.SOCK_DGRAM)
	b, sb := s.bound(unix.SOCK_DGRAM)
	s.must(unix.Connect(int(a), sb), "connect(2)")
	s.must(unix.Connect(int(b), sa), "connect(2)")
	return a, b
}

// served returns a TCP connection whose first end is associated with a port.
func (s *scene) served(key uint32) (port, a, b aix.HANDLE) {
	s.Helper()
	port = s.port()
	a, b = s.pair()
	s.associate(a, port, key)
	return port, a, b
}

// write makes the peer write with write(2).
func (s *scene) write(h aix.HANDLE, data string) {
	s.Helper()
	n, err := unix.Write(int(h), []byte(data))
	s.must(err, "write(2)")
	s.check(n == len(data), "write(2) wrote %d of %d", n, len(data))
}

// arrive waits until h has something to read: data, the end, an error.
func (s *scene) arrive(h aix.HANDLE) {
	s.Helper()
	fds := []unix.PollFd{{Fd: int32(h), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, stepLimit)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n != 1 {
			s.Fatalf("nothing arrived: %v", err)
		}
		return
	}
}

// reset makes the connection end with a reset.
func (s *scene) reset(h aix.HANDLE) {
	s.Helper()
	s.must(unix.SetsockoptLinger(int(h), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}), "SO_LINGER")
	s.close(h)
}

// packet is what GetQueuedCompletionStatus says.
type packet struct {
	count, key uint32
	ov         *aix.OVERLAPPED
	err        error
}

func (s *scene) get(port aix.HANDLE, timeout uint32) (k packet) {
	k.err = aix.GetQueuedCompletionStatus(port, &k.count, &k.key, &k.ov, timeout)
	return k
}

// expect takes a packet, which must say this; errno 0 is success.
func (s *scene) expect(port aix.HANDLE, count, key uint32, ov *aix.OVERLAPPED, errno syscall.Errno) {
	s.Helper()
	k := s.get(port, stepLimit)
	want := packet{count: count, key: key, ov: ov}
	if errno != 0 {
		want.err = errno
	}
	if k != want {
		s.Fatalf("the packet is %+v, want %+v", k, want)
	}
}

// nothing checks that no packet comes.
func (s *scene) nothing(port aix.HANDLE) {
	s.Helper()
	if k := s.get(port, quiet); k.err != error(syscall.ETIMEDOUT) || k.ov != nil {
		s.Fatalf("there is a packet: %+v", k)
	}
}

func (s *scene) post(port aix.HANDLE, count, key uint32, ov *aix.OVERLAPPED) {
	s.Helper()
	s.must(aix.PostQueuedCompletionStatus(port, count, key, ov), "PostQueuedCompletionStatus")
}

// control is an AIO control block on a scene.
type control struct {
	aix.AIOCB
	s *scene
}

func (s *scene) aio(f aix.HANDLE, offset int64, buf []byte) *control {
	c := &control{s: s}
	c.Fildes, c.Offset, c.Buf = f, offset, buf
	return c
}

// to makes the request report to the port.
func (c *control) to(port aix.HANDLE) *control {
	c.Flags, c.Version, c.IocpFd = aix.AIO_EXTENDED, aix.AIOCBX_VERS2, port
	return c
}

func (c *control) readAndWait() int64 {
	c.s.Helper()
	c.s.must(aix.AioRead(&c.AIOCB), "AioRead")
	return c.wait()
}

func (c *control) writeAndWait() int64 {
	c.s.Helper()
	c.s.must(aix.AioWrite(&c.AIOCB), "AioWrite")
	return c.wait()
}

// wait waits for the end of the request, which must be a success, and returns its result.
func (c *control) wait() int64 {
	c.s.Helper()
	c.s.must(aix.AioSuspend([]*aix.AIOCB{&c.AIOCB}, stepLimit*time.Millisecond), "AioSuspend")
	c.s.must(aix.AioError(&c.AIOCB), "AioError")
	n, err := aix.AioReturn(&c.AIOCB)
	c.s.must(err, "AioReturn")
	return n
}

// expectAIO takes a packet, which must be that of the control block.
func (s *scene) expectAIO(port aix.HANDLE, c *control, count, key uint32, errno syscall.Errno) {
	s.Helper()
	k := s.get(port, stepLimit)
	var err error
	if errno != 0 {
		err = errno
	}
	if k.ov.AIOCB() != &c.AIOCB || k.count != count || k.key != key || k.err != err {
		s.Fatalf("the packet is %+v of %p, want %d bytes, key %d, %p, %v", k, k.ov.AIOCB(), count, key, &c.AIOCB, err)
	}
}
