// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package differential

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Flags of a receive, recv(2).
const (
	msgPeek    = unix.MSG_PEEK
	msgWaitAll = unix.MSG_WAITALL
)

// arrive waits until all that was sent here can be received: only then is it certain how much a
// receive gets.
func (e *end) arrive() {
	if e.available() > 0 && !e.fin && !e.reset {
		e.until("what was sent arrives", func(fd int) bool {
			n, err := unix.IoctlGetInt(fd, fionread)
			return err != nil || n >= e.available()
		})
	}
}

// hungUp waits until the system of this end knows what the peer has done.
func (e *end) hungUp() {
	if e.closed {
		return
	}
	e.until("the end of the peer is noticed", func(fd int) bool {
		fds := []unix.PollFd{{Fd: int32(fd), Events: pollRDHup}}
		n, err := unix.Poll(fds, 0)
		return err != nil && err != unix.EINTR || n > 0
	})
}

// until waits for something to be true of the descriptor.
func (e *end) until(what string, ok func(fd int) bool) {
	rc, err := e.t.SyscallConn()
	if err != nil {
		return
	}
	for start := time.Now(); ; runtime.Gosched() {
		done := false
		if err := rc.Control(func(fd uintptr) { done = ok(int(fd)) }); err != nil || done {
			return
		}
		if time.Since(start) > e.r.Limit {
			e.r.broken("still not after %v: %s", e.r.Limit, what)
		}
	}
}
