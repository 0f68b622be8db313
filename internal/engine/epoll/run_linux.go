// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// start begins a request, and returns the line that may go on with it, if it is in one. drive is held, as
// in all of this file.
func (e *Engine) start(r *request) (*desc, *line) {
	r.place, r.done, r.asking = nowhere, 0, false
	if r.Dead() {
		e.finish(r, -int32(syscall.ECANCELED))
		return nil, nil
	}
	op := r.op
	switch op.Kind {
	case engine.Recv, engine.Send, engine.RecvMsg, engine.SendMsg, engine.Accept, engine.Connect:
		return e.startLine(r)
	case engine.Read, engine.Write, engine.Readv, engine.Writev:
		if op.Off < 0 {
			return e.startLine(r)
		}
		e.startFile(r)
	case engine.Nop:
		e.finish(r, 0)
	case engine.Shutdown:
		e.finish(r, result(shutdown(op.FD, op.Len)))
	case engine.Sync:
		e.startSync(r)
	case engine.Poll:
		e.startPoll(r)
	case engine.Close:
		e.startClose(r)
	default:
		e.finish(r, -int32(syscall.EINVAL))
	}
	return nil, nil
}

// startLine puts a request into its line.
func (e *Engine) startLine(r *request) (*desc, *line) {
	d, errno := e.descriptor(r.op.FD)
	if errno == 0 {
		errno = e.register(d)
	}
	if errno != 0 {
		e.finish(r, -int32(errno))
		return nil, nil
	}
	if d.refused {
		e.startRefused(d, r)
		return nil, nil
	}
	l := d.line(r.op.Kind)
	r.desc, r.place = d, inLine
	l.Push(r)
	e.waits++
	return d, l
}

// startRefused is for what epoll refuses: a regular file used without an offset goes to the pool,
// and what is meant for sockets gets its error.
func (e *Engine) startRefused(d *desc, r *request) {
	switch r.op.Kind {
	case engine.Read, engine.Write, engine.Readv, engine.Writev:
		e.lend(r)
		return
	}
	res, ok := e.try(d, d.line(r.op.Kind), r)
	if !ok {
		res = -int32(syscall.EAGAIN) // unheard of
	}
	e.finish(r, res)
}

// run carries out the requests of a line until one finds nothing.
func (e *Engine) run(d *desc, l *line) {
	for l.Head() != nil && l.ready && l.lent == nil {
		res, ok := e.try(d, l, l.Head())
		if !e.tried(l, res, ok) {
			return
		}
	}
}

// tried takes the outcome of a try of a line's head. It reports whether that is over.
func (e *Engine) tried(l *line, res int32, ok bool) bool {
	if !ok {
		l.ready = l.lent != nil
		return false
	}
	e.waits--
	e.finish(l.Pop(), res)
	return true
}

func (e *Engine) startSync(r *request) {
	if r.op.Flags > 1 {
		e.finish(r, -int32(syscall.EINVAL))
		return
	}
	e.lend(r)
}

// startPoll asks poll(2) now and at every event. The registration comes first, so that nothing is
// missed in between.
func (e *Engine) startPoll(r *request) {
	d, errno := e.descriptor(r.op.FD)
	if errno == 0 {
		errno = e.register(d)
	}
	if errno != 0 {
		e.finish(r, -int32(errno))
		return
	}
	if res := r.pollNow(); res != 0 {
		e.finish(r, res)
		return
	}
	r.desc, r.place = d, inPolls
	d.polls.Push(r)
	e.waits++
}

// pollNow is the result of a request of kind Poll, or 0.
func (r *request) pollNow() int32 {
	got, errno := pollOnce(&r.poll, r.op.FD, uint16(r.op.Flags))
	switch {
	case errno != 0:
		return -int32(errno)
	case got&unix.POLLNVAL != 0:
		return -int32(syscall.EBADF)
	}
	return int32(got)
}

func (e *Engine) runPolls(d *desc) {
	for r := d.polls.Head(); r != nil; {
		next := r.Next()
		if res := r.pollNow(); res != 0 {
			d.polls.Remove(r)
			e.waits--
			e.finish(r, res)
		}
		r = next
	}
}

// startClose closes a descriptor. close(2) waits where a socket lingers and where a file system
// writes back, so only the other descriptors are closed here.
func (e *Engine) startClose(r *request) {
	fd := r.op.FD
	d, errno := e.descriptor(fd)
	if errno != 0 {
		e.finish(r, -int32(errno))
		return
	}
	quick := d.pipe || d.socket && !lingers(fd)
	e.forget(fd)
	if quick {
		e.finish(r, result(0, closeFD(fd)))
		return
	}
	e.lend(r)
}

func lingers(fd int32) bool {
	l, err := unix.GetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER)
	return err != nil || l.Onoff != 0 && l.Linger > 0
}

// lend gives a request that is in no line to the pool.
func (e *Engine) lend(r *request) {
	r.place = inPool
	e.pool.Push(r)
}

// lendHead gives the head of a line to the pool. The line waits for it.
func (e *Engine) lendHead(l *line, r *request) {
	l.Remove(r)
	l.lent = r
	e.pool.Push(r)
}

// lookAll takes all events that the kernel has.
func (e *Engine) lookAll() {
	for e.look() {
	}
	e.looked.Done()
}

// look takes a batch of events and carries out what they make possible. more: there may be others.
func (e *Engine) look() (more bool) {
	e.looks.Add(1)
	n, errno := e.wait()
	if errno != 0 {
		if errno != syscall.EINTR {
			e.failed = explained("epoll_wait", errno)
		}
		return false
	}
	e.found += uint64(n)
	for i := range e.events[:n] {
		d := e.event(&e.events[i])
		if d == nil {
			continue
		}
		e.goOn(d, &d.in)
		e.goOn(d, &d.out)
		if d.polls.Head() != nil {
			e.runPolls(d)
		}
	}
	e.runBatch()
	return n == len(e.events)
}

// event takes note of an event, and returns its descriptor if it has one.
func (e *Engine) event(ev *unix.EpollEvent) *desc {
	if ev.Fd == wakeupFD {
		e.wakeup.taken()
		return nil
	}
	d := e.descs[ev.Fd]
	if d == nil || !d.registered || d.gen != ev.Pad {
		return nil // of a descriptor that had the number before
	}
	const end = unix.EPOLLHUP | unix.EPOLLERR
	if ev.Events&(end|unix.EPOLLRDHUP) != 0 {
		d.ended = true
	}
	if ev.Events&unix.EPOLLPRI != 0 {
		d.urgent = true
	}
	if ev.Events&(unix.EPOLLIN|unix.EPOLLPRI|unix.EPOLLRDHUP|end) != 0 {
		d.in.ready = true
	}
	if ev.Events&(unix.EPOLLOUT|end) != 0 {
		d.out.ready = true
	}
	return d
}
