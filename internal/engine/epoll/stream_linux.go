// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// try carries out the request at the head of a line, without waiting. ok is false if it waits on,
// for an event or, in l.lent, for a thread. drive is held.
func (e *Engine) try(d *desc, l *line, r *request) (res int32, ok bool) {
	switch r.op.Kind {
	case engine.Recv, engine.Send:
		n, errno := r.move()
		return e.moved(d, l, r, n, errno)
	case engine.RecvMsg, engine.SendMsg:
		return e.transferMsg(d, l, r)
	case engine.Accept:
		return e.accept(r)
	case engine.Connect:
		return e.connect(d, l, r)
	}
	return e.stream(d, l, r)
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
		return partial(r, errno), true, false
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
		return r.op.Flags&unix.RWF_NOWAIT == 0
	}
	return true
}

// move makes the system call for what is left of a Recv or Send.
func (r *request) move() (int, syscall.Errno) {
	op := r.op
	return move(op.Kind, op.FD, unsafe.Add(op.Addr, r.done), op.Len-uint32(r.done), op.Flags|unix.MSG_DONTWAIT)
}

// moved says how a Recv or Send goes on after its system call. With MSG_WAITALL it goes on, event
// after event, until all is transferred, as io_uring does.
func (e *Engine) moved(d *desc, l *line, r *request, n int, errno syscall.Errno) (int32, bool) {
	op := r.op
	all := d.stream && op.Flags&unix.MSG_WAITALL != 0 && op.Flags&unix.MSG_PEEK == 0
	for {
		want := int(op.Len) - r.done
		res, ok, again := r.settle(n, want, errno, all)
		if errno == 0 && n < want && l == &d.in && d.emptied(op.Flags) {
			l.ready, again = false, false
		}
		if !again {
			return res, ok
		}
		n, errno = r.move()
	}
}

// emptied reports whether a receive that got less than it asked for has emptied the socket, so
// that the next can wait for an event without a try.
func (d *desc) emptied(flags uint32) bool {
	const harmless = unix.MSG_WAITALL | unix.MSG_NOSIGNAL | unix.MSG_CMSG_CLOEXEC
	return d.tcp && !d.ended && !d.urgent && flags&^uint32(harmless) == 0
}

// transferMsg is recvmsg(2) or sendmsg(2).
func (e *Engine) transferMsg(d *desc, l *line, r *request) (int32, bool) {
	op := r.op
	all := d.stream && op.Flags&unix.MSG_WAITALL != 0 && op.Flags&unix.MSG_PEEK == 0
	for {
		m := (*unix.Msghdr)(op.Addr)
		if r.done > 0 {
			m = e.restOf(m, r.done)
		}
		want := 0
		if all {
			want = lengthOf(m)
		}
		n, errno := moveMsg(op.Kind == engine.SendMsg, op.FD, m, op.Flags|unix.MSG_DONTWAIT)
		res, ok, again := r.settle(n, want, errno, all)
		if !again {
			return res, ok
		}
	}
}

func lengthOf(m *unix.Msghdr) (n int) {
	for _, v := range unsafe.Slice(m.Iov, int(m.Iovlen)) {
		n += int(v.Len)
	}
	return n
}

// maxVectors is what one call takes: readv(2), IOV_MAX.
const maxVectors = 1024

// restOf describes what is left of m after done bytes. Names and control data went with the first
// of them.
func (e *Engine) restOf(m *unix.Msghdr, done int) *unix.Msghdr {
	n := behind(&e.scratch, unsafe.Slice(m.Iov, min(int(m.Iovlen), maxVectors)), done)
	e.msg = unix.Msghdr{Iov: &e.scratch[0]}
	e.msg.SetIovlen(n)
	return &e.msg
}

// behind puts what is left of all after done bytes into left, and returns the number of vectors.
func behind(left *[maxVectors]unix.Iovec, all []unix.Iovec, done int) (n int) {
	for _, v := range all {
		if skip := min(done, int(v.Len)); skip > 0 {
			done -= skip
			if skip == int(v.Len) {
				continue
			}
			v.Base = (*byte)(unsafe.Add(unsafe.Pointer(v.Base), skip))
			v.SetLen(int(v.Len) - skip)
		}
		left[n] = v
		n++
	}
	return n
}

// accept is accept4(2), on a socket made non-blocking: somebody else may take the connection that
// the event was for.
func (e *Engine) accept(r *request) (int32, bool) {
	if errno := setNonblock(r.op.FD); errno != 0 {
		return -int32(errno), true
	}
	for {
		n, errno := accept4(r.op.FD, r.op.Flags)
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
func (e *Engine) connect(d *desc, l *line, r *request) (int32, bool) {
	op := r.op
	if r.asking {
		return r.connected()
	}
	if op.Off >= 2 && (*unix.RawSockaddr)(op.Addr).Family == unix.AF_UNIX && d.socket {
		e.lendHead(l, r)
		return 0, false
	}
	if errno := setNonblock(op.FD); errno != 0 {
		return -int32(errno), true
	}
	d.ended = false // the hang-up of a socket that is not connected
	errno := connect(op.FD, op.Addr, op.Off)
	if errno == syscall.EINPROGRESS || errno == syscall.EINTR {
		r.asking = true
		return r.connected()
	}
	return result(0, errno), true
}

func (r *request) connected() (int32, bool) {
	got, errno := pollOnce(&r.poll, r.op.FD, unix.POLLOUT)
	if errno != 0 || got == 0 {
		return 0, false
	}
	v, err := unix.GetsockoptInt(int(r.op.FD), unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return -int32(err.(syscall.Errno)), true
	}
	return -int32(v), true
}

// stream reads or writes without an offset. RWF_NOWAIT answers EOPNOTSUPP where a driver does not
// know it.
func (e *Engine) stream(d *desc, l *line, r *request) (int32, bool) {
	op, dir := r.op, directionOf(r.op.Kind)
	for e.noWait && !d.noWait[dir] {
		v, n := r.vectors()
		m, errno := vectored(dir == writing, op.FD, v, n, -1, op.Flags|unix.RWF_NOWAIT)
		if errno == syscall.EOPNOTSUPP && op.Flags == 0 {
			d.noWait[dir] = true
			break
		}
		res, ok, again := r.settle(m, 0, errno, false)
		if !again {
			return res, ok
		}
	}
	if op.Flags != 0 {
		return -int32(syscall.EOPNOTSUPP), true
	}
	return e.streamPlain(d, l, r, dir)
}

// streamPlain is stream without RWF_NOWAIT: as a message for sockets, directly if the descriptor
// is non-blocking at this moment, and else by a thread when poll(2) says that it will not wait.
func (e *Engine) streamPlain(d *desc, l *line, r *request, dir int) (int32, bool) {
	if d.socket {
		v, n := r.vectors()
		e.msg = unix.Msghdr{Iov: v}
		e.msg.SetIovlen(n)
		m, errno := moveMsg(dir == writing, r.op.FD, &e.msg, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		e.msg = unix.Msghdr{}
		res, ok, _ := r.settle(m, 0, errno, false)
		return res, ok
	}
	flags, errno := getFlags(r.op.FD)
	if errno != 0 {
		return -int32(errno), true
	}
	if flags&unix.O_NONBLOCK != 0 {
		v, n := r.vectors()
		m, errno := plain(dir == writing, r.op.FD, v, n)
		res, ok, _ := r.settle(m, 0, errno, false)
		return res, ok
	}
	if got, errno := pollOnce(&r.poll, r.op.FD, pollEvents[dir]); errno != 0 || got == 0 {
		return 0, false
	}
	e.lendHead(l, r)
	return 0, false
}

var pollEvents = [2]uint16{reading: unix.POLLIN, writing: unix.POLLOUT}

// vectors is what is left of a Read, Write, Readv or Writev.
func (r *request) vectors() (*unix.Iovec, int) {
	switch r.op.Kind {
	case engine.Readv, engine.Writev:
		return (*unix.Iovec)(r.op.Addr), int(r.op.Len)
	}
	return r.rest(), 1
}
