// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"syscall"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// edge is EPOLLET, whose constant is negative on some architectures.
const edge = 1 << 31

// interest is what every descriptor is registered for. EPOLLPRI shows urgent data, behind which a
// receive stops.
const interest = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLPRI | edge

// desc is what is known of a descriptor. It is guarded by drive.
type desc struct {
	fd  int32
	gen int32 // goes into the events, so that one of an earlier descriptor is told apart

	known      bool // it was open when it was looked at
	registered bool // with epoll
	refused    bool // by epoll: a regular file, a directory, a disk
	socket     bool
	tcp        bool // a stream of package tcp: a short receive has emptied it
	stream     bool // a send may be partial
	pipe       bool
	direct     bool // O_DIRECT: RWF_NOWAIT waits for the device all the same
	ended      bool // EPOLLHUP, EPOLLRDHUP or EPOLLERR came: no further edge announces the end
	urgent     bool // EPOLLPRI came
	noWait     [2]bool

	in, out line
	polls   fifo
}

// line is one direction: requests in the order in which they were started.
type line struct {
	fifo
	ready   bool     // a try may succeed
	batched bool     // a try is in the batch
	lent    *request // what was the head, while a thread of the pool carries it out
}

const (
	reading = iota
	writing
)

func directionOf(k engine.Kind) int {
	switch k {
	case engine.Write, engine.Writev, engine.Send, engine.SendMsg, engine.Connect:
		return writing
	}
	return reading
}

func (d *desc) line(k engine.Kind) *line {
	if directionOf(k) == writing {
		return &d.out
	}
	return &d.in
}

// descriptor returns what is known of fd, after a look at it if that is nothing.
func (e *Engine) descriptor(fd int32) (*desc, syscall.Errno) {
	if fd < 0 {
		return nil, syscall.EBADF
	}
	if int(fd) < len(e.descs) {
		if d := e.descs[fd]; d != nil && d.known {
			return d, 0
		}
	}
	flags, errno := getFlags(fd)
	if errno != 0 {
		return nil, errno // before the table grows to a number that nobody has
	}
	for int(fd) >= len(e.descs) {
		e.descs = append(e.descs, nil)
	}
	if e.descs[fd] == nil {
		e.descs[fd] = &desc{fd: fd}
	}
	d := e.descs[fd]
	d.known, d.direct = true, flags&unix.O_DIRECT != 0
	return d, 0
}

// register adds d to the epoll instance. A descriptor that was closed behind the engine's back,
// while a copy keeps it open, may be there already.
func (e *Engine) register(d *desc) syscall.Errno {
	if d.registered || d.refused {
		return 0
	}
	errno := e.control(unix.EPOLL_CTL_ADD, d)
	if errno == syscall.EEXIST {
		errno = e.control(unix.EPOLL_CTL_MOD, d)
	}
	switch errno {
	case 0:
		d.registered = true
		d.in.ready, d.out.ready = true, true // nobody knows yet
		d.classify()
	case syscall.EPERM: // it cannot be polled: epoll_ctl(2)
		d.refused = true
		errno = 0
	}
	return errno
}

func (d *desc) classify() {
	typ, err := unix.GetsockoptInt(int(d.fd), unix.SOL_SOCKET, unix.SO_TYPE)
	if d.socket = err == nil; !d.socket {
		var st unix.Stat_t
		d.pipe = unix.Fstat(int(d.fd), &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO
		return
	}
	d.stream = typ == unix.SOCK_STREAM || typ == unix.SOCK_SEQPACKET
	if typ == unix.SOCK_STREAM {
		domain, _ := unix.GetsockoptInt(int(d.fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
		d.tcp = domain == unix.AF_INET || domain == unix.AF_INET6
	}
}

// Forget: see engine.Engine.
func (e *Engine) Forget(fd int32) {
	e.drive.Lock()
	if !e.closed {
		e.forget(fd)
	}
	e.show()
	e.drive.Unlock()
	e.alert()
}

// forget ends the registration of a descriptor that is about to be closed. A copy of it would
// keep it, and its events, alive. Requests that wait for it nonetheless end with -EBADF.
func (e *Engine) forget(fd int32) {
	if fd < 0 || int(fd) >= len(e.descs) || e.descs[fd] == nil || !e.descs[fd].known {
		return
	}
	d := e.descs[fd]
	if d.registered {
		e.control(unix.EPOLL_CTL_DEL, d)
	}
	for _, f := range []*fifo{&d.in.fifo, &d.out.fifo, &d.polls} {
		for f.Head() != nil {
			r := f.Pop()
			e.waits--
			e.finish(r, partial(r, syscall.EBADF))
		}
	}
	*d = desc{fd: fd, gen: d.gen + 1}
}
