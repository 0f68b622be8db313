// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// tryMost is how many bytes of a file are copied at once by whoever starts the request: the
// garbage collector cannot stop a goroutine in the middle. 1 MiB takes some 100 us.
const tryMost = 1 << 20

// startFile begins a request with an offset: with what needs no waiting, else in the pool.
func (e *Engine) startFile(r *request) {
	d, errno := e.descriptor(r.op.FD)
	if errno != 0 {
		e.finish(r, -int32(errno))
		return
	}
	dir := directionOf(r.op.Kind)
	if e.noWait && !d.noWait[dir] && !d.direct && r.op.Flags == 0 && r.length() <= tryMost {
		if res, ok := r.tryFile(d, dir); ok {
			e.finish(r, res)
			return
		}
	}
	e.lend(r)
}

// mostMoved is what the kernel moves in one call at most: read(2).
const mostMoved = 0x7ffff000

// length is the number of bytes that a Read, Write, Readv or Writev asks for, which with vectors may
// be more than mostMoved.
func (r *request) length() (n int64) {
	switch r.op.Kind {
	case engine.Readv, engine.Writev:
		if r.op.Len > maxVectors {
			return 0 // the kernel's to refuse
		}
		for _, v := range unsafe.Slice((*unix.Iovec)(r.op.Addr), int(r.op.Len)) {
			n += int64(v.Len)
		}
		return n
	}
	return int64(r.op.Len)
}

// tryFile reads or writes what the page cache takes. ok: that was all there is to do. A read that
// got less than it asked for has met the end of the file if another one gets nothing; otherwise
// it met a page that is not there. Errors are left to the pool, which makes the same call
// without RWF_NOWAIT: that flag has errors of its own.
func (r *request) tryFile(d *desc, dir int) (res int32, ok bool) {
	v, n := r.vectors()
	m, errno := vectored(dir == writing, r.op.FD, v, n, r.op.Off, unix.RWF_NOWAIT)
	switch {
	case errno == syscall.EOPNOTSUPP, errno == syscall.EINVAL && dir == writing:
		d.noWait[dir] = true
		return 0, false
	case errno != 0:
		return 0, false
	case m == 0 || int64(m) == r.length():
		return int32(m), true
	}
	if r.done = m; r.op.Kind != engine.Read {
		return 0, false // the pool goes on
	}
	m, errno = vectored(false, r.op.FD, r.rest(), 1, r.op.Off+int64(r.done), unix.RWF_NOWAIT)
	if errno != 0 {
		return 0, false
	}
	return int32(r.done + m), m == 0 || r.done+m == int(r.op.Len)
}

// block carries out a request in system calls that may wait. It runs in the pool, without drive;
// left is room for vectors. Files are read until they end: those of /proc give a page at a time. Of
// what is more than a result can say one call's part is done.
func (r *request) block(noWait bool, left *[maxVectors]unix.Iovec) int32 {
	op := r.op
	for {
		n, errno, more := 0, syscall.Errno(0), false
		switch op.Kind {
		case engine.Sync:
			errno = syncFile(op.FD, op.Flags == 1)
		case engine.Close:
			return result(0, closeFD(op.FD))
		case engine.Connect:
			errno = connectBlocking(op.FD, op.Addr, op.Off)
		default:
			n, errno = r.blockTransfer(noWait, left)
			length := r.length()
			more = errno == 0 && n > 0 && int64(r.done+n) < length && length <= mostMoved && isWhole(op.FD)
		}
		switch {
		case errno == syscall.EINTR:
			continue
		case errno != 0:
			return partial(r, errno)
		}
		if r.done += n; !more {
			return int32(r.done)
		}
	}
}

// isWhole reports whether a transfer that was cut short is to go on: on files and disks.
func isWhole(fd int32) bool {
	var st unix.Stat_t
	if unix.Fstat(int(fd), &st) != nil {
		return false
	}
	return st.Mode&unix.S_IFMT == unix.S_IFREG || st.Mode&unix.S_IFMT == unix.S_IFBLK
}

// pipeRoom is what a pipe takes without waiting when poll(2) says that it is writable: a page,
// and none is smaller.
const pipeRoom = 4096

func (r *request) blockTransfer(noWait bool, left *[maxVectors]unix.Iovec) (int, syscall.Errno) {
	op, off := r.op, r.op.Off
	v, n := r.vectors()
	if r.done > 0 && n <= maxVectors && (op.Kind == engine.Readv || op.Kind == engine.Writev) {
		v, n = &left[0], behind(left, unsafe.Slice(v, n), r.done)
	}
	if off >= 0 {
		off += int64(r.done)
	} else if d := r.desc; d != nil && d.pipe && op.Kind == engine.Write {
		v.SetLen(min(int(v.Len), pipeRoom))
	}
	if noWait {
		return vectoredBlocking(directionOf(op.Kind) == writing, op.FD, v, n, off, op.Flags)
	}
	write := directionOf(op.Kind) == writing
	switch {
	case write && op.Flags == unix.RWF_APPEND:
		return appendAnew(op.FD, v, n)
	case op.Flags != 0:
		return 0, syscall.EOPNOTSUPP
	}
	return plainBlocking(write, op.FD, v, n, off)
}

// appendAnew is RWF_APPEND for kernels that do not know it.
func appendAnew(fd int32, v *unix.Iovec, n int) (int, syscall.Errno) {
	again, errno := sys.OpenToAppend(fd)
	if errno != 0 {
		return 0, syscall.EOPNOTSUPP
	}
	m, errno := plainBlocking(true, again, v, n, -1)
	closeFD(again)
	return m, errno
}
