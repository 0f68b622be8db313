// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// try carries out the request at the head of the line, without waiting. ok is false if it waits on,
// for the poller or, in l.lent, for a thread. desc.mu is held, as in all of this file.
func (l *line) try(r *request) (res int32, ok bool) {
	switch r.op.Kind {
	case engine.Recv, engine.Send:
		return l.transfer(r)
	case engine.RecvMsg, engine.SendMsg:
		return l.transferMsg(r)
	case engine.Accept:
		return l.accept(r)
	case engine.Connect:
		return l.connect(r)
	}
	return l.readOrWrite(r)
}

// settle says how a request goes on after a system call that moved n bytes of want, or failed.
// all: it is over only when everything is moved.
func (r *request) settle(n, want int, errno syscall.Errno, all bool) (res int32, ok, again bool) {
	switch {
	case errno == syscall.EINTR:
		return 0, false, true
	case errno == syscall.EAGAIN && r.patient():
		return 0, false, false
	case errno != 0:
		return r.partial(errno), true, false
	}
	r.done += n
	if all && n > 0 && n < want {
		return 0, false, true
	}
	return int32(r.done), true, false
}

// patient reports whether the request shall wait: some flags say that it shall not.
func (r *request) patient() bool {
	switch r.op.Kind {
	case engine.Recv, engine.Send, engine.RecvMsg, engine.SendMsg:
		return r.op.Flags&unix.MSG_DONTWAIT == 0
	case engine.Read, engine.Write, engine.Readv, engine.Writev:
		return r.op.Flags&flagNoWait == 0
	}
	return true
}

// The kernel is not asked for MSG_WAITALL, which not every one knows together with MSG_DONTWAIT:
// the engine goes on, event after event, until all is transferred.

// flagsOf is what the kernel is asked for, and whether all has to be transferred.
func (d *desc) flagsOf(r *request) (flags int, all bool) {
	flags = int(r.op.Flags)
	all = d.stream && flags&unix.MSG_WAITALL != 0 && flags&unix.MSG_PEEK == 0
	return flags&^unix.MSG_WAITALL | unix.MSG_DONTWAIT, all
}

// patientSends: Darwin heeds MSG_DONTWAIT in receives alone.
const patientSends = runtime.GOOS == "darwin" || runtime.GOOS == "ios"

// hurry makes sure that a send or receive with MSG_DONTWAIT does not wait.
func (l *line) hurry() syscall.Errno {
	if patientSends && l.dir == writing {
		return l.d.setNonblock()
	}
	return 0
}

// transfer is recv(2) or send(2).
func (l *line) transfer(r *request) (int32, bool) {
	flags, all := l.d.flagsOf(r)
	if errno := l.hurry(); errno != 0 {
		return -int32(errno), true
	}
	for {
		v := r.rest()
		n, errno := 0, syscall.Errno(0)
		if l.dir == writing {
			n, errno = move(true, r.op.FD, v, flags)
		} else {
			n, errno = r.cut.receive(r.op.FD, v, flags)
		}
		if errno == 0 && n < int(v.Len) && l.d.emptied(l.dir, flags) {
			l.ready = false
		}
		res, ok, again := r.settle(n, int(v.Len), errno, all)
		if !again {
			return res, ok
		}
	}
}

// emptied reports whether a receive that got less than it asked for has emptied the socket. If it
// has not (urgent data, the end of the stream), the next receive takes the way over the poller,
// which tries again.
func (d *desc) emptied(dir, flags int) bool {
	return dir == reading && d.tcp && flags&^unix.MSG_NOSIGNAL == unix.MSG_DONTWAIT
}

// transferMsg is recvmsg(2) or sendmsg(2). Names and control data go with the first bytes.
func (l *line) transferMsg(r *request) (int32, bool) {
	flags, all := l.d.flagsOf(r)
	if errno := l.hurry(); errno != 0 {
		return -int32(errno), true
	}
	m := (*unix.Msghdr)(r.op.Addr)
	for {
		vectors, want := messageVectors(m), 0
		if all {
			want = lengthOf(vectors) - r.done
		}
		n, errno := 0, syscall.Errno(0)
		switch {
		case r.done > 0:
			n, errno = l.moveRest(r, vectors, flags)
		case l.dir == writing:
			n, errno = moveMsg(true, r.op.FD, m, flags)
		default:
			n, errno = receiveMsg(r.op.FD, m, flags)
		}
		res, ok, again := r.settle(n, want, errno, all)
		if !again {
			return res, ok
		}
	}
}

func messageVectors(m *unix.Msghdr) []unix.Iovec { return unsafe.Slice(m.Iov, int(m.Iovlen)) }

// moveRest moves what is left of the first vector that is not done.
func (l *line) moveRest(r *request, vectors []unix.Iovec, flags int) (int, syscall.Errno) {
	done := r.done
	for _, v := range vectors {
		if done >= int(v.Len) {
			done -= int(v.Len)
			continue
		}
		r.iov.Base = (*byte)(unsafe.Add(unsafe.Pointer(v.Base), done))
		r.iov.SetLen(int(v.Len) - done)
		return move(l.dir == writing, r.op.FD, &r.iov, flags)
	}
	return 0, 0
}

// accept makes the socket non-blocking: somebody else may take the connection that the event was
// for, and accept(2) has no flag against waiting.
func (l *line) accept(r *request) (int32, bool) {
	if errno := l.d.setNonblock(); errno != 0 {
		return -int32(errno), true
	}
	for {
		n, errno := accept(r.op.FD, r.op.Flags)
		switch errno {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return 0, false
		}
		return result(n, errno), true
	}
}

// connect is connect(2) and, when the socket has become writable, its SO_ERROR. A socket of the
// file system waits for its listener's backlog, which no event announces: a thread does that.
func (l *line) connect(r *request) (int32, bool) {
	op := r.op
	if r.asking {
		return r.connected()
	}
	if op.Off >= 2 && (*unix.RawSockaddr)(op.Addr).Family == unix.AF_UNIX && l.d.socket {
		l.lendHead(r)
		return 0, false
	}
	if errno := l.d.setNonblock(); errno != 0 {
		return -int32(errno), true
	}
	errno := connect(op.FD, op.Addr, op.Off)
	if errno == syscall.EINPROGRESS || errno == syscall.EINTR {
		r.asking = true
		return r.connected()
	}
	return result(0, errno), true
}

func (r *request) connected() (int32, bool) {
	got, errno := r.pollOnce(unix.POLLOUT)
	if errno != 0 || got == 0 {
		return 0, false
	}
	v, err := unix.GetsockoptInt(int(r.op.FD), unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return -int32(errnoOf(err)), true
	}
	return -int32(v), true
}

// readOrWrite is read(2) or write(2) without an offset. Nothing but its mode keeps a pipe or a
// terminal from waiting.
func (l *line) readOrWrite(r *request) (int32, bool) {
	if l.d.refused {
		l.lendHead(r)
		return 0, false
	}
	if errno := l.d.setNonblock(); errno != 0 {
		return -int32(errno), true
	}
	for {
		n, errno := vectored(l.dir == writing, r.op.FD, r.vectors(), int(r.op.Flags))
		res, ok, again := r.settle(n, 0, errno, false)
		if !again {
			return res, ok
		}
	}
}
