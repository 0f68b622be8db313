// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

func nonblocking(t *testing.T, fd int32) bool {
	t.Helper()
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		t.Fatal(err)
	}
	return flags&unix.O_NONBLOCK != 0
}

func TestGoroutineLeavesWithTheLastRequest(t *testing.T) {
	p := newPort(t)
	a, b := p.Pair()
	one, two := enginetest.Op(engine.Recv, a, make([]byte, 1)), enginetest.Op(engine.Recv, a, make([]byte, 1))
	poll := &engine.Op{Kind: engine.Poll, FD: a, Flags: unix.POLLIN}
	p.Start(one, two, poll)
	if n := p.Stats().Waiting; n != 1 {
		t.Errorf("%d goroutines wait, want one for the direction", n)
	}
	p.CancelAll(one)
	p.WaitFor(one)
	if n := p.Stats().Waiting; n != 1 {
		t.Errorf("%d goroutines wait after a cancel, want one for the others", n)
	}
	p.CancelAll(two, poll)
	p.Wait(2)
	if n := p.Stats().Waiting; n != 0 { // a cancelled request is over when its goroutine has left
		t.Errorf("%d goroutines wait for nobody", n)
	}
	p.Start(one)
	p.Send(b, "x")
	p.WaitFor(one)
	p.Eventually("the goroutine leaves", func() bool { return p.Stats().Waiting == 0 })
}

func TestBlockingModeComesBack(t *testing.T) {
	for _, how := range []string{"close", "forget"} {
		for _, was := range []bool{false, true} {
			p := newPort(t)
			r, _ := p.Pipe()
			if err := unix.SetNonblock(int(r), was); err != nil {
				t.Fatal(err)
			}
			other := p.Dup(r)
			read := enginetest.Stream(engine.Read, r, make([]byte, 1))
			p.Start(read)
			if !nonblocking(t, r) {
				t.Error("a pipe that is waited for is blocking")
			}
			p.CancelAll(read)
			p.WaitFor(read)
			if how == "close" {
				p.CloseFD(r)
			} else {
				p.Forget(r)
			}
			if nonblocking(t, other) != was {
				t.Errorf("after %s the pipe is non-blocking: %v, and was before: %v", how, !was, was)
			}
		}
	}
}

// The copy of the descriptor must not keep a connection open.
func TestCloseClosesTheCopy(t *testing.T) {
	p := newPort(t)
	a, b := p.Pair()
	recv := enginetest.Op(engine.Recv, a, make([]byte, 1))
	p.Start(recv)
	p.CancelAll(recv)
	p.WaitFor(recv)
	p.CloseFD(a)
	p.Holds(b, "")
}

// A listener's address is free when it is closed, not when some goroutine has got round to it.
func TestCloseFreesTheAddress(t *testing.T) {
	p := newPort(t)
	l, _ := p.Listen()
	at, err := unix.Getsockname(int(l))
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		accept := &engine.Op{Kind: engine.Accept, FD: l}
		p.Start(accept)
		p.CancelAll(accept)
		p.WaitFor(accept)
		p.CloseFD(l)
		l = p.Socket()
		if err := unix.Bind(int(l), at); err != nil {
			t.Fatal(err)
		}
		if err := unix.Listen(int(l), 1); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRequestsOfAClosedDescriptorEnd(t *testing.T) {
	p := newPort(t)
	r, _ := p.Pipe()
	fd := p.Dup(r)
	read, poll := enginetest.Stream(engine.Read, fd, make([]byte, 1)), &engine.Op{Kind: engine.Poll, FD: fd, Flags: unix.POLLIN}
	p.Start(read, poll)
	p.Start(&engine.Op{Kind: engine.Close, FD: fd})
	p.Gone(fd)
	for _, c := range p.Wait(3) {
		if want := -int32(syscall.EBADF); c.Op.Kind != engine.Close && c.Res != want {
			t.Errorf("%v ended with %d, want -EBADF", c.Op.Kind, c.Res)
		}
	}
}

// refuse makes the engine believe that the poller has refused fd.
func (p *port) refuse(fd int32) {
	p.Helper()
	d, errno := p.descriptor(fd)
	if errno != 0 {
		p.Fatal(errno)
	}
	d.refused = true
}

func TestThreadsWaitForWhatThePollerRefuses(t *testing.T) {
	for _, mode := range []bool{false, true} {
		p := newPort(t)
		r, w := p.Pipe()
		if err := unix.SetNonblock(int(r), mode); err != nil {
			t.Fatal(err)
		}
		p.refuse(r)
		one, two := enginetest.Stream(engine.Read, r, make([]byte, 1)), enginetest.Stream(engine.Read, r, make([]byte, 1))
		p.Start(one, two)
		p.None()
		for i, op := range []*engine.Op{one, two} { // in this order
			p.Send(w, "ab"[i:i+1])
			p.Is("read", p.WaitFor(op), 1)
			if got := *(*byte)(op.Addr); got != "ab"[i] {
				t.Errorf("read %q", got)
			}
		}
		if nonblocking(t, r) != mode {
			t.Errorf("the mode of the pipe has changed from non-blocking: %v", mode)
		}
		poll := &engine.Op{Kind: engine.Poll, FD: r, Flags: unix.POLLIN}
		p.Is("a poll that nobody can wait for", p.Do(poll), -int32(syscall.EPERM))
	}
}

// set is for fields that are signed on some systems.
func set[T int64 | uint64](field *T, n int32) { *field = T(n) }

// A request that cannot wait because there are no descriptors left says so.
func TestNoDescriptorForTheCopy(t *testing.T) {
	p := newPort(t)
	a, b := p.Pair()
	free := p.Dup(a)
	if err := p.Machine.Close(free); err != nil {
		t.Fatal(err)
	}
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	less := was
	set(&less.Cur, free)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &less); err != nil {
		t.Skip(err)
	}
	recv := enginetest.Op(engine.Recv, a, make([]byte, 1))
	poll := &engine.Op{Kind: engine.Poll, FD: a, Flags: unix.POLLIN}
	p.Start(recv)
	p.Start(poll)
	got := p.Wait(2)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	for _, c := range got {
		if c.Res != -int32(syscall.EMFILE) {
			t.Errorf("%v ended with %d, want -EMFILE", c.Op.Kind, c.Res)
		}
	}
	p.Start(recv)
	p.Send(b, "x")
	p.Is("recv", p.WaitFor(recv), 1)
}
