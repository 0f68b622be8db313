// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestFinisherHearsNothingOfAFailureAtOnce(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	ok(t, c.SkipOnSuccess())
	reset(t, far)
	rc, err := c.SyscallConn()
	ok(t, err)
	ok(t, rc.Control(func(fd uintptr) { unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1) }))
	o := newTold(true)
	if err := c.Recv(o, make([]byte, 1)); err == nil || err == ErrCompleted {
		t.Fatal("a receive on a connection that was reset: ", err)
	}
	if len(o.ends) != 0 || o.InFlight() {
		t.Error("told of the end, or in flight")
	}
	noPacket(t, p)
}
