// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// line is one direction of a descriptor: requests in the order in which they were started, and a
// goroutine that waits for them in Go's poller as long as there are some. desc.mu guards it.
//
// Everybody who holds desc.mu may carry out the head of the line. Who leaves requests behind that
// wait calls attend.
type line struct {
	fifo
	d     *desc
	dir   int
	ready bool     // a try may succeed
	lent  *request // what was the head, while a thread of the pool carries it out
	polls int      // requests of kind Poll that wait for this direction

	active  bool // the goroutine is there
	called  bool // back from the poller, by a deadline in the past
	leaving fifo // cancelled: over when the goroutine has left

	peekFn  func(uintptr) bool // peek and serve, made once
	serveFn func()
}

const (
	reading = iota
	writing
)

func (l *line) init(d *desc, dir int) {
	l.d, l.dir, l.ready = d, dir, true
	l.peekFn, l.serveFn = l.peek, l.serve
}

func (l *line) other() *line {
	if l.dir == reading {
		return &l.d.out
	}
	return &l.d.in
}

// waits reports whether somebody has to wait for this direction.
func (l *line) waits() bool { return l.Head() != nil && l.lent == nil || l.polls > 0 }

// run carries out the requests of the line. Whoever comes from the poller goes on until one finds
// nothing: only then the poller's next event is sure to be a new one. Others stop when there is
// reason to believe that.
func (l *line) run(fromPoller bool) {
	if fromPoller {
		l.ready = true
	}
	for l.Head() != nil && l.lent == nil && (l.ready || fromPoller) {
		r := l.Head()
		res, ok := l.try(r)
		if !ok {
			l.ready = l.lent != nil
			return
		}
		l.Remove(r)
		r.end(res)
	}
}

// attend sees to it that a goroutine is there if, and only if, somebody waits.
func (l *line) attend() {
	switch waits := l.waits(); {
	case waits && !l.active:
		if errno := l.d.register(); errno != 0 || l.d.refused {
			l.abandon(errno)
			return
		}
		l.active = true
		l.d.users++
		l.d.e.waiting.Add(1)
		go l.serveFn()
	case !waits && l.active && !l.called:
		l.called = true
		l.setDeadline(past)
	}
}

// abandon is for what cannot wait in the poller. With errno 0 that has refused the descriptor: a
// thread of the pool carries out what is to be read or written.
func (l *line) abandon(errno syscall.Errno) {
	for l.Head() != nil && l.lent == nil {
		r := l.Head()
		if errno == 0 && r.isStream() {
			l.lendHead(r)
			break
		}
		l.Remove(r)
		r.end(r.partial(or(errno, syscall.EPERM)))
	}
	for r := l.d.polls.Head(); r != nil && l.polls > 0; {
		next := r.Next()
		if wants(r.op.Flags, l.dir) {
			l.d.dropPoll(r)
			r.end(-int32(or(errno, syscall.EPERM)))
		}
		r = next
	}
}

func or(errno, other syscall.Errno) syscall.Errno {
	if errno != 0 {
		return errno
	}
	return other
}

// lendHead gives the head of the line to the pool. The line waits for it.
func (l *line) lendHead(r *request) {
	l.Remove(r)
	l.lent = r
	l.d.e.pool.Push(r)
}

// serve is the goroutine.
func (l *line) serve() {
	for {
		err := l.wait()
		if l.leave(err) {
			return
		}
	}
}

func (l *line) wait() error {
	if l.dir == writing {
		return l.d.conn.Write(l.peekFn)
	}
	return l.d.conn.Read(l.peekFn)
}

// peek carries out what has become possible, and reports false if somebody has to wait for more.
// The poller calls it once before it waits and after every event. It forgets earlier events when
// it is entered, so the first call must not rely on ready.
func (l *line) peek(uintptr) bool {
	d := l.d
	d.mu.Lock()
	if !d.gone {
		l.run(true)
		d.runPolls()
		l.other().attend()
	}
	done := d.gone || !l.waits()
	d.mu.Unlock()
	d.e.alert()
	return done
}

// leave ends the goroutine unless somebody has come meanwhile.
//
// The runtime ignores a deadline that is taken back before the goroutine it woke has run: that is
// why only this goroutine takes it back.
func (l *line) leave(err error) bool {
	d := l.d
	d.mu.Lock()
	if l.called {
		l.called = false
		l.setDeadline(time.Time{})
	}
	if l.waits() && err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		l.abandon(syscall.EIO) // the poller's own error: it will never tell of this descriptor
		l.other().attend()
	}
	done := !l.waits()
	if done {
		l.active = false
		d.users--
		d.e.waiting.Add(-1)
	}
	for l.leaving.Head() != nil {
		r := l.leaving.Pop()
		r.end(r.partial(syscall.ECANCELED))
	}
	d.mu.Unlock()
	d.e.alert()
	return done
}

// cancelled ends a request that has left the line, or the polls. If nobody waits any more the
// goroutine goes first, so that the descriptor can be closed as soon as the completion is seen.
func (l *line) cancelled(r *request) {
	r.place = nowhere
	if !l.active || l.waits() {
		r.end(r.partial(syscall.ECANCELED))
		return
	}
	l.leaving.Push(r)
	l.attend()
}

var past = time.Unix(1, 0)

// setDeadline cannot fail: register tried it.
func (l *line) setDeadline(t time.Time) {
	if l.dir == writing {
		l.d.file.SetWriteDeadline(t)
	} else {
		l.d.file.SetReadDeadline(t)
	}
}
