// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// wakeupFD is Fd in the events of what wakes a watcher.
const wakeupFD = -1

// wakeup wakes a watcher for completions that no event of the kernel stands for: those of the
// pool, and those that another goroutine's Enter has brought. It is an eventfd, or a pipe where
// there is none.
type wakeup struct {
	in, out  int
	buf      [8]byte     // guarded by Engine.drive
	signaled atomic.Bool // written to, and nobody has taken the event
	isOpen   bool
}

func (w *wakeup) open(k *kernel) error {
	fd, errno := k.eventfd()
	if errno == 0 {
		w.in, w.out, w.isOpen = fd, fd, true
		return nil
	}
	if errno == syscall.EMFILE || errno == syscall.ENFILE {
		return explained("eventfd2", errno)
	}
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return explained("pipe2", err.(syscall.Errno))
	}
	w.in, w.out, w.isOpen = p[0], p[1], true
	return nil
}

var one = [8]byte{1, 0, 0, 0, 0, 0, 0, 1} // as an eventfd's number not 0 in either byte order

// signal is called once per event: neither the counter nor the pipe can fill up.
func (w *wakeup) signal() { rawWrite(w.out, &one) }

// taken takes the event back. drive is held. signaled is cleared before anybody looks whether
// there is something to reap, so that what comes later is signaled again.
func (w *wakeup) taken() {
	rawRead(w.in, &w.buf)
	w.signaled.Store(false)
}

func (w *wakeup) close() error {
	if !w.isOpen {
		return nil
	}
	err := syscall.Close(w.in)
	if w.out != w.in {
		syscall.Close(w.out)
	}
	return err
}

// alert wakes the watcher if there is something to reap. Whoever has made completions visible, or
// has taken the wake-up's event and is not the watcher, calls it: so a parked watcher sees that
// event, or there is nothing for it.
func (e *Engine) alert() {
	if e.parked.Load() && e.over.Len() > 0 && !e.wakeup.signaled.Swap(true) {
		e.wakeup.signal()
	}
}

// Watch parks the goroutine in Go's network poller until there is something to reap or Wake was
// called, and carries out what the events make possible. It may return for nothing.
//
// The poller is edge-triggered on the epoll descriptor, and every event within is an edge
// (ep_poll_callback in fs/eventpoll.c wakes the outer one unconditionally). An edge between the
// look and the parking is kept by the poller. An edge that somebody else's Enter makes void is no
// loss: what it stood for has been carried out, and alert tells of the completions.
func (e *Engine) Watch() {
	e.watches.Add(1)
	e.parked.Store(true)
	e.conn.Read(e.peekFn) // the only error is the deadline of Wake
	e.parked.Store(false)
	e.guard.Leave()
}

// peek looks for events and reports whether there is something to reap.
func (e *Engine) peek(uintptr) bool {
	if e.over.Len() > 0 {
		return true
	}
	e.drive.Lock()
	e.lookAll()
	e.show()
	failed := e.failed != nil
	e.drive.Unlock()
	return failed || e.over.Len() > 0
}

var past = time.Unix(1, 0)

// Wake ends the current or the next Watch. It is a deadline in the past and costs no system call.
//
// The runtime ignores a deadline that is taken back before the goroutine it woke has run.
// Therefore only the goroutine that called Watch calls Rearm, and nobody watches in between.
func (e *Engine) Wake() { e.setDeadline(past) }

// Rearm takes the deadline of Wake back.
func (e *Engine) Rearm() { e.setDeadline(time.Time{}) }

// setDeadline cannot fail: New tried it, and only Close makes it fail later.
func (e *Engine) setDeadline(t time.Time) {
	if err := e.file.SetReadDeadline(t); err != nil {
		panic(fmt.Sprintf("epoll: Wake or Rearm after Close: %v", err))
	}
}
