// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nap

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/netpoll"
)

// Timer is a timerfd(2) that the runtime's poller waits for.
type Timer struct {
	file *os.File
	conn syscall.RawConn

	// Made once: to make them for each Sleep would allocate.
	arm  func(fd uintptr)
	over func(fd uintptr) bool

	once  unix.ItimerSpec // for arm
	armed bool
	count [8]byte // of expirations since the timer was set
}

// New returns a timer, or nil where there is none: another system, a filter for system calls that does not know
// timers, a process without a descriptor left. It does not block. Close gives its descriptor back.
func New() *Timer {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil
	}
	t := new(Timer)
	t.arm = func(fd uintptr) { t.armed = unix.TimerfdSettime(int(fd), 0, &t.once, nil) == nil }
	t.over = func(fd uintptr) bool {
		_, err := unix.Read(int(fd), t.count[:])
		return err != unix.EAGAIN
	}
	if t.file, t.conn, err = netpoll.Open(fd, "timerfd"); err != nil {
		t.file.Close()
		return nil
	}
	return t
}

// Sleep sleeps for d, which is positive, and reports whether it has: not on a closed timer, and no longer once it is
// closed. One goroutine at a time. It does not allocate.
//
// While other goroutines run the poller is not asked, and the deadline, which is a timer of the runtime's, may come
// first.
func (t *Timer) Sleep(d time.Duration) bool {
	if t.file.SetReadDeadline(time.Now().Add(d)) != nil {
		return false
	}
	t.once.Value = unix.NsecToTimespec(int64(d))
	if t.conn.Control(t.arm) != nil || !t.armed {
		return false
	}
	err := t.conn.Read(t.over)
	return err == nil || errors.Is(err, os.ErrDeadlineExceeded)
}

// Close ends a Sleep, too.
func (t *Timer) Close() { t.file.Close() }
