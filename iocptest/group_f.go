// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"syscall"
	"weak"

	"iocp"
)

// groupF: what every operation has in common.
var groupF = []rule{
	{id: "F01", run: pendingGivesOnePacket},
	{id: "F02", run: immediateSuccessGivesPacket},
	{id: "F03", run: immediateFailureGivesNone},
	{id: "F04", run: datagramTooLong},
	{id: "F05", run: incompleteWhilePending},
	{id: "F06", run: resultAfterCompletion},
	{id: "F15", run: cannot("package iocp has no synchronous operations: Recv and Send without an operation are those of package net")},
	{id: "F16", part: "same-handle", run: func(s *scene) { secondStartPanics(s, false) }},
	{id: "F16", part: "other-handle", run: func(s *scene) { secondStartPanics(s, true) }},
	{id: "F16", part: "packet-queued", run: startBeforeDequeuePanics},
	{id: "F19", part: "connection", run: duplicateConnNotifies},
	{id: "F19", part: "listener", run: duplicateListenerNotifies},
	{id: "F19", part: "file", run: duplicateFileNotifies},
	{id: "F20", part: "goroutine", run: issuerEnds},
	{id: "F20", part: "thread", run: issuingThreadEnds},
	{id: "F22", part: "kept", run: memoryIsKept},
	{id: "F22", part: "released", run: memoryIsReleased},
	{id: "F24", run: resultDoesNotConsume},
}

// F01: what completes later gives one packet.
func pendingGivesOnePacket(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.none(p)
	s.check(o.InFlight(), "a receive without data is not in flight")
	s.write(far, "abc")
	s.expect(p, &o, 1, 3, nil)
	s.check(!o.InFlight(), "the operation is in flight after its packet was taken")
	s.none(p)
}

// F02: what completes at once gives one packet as well.
func immediateSuccessGivesPacket(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	s.write(far, "hello")
	var r1, r2, w op
	s.must(c.Send(&w, []byte("abc")), "Send")
	s.expect(p, &w, 1, 3, nil)
	s.must(c.Recv(&r1, make([]byte, 3)), "Recv")
	s.expect(p, &r1, 1, 3, nil)
	s.must(c.Recv(&r2, make([]byte, 3)), "Recv")
	s.expect(p, &r2, 1, 2, nil)
	s.none(p)
}

// F03: what fails at once gives none, and the operation is free again.
func immediateFailureGivesNone(s *scene) {
	p := s.port(1)
	u := s.unconnected()
	s.associate(p, u, 1)
	name := s.path("abc")
	r, w := s.open(name, os.O_RDONLY), s.open(name, os.O_WRONLY)
	s.associate(p, r, 2)
	s.associate(p, w, 3)
	buf := make([]byte, 3)
	var o op
	s.refused(u.Recv(&o, buf), &o, syscall.ENOTCONN)
	s.refused(w.Read(&o, buf, 0), &o, syscall.EACCES)
	s.refused(r.Write(&o, buf, 0), &o, syscall.EACCES)
	s.refused(r.Read(&o, buf, -1), &o, syscall.EINVAL, iocp.ErrInvalidParameter)
	s.none(p)
	s.must(r.Read(&o, buf, 0), "Read with the operation that failed before")
	s.expect(p, &o, 2, 3, nil)
	s.none(p)
}

// F05: an operation in flight has no result.
func incompleteWhilePending(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	for range 100 {
		n, err := o.Result()
		s.check(n == 0 && incomplete(&o), "the result of a pending operation is %d, %v; want 0, ErrIncomplete", n, err)
		s.check(o.InFlight(), "a pending operation is not in flight")
	}
	s.write(far, "abc")
	s.expect(p, &o, 1, 3, nil)
}

// F06: afterwards it is what the packet says, until the next start.
func resultAfterCompletion(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "abc")
	var o op
	for _, off := range []int64{0, 1, 2, 3} {
		s.must(f.Read(&o, make([]byte, 8), off), "Read")
		c := s.next(p)
		n, err := o.Result()
		s.check(n == c.Bytes && err == c.Err, "the result is %d, %v and the packet says %d, %v", n, err, c.Bytes, c.Err)
		s.check(n == 3-off, "read at %d gives %d bytes", off, n)
	}
}

// panics returns the text that f panics with.
func (s *scene) panics(f func()) string {
	s.t.Helper()
	var v any
	func() {
		defer func() { v = recover() }()
		f()
	}()
	s.check(v != nil, "starting an operation that is in flight does not panic")
	switch v := v.(type) {
	case string:
		return v
	case error:
		return v.Error()
	}
	s.fail("the panic has the value %v, want a text", v)
	return ""
}

// F16: a second start of an operation in flight panics and says why; the first goes on.
func secondStartPanics(s *scene, other bool) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	again := c
	if other {
		again, _ = s.conn(p, 2)
	}
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	text := s.panics(func() { again.Recv(&o, make([]byte, 8)) })
	s.check(strings.Contains(text, "in flight") && strings.Contains(text, "iocp"), "the panic does not say what is wrong: %q", text)
	s.write(far, "abc")
	s.expect(p, &o, 1, 3, nil)
	s.none(p)
	s.must(again.Recv(&o, make([]byte, 8)), "Recv after the packet was taken")
	s.must(o.Cancel(), "Cancel")
	s.expect(p, &o, again.Key(), 0, iocp.ErrCanceled)
}

// F16: an operation is in flight until its packet has been taken.
func startBeforeDequeuePanics(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "abc")
	var o op
	s.must(f.Read(&o, make([]byte, 3), 0), "Read")
	s.settled(&o)
	s.panics(func() { f.Read(&o, make([]byte, 3), 0) })
	s.expect(p, &o, 1, 3, nil)
	s.must(f.Read(&o, make([]byte, 2), 0), "Read after the packet was taken")
	s.expect(p, &o, 1, 2, nil)
	s.none(p)
}

// F19: operations on a duplicate notify the same port with the same key.
func duplicateConnNotifies(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, "key")
	d, err := c.Duplicate()
	s.must(err, "duplicating")
	s.later(func() { d.Close() })
	var o op
	s.must(d.Recv(&o, make([]byte, 8)), "Recv on the duplicate")
	s.write(far, "abc")
	s.expect(p, &o, "key", 3, nil)
}

// F19: a listener.
func duplicateListenerNotifies(s *scene) {
	p := s.port(1)
	l, addr := s.listener()
	s.associate(p, l, "key")
	d, err := l.Duplicate()
	s.must(err, "duplicating")
	s.later(func() { d.Close() })
	var o op
	s.must(d.Accept(&o, s.unconnected()), "Accept on the duplicate")
	s.dial(addr)
	s.expect(p, &o, "key", 0, nil)
}

// F19: a file, duplicated before it is associated.
func duplicateFileNotifies(s *scene) {
	p := s.port(1)
	f := s.open(s.path("abc"), os.O_RDWR)
	d, err := f.Duplicate()
	s.must(err, "duplicating")
	s.later(func() { d.Close() })
	s.associate(p, f, "key")
	var o op
	s.must(d.Read(&o, make([]byte, 8), 0), "Read on the duplicate")
	s.expect(p, &o, "key", 3, nil)
}

// F20: operations belong to the file: they go on when the goroutine that started them ends.
func issuerEnds(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	done := make(chan error, 1)
	go func() { done <- c.Recv(&o, make([]byte, 8)) }()
	s.must(<-done, "Recv on another goroutine")
	s.none(p)
	s.write(far, "abc")
	s.expect(p, &o, 1, 3, nil)
}

// F20: they also go on when it takes its thread along.
func issuingThreadEnds(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	tid, err := onDyingThread(func() error { return c.Recv(&o, make([]byte, 8)) })
	if errors.Is(err, errors.ErrUnsupported) {
		s.skip("a program cannot tell the threads of this system apart: %v", err)
	}
	s.must(err, "Recv on a thread that ends")
	s.until(func() bool { return !threadAlive(tid) }, "the thread that started the operation has ended")
	s.none(p)
	s.write(far, "abc")
	s.expect(p, &o, 1, 3, nil)
}

// onDyingThread runs f on a thread that ends afterwards: a goroutine that ends without
// unlocking takes its thread along, except the first thread of the process. That one is held
// while another goroutine tries.
func onDyingThread(f func() error) (tid int, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if tid, err = threadID(); err != nil {
			return
		}
		if !isFirstThread(tid) {
			err = f()
			return
		}
		tid, err = onDyingThread(f)
		runtime.UnlockOSThread()
	}()
	<-done
	return tid, err
}

// forgotten starts a receive that only the port knows of.
func (s *scene) forgotten(c *iocp.TCPConn) (weak.Pointer[op], weak.Pointer[byte]) {
	o := new(op)
	buf := make([]byte, 4096)
	s.must(c.Recv(o, buf), "Recv")
	return weak.Make(o), weak.Make(&buf[0])
}

// collect runs the garbage collector often enough to free what is free.
func collect() {
	for range 3 {
		runtime.GC()
	}
}

// F22: the port keeps operation and buffer alive while the operation is in flight.
func memoryIsKept(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	o, buf := s.forgotten(c)
	collect()
	first := buf.Value()
	s.check(first != nil, "the buffer was collected in flight")
	s.check(o.Value() != nil, "the operation was collected in flight")
	s.write(far, "abc")
	s.expect(p, o.Value(), 1, 3, nil)
	s.check(*first == 'a', "the buffer holds %q", *first)
}

// F22: and not much longer than until its packet is taken.
func memoryIsReleased(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	o, buf := s.forgotten(c)
	s.write(far, "abc")
	s.check(s.next(p).Bytes == 3, "the packet has not 3 bytes")
	s.until(func() bool {
		collect()
		return o.Value() == nil && buf.Value() == nil
	}, "operation and buffer are collected now that their packet was taken")
}

// F24: the result can be read before the packet is taken, which stays.
func resultDoesNotConsume(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.write(far, "abc")
	s.settled(&o)
	n, err := o.Result()
	s.check(n == 3 && err == nil, "the result is %d, %v; want 3, nil", n, err)
	s.check(p.Len() == 1, "%d packets are queued, want 1", p.Len())
	s.expect(p, &o, 1, 3, nil)
	n, err = o.Result()
	s.check(n == 3 && err == nil, "the result is %d, %v after the packet was taken; want 3, nil", n, err)
}
