// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// startPoll asks poll(2) now, and after every event of the directions that the request is about.
func (e *Engine) startPoll(r *request) {
	d, errno := e.descriptor(r.op.FD)
	if errno != 0 {
		e.finish(r, -int32(errno))
		return
	}
	r.desc = d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone {
		r.end(-int32(syscall.EBADF))
		return
	}
	if res := r.pollNow(); res != 0 {
		r.end(res)
		return
	}
	r.place = inPolls
	d.polls.Push(r)
	for _, l := range [...]*line{&d.in, &d.out} {
		if wants(r.op.Flags, l.dir) {
			l.polls++
		}
	}
	d.in.attend()
	d.out.attend()
}

// wants reports whether events are those of a direction. Go's poller tells of an end or an error
// in both; what it does not know (POLLPRI) is looked for whenever something can be read.
func wants(events uint32, dir int) bool {
	out := events&unix.POLLOUT != 0
	if dir == writing {
		return out
	}
	return !out || events&unix.POLLIN != 0
}

// pollNow is the result of a request of kind Poll, or 0.
func (r *request) pollNow() int32 {
	got, errno := r.pollOnce(int16(r.op.Flags))
	switch {
	case errno != 0:
		return -int32(errno)
	case got&unix.POLLNVAL != 0:
		return -int32(syscall.EBADF)
	}
	return int32(uint16(got))
}

// pollOnce is poll(2) without waiting, on the request's descriptor.
func (r *request) pollOnce(events int16) (int16, syscall.Errno) {
	r.poll[0] = unix.PollFd{Fd: r.op.FD, Events: events}
	if errno := pollNow(&r.poll); errno != 0 && errno != syscall.EINTR {
		return 0, errno
	}
	return r.poll[0].Revents, 0
}

// runPolls ends the requests of kind Poll whose events are there. mu is held, and attend must
// follow.
func (d *desc) runPolls() {
	for r := d.polls.Head(); r != nil; {
		next := r.Next()
		if res := r.pollNow(); res != 0 {
			d.dropPoll(r)
			r.end(res)
		}
		r = next
	}
}

// dropPoll takes a request out of the polls. mu is held, and attend must follow.
func (d *desc) dropPoll(r *request) {
	d.polls.Remove(r)
	for _, l := range [...]*line{&d.in, &d.out} {
		if wants(r.op.Flags, l.dir) {
			l.polls--
		}
	}
}
