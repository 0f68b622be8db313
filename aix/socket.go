// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"math"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp"
)

// socket is an associated socket.
type socket struct {
	s   *iocp.Socket
	key uint32
}

// newSocket associates a duplicate of h with p. What can be done at once sends no packet (F02).
func newSocket(h HANDLE, p *port, key uint32) (*socket, error) {
	fd, err := unix.FcntlInt(uintptr(h), unix.F_DUPFD_CLOEXEC, firstPort)
	if err != nil {
		return nil, err
	}
	s, err := iocp.AdoptSocket(fd)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	if err = s.SkipOnSuccess(); err == nil {
		err = p.p.Associate(s, nil)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return &socket{s, key}, nil
}

func (s *socket) close() { s.s.Close() }

// ReadFile reads up to len(buf) bytes from a socket into buf and sets *done to their number. nil
// means that it is done and no packet will come; a number of 0 is the end of the stream (I04).
// An empty buf reads nothing, at once.
//
// What cannot be done at once is done later if ov is not nil and h is associated with a port: the
// error is EINPROGRESS then, buf belongs to the port until the packet is taken, and the packet has
// the number of bytes, the key of h, and ov (F01). Several requests fill their buffers in the order in
// which they were made (I17). Whether the socket is non-blocking makes no difference (I22).
//
// With ov nil the call is synchronous: like read(2) it blocks unless the socket is non-blocking
// (L04, F14).
//
// Errors, without a packet: EINVAL if h is not an open socket (L03, I10), buf is longer than a DWORD
// says or done is nil; EAGAIN if it can be done neither now nor later, because ov is nil and the
// socket is non-blocking, or h is not associated; ENOTCONN if it is not connected or not any more
// (I06, I08). Errors in the packet: ENOTCONN if h was closed or the connection reset (I05, I24).
func ReadFile(h HANDLE, buf []byte, done *uint32, ov *OVERLAPPED) error {
	s, err := transfer(h, buf, done, ov)
	switch {
	case err != nil || len(buf) == 0:
		return err
	case s == nil:
		n, errno := again(unix.SYS_RECVFROM, h, buf, waiting(ov))
		return direct(n, errno, done)
	}
	r := newRequest(s.key, ov)
	return r.started(s.s.Recv(r, buf, 0), done)
}

// WriteFile writes buf to a socket and sets *done to the number of bytes that were written, which is
// all of them, except on a non-blocking socket with ov nil. Everything else is as with ReadFile: nil is
// done, without a packet; EINPROGRESS is under way, and the packet comes when the system has taken all
// of buf (I03, H17).
//
// Errors: those of ReadFile; EPIPE after a shutdown of the sending side (I21); EMSGSIZE for a
// datagram that is too long (I16), ECONNREFUSED if nobody takes it. A broken connection never raises
// a signal.
func WriteFile(h HANDLE, buf []byte, done *uint32, ov *OVERLAPPED) error {
	s, err := transfer(h, buf, done, ov)
	switch {
	case err != nil:
		return err
	case s == nil || len(buf) == 0: // nothing, or an empty datagram, goes out at once
		n, errno := send(h, buf, waiting(ov))
		return direct(n, errno, done)
	}
	r := newRequest(s.key, ov)
	return r.started(s.s.Send(r, buf), done)
}

// transfer checks the arguments. It returns the socket of h if the request may be asynchronous.
func transfer(h HANDLE, buf []byte, done *uint32, ov *OVERLAPPED) (*socket, error) {
	if done == nil || uint64(len(buf)) > math.MaxUint32 {
		return nil, syscall.EINVAL
	}
	*done = 0
	if len(buf) == 0 {
		_, mode, err := identify(h)
		if err != nil || mode&unix.S_IFMT != unix.S_IFSOCK {
			return nil, syscall.EINVAL
		}
	}
	if e := lookup(h); e != nil && ov != nil {
		return e.sock, nil
	}
	return nil, nil
}

// started makes the result of a call of that of starting its request.
func (r *request) started(err error, done *uint32) error {
	switch err {
	case nil:
		return syscall.EINPROGRESS
	case iocp.ErrCompleted:
		n, _ := r.Result()
		r.free()
		*done = uint32(n)
		return nil
	}
	r.free()
	return direct(0, errnoOf(err), done)
}

// direct makes the result of a call that is over. What is no open socket is EINVAL.
func direct(n int, errno syscall.Errno, done *uint32) error {
	*done = uint32(n)
	switch errno {
	case 0:
		return nil
	case syscall.EBADF, syscall.ENOTSOCK:
		return syscall.EINVAL
	}
	return socketErrno(errno)
}

// waiting returns the flags of a system call that stands for a whole request: with an OVERLAPPED it
// must not wait.
func waiting(ov *OVERLAPPED) int {
	if ov != nil {
		return unix.MSG_DONTWAIT
	}
	return 0
}

// send is send(2), gone on with as long as the socket takes something.
func send(h HANDLE, buf []byte, flags int) (int, syscall.Errno) {
	sent := 0
	for {
		n, errno := again(unix.SYS_SENDTO, h, buf[sent:], flags|unix.MSG_NOSIGNAL)
		sent += n
		switch {
		case sent == len(buf) && errno == 0:
			return sent, 0
		case errno == syscall.EPIPE && sent == 0 && hungUp(h):
			return 0, syscall.ENOTCONN
		case errno != 0 && sent == 0:
			return 0, errno
		case errno != 0 || n == 0:
			return sent, 0 // the next call tells
		}
	}
}

// hungUp tells a connection that is over, or never was, from one whose sending side the program has
// shut down: poll(2), POLLHUP, which a listening socket does not have.
func hungUp(h HANDLE) bool {
	if _, err := unix.Getpeername(int(h)); err == unix.ENOTCONN {
		return true
	}
	fds := []unix.PollFd{{Fd: int32(h)}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&unix.POLLHUP != 0
}

// again is recv(2) or send(2). The system call may block, as those of AIX do.
func again(trap uintptr, h HANDLE, buf []byte, flags int) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.Syscall6(trap, uintptr(h), uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(len(buf)),
			uintptr(flags), 0, 0)
		if errno == 0 {
			return int(n), 0
		}
		if errno != syscall.EINTR {
			return 0, errno
		}
	}
}
