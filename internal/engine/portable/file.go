// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// block carries out a request in system calls that may wait. It runs in the pool, without a lock;
// left is room for vectors. Files are read until they end: some give a page at a time.
func (e *Engine) block(r *request, left *room) int32 {
	op := r.op
	for {
		n, errno, more := 0, syscall.Errno(0), false
		switch op.Kind {
		case engine.Sync:
			errno = syncFile(op.FD, op.Flags == 1)
		case engine.Close:
			return result(0, errnoOf(unix.Close(int(op.FD))))
		case engine.Connect:
			errno = connectBlocking(op.FD, op.Addr, op.Off)
		default:
			n, errno = e.blockTransfer(r, left)
			more = errno == 0 && n > 0 && r.done+n < r.length() && isWhole(op.FD)
		}
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN && r.isStream() && op.Off < 0 && r.patient():
			r.awaitReady() // non-blocking, and refused by the poller
			continue
		case errno != 0:
			return r.partial(errno)
		}
		if r.done += n; !more {
			return int32(r.done)
		}
	}
}

// awaitReady is poll(2) on the request's descriptor. Whatever it answers, the next try will say.
func (r *request) awaitReady() {
	events := int16(unix.POLLIN)
	if r.writes() {
		events = unix.POLLOUT
	}
	r.poll[0] = unix.PollFd{Fd: r.op.FD, Events: events}
	unix.Poll(r.poll[:], -1)
}

func (r *request) writes() bool { return r.op.Kind == engine.Write || r.op.Kind == engine.Writev }

// length is the number of bytes that a Read, Write, Readv or Writev asks for.
func (r *request) length() int {
	switch r.op.Kind {
	case engine.Readv, engine.Writev:
		if r.op.Len > maxVectors {
			return 0 // the kernel's to refuse
		}
		return lengthOf(r.vectors())
	}
	return int(r.op.Len)
}

// isWhole reports whether a transfer that was cut short is to go on: on files and disks.
func isWhole(fd int32) bool {
	var st unix.Stat_t
	if unix.Fstat(int(fd), &st) != nil {
		return false
	}
	return st.Mode&unix.S_IFMT == unix.S_IFREG || st.Mode&unix.S_IFMT == unix.S_IFBLK
}

func (e *Engine) blockTransfer(r *request, left *room) (int, syscall.Errno) {
	op, off := r.op, r.op.Off
	vectors := r.vectors()
	if r.done > 0 && len(vectors) <= maxVectors && (op.Kind == engine.Readv || op.Kind == engine.Writev) {
		vectors = left.behind(vectors, r.done)
	}
	write := r.writes()
	if off < 0 {
		return vectoredBlocking(write, op.FD, vectors, op.Flags)
	}
	return e.files.positioned(write, op.FD, vectors, off+int64(r.done), op.Flags)
}
