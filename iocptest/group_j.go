// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"io/fs"
	"net"
	"runtime"
	"slices"
	"weak"

	"iocp"
)

// groupJ: cancelling and closing.
var groupJ = []rule{
	{id: "J03", run: cancelOne},
	{id: "J04", run: cancelAll},
	{id: "J05", run: cancelNothing},
	{id: "J06", run: cancelTooLate},
	{id: "J07", part: "cancel", run: func(s *scene) { canceledOnce(s, true) }},
	{id: "J07", part: "close", run: func(s *scene) { canceledOnce(s, false) }},
	{id: "J08", run: cancelDoesNotWait},
	{id: "J09", run: cancelOnClosedHandle},
	{id: "J10", part: "connection", run: closeGivesPackets},
	{id: "J10", part: "file", run: closeFileGivesPackets},
	{id: "J11", run: closeOfDuplicate},
	{id: "J12", run: packetOutlivesFile},
	{id: "J13", part: "pending", run: operationOutlivesPort},
	{id: "J13", part: "new", run: operationAfterPort},
	{id: "J14", part: "dropped", run: closeDropsPackets},
	{id: "J14", part: "released", run: closeReleasesPackets},
}

// J03: one operation is cancelled, from any goroutine; the others stay.
func cancelOne(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	ops := make([]op, 4)
	for i := range ops {
		s.must(c.Recv(&ops[i], make([]byte, 2)), "Recv")
	}
	s.must(c.Cancel(&ops[1]), "Cancel")
	s.expect(p, &ops[1], 1, 0, iocp.ErrCanceled)
	err := make(chan error)
	go func() { err <- ops[2].Cancel() }()
	s.must(<-err, "Cancel on another goroutine")
	s.expect(p, &ops[2], 1, 0, iocp.ErrCanceled)
	s.none(p)
	s.write(far, "aabb")
	for range 2 {
		k := s.next(p)
		s.check(k.Op == &ops[0] || k.Op == &ops[3], "unexpected packet %v", k)
		s.same(k, k.Op, 1, 2, nil)
	}
	s.none(p)
}

// J04: all operations of a handle are cancelled, and those of others not.
func cancelAll(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	other := s.pending(p, 2)
	ops := make([]op, 3)
	s.must(c.Recv(&ops[0], make([]byte, 8)), "Recv")
	s.must(c.Recv(&ops[1], make([]byte, 8)), "Recv")
	s.must(c.Readable(&ops[2]), "Readable")
	s.must(c.CancelAll(), "CancelAll")
	s.eachOnce(p, ops, 1, iocp.ErrCanceled)
	other.complete(s)
	s.expect(p, other, 2, 1, nil)
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv after CancelAll")
	s.write(far, "abc")
	s.expect(p, &o, 1, 3, nil)
}

// notFound checks that there was nothing to cancel.
func (s *scene) notFound(err error, what string) {
	s.t.Helper()
	s.check(errors.Is(err, iocp.ErrNotFound), "%s: %v, want ErrNotFound", what, err)
}

// J05: what is not in flight is not found: never started, over, or another handle's.
func cancelNothing(s *scene) {
	p := s.port(1)
	c, _ := s.conn(p, 1)
	f := s.file(p, 2, "abc")
	var o op
	s.notFound(o.Cancel(), "Cancel of an operation that was never started")
	s.notFound(c.Cancel(&o), "Cancel of an operation that was never started")
	s.notFound(c.CancelAll(), "CancelAll with nothing in flight")
	s.must(f.Read(&o, make([]byte, 3), 0), "Read")
	s.expect(p, &o, 2, 3, nil)
	s.notFound(o.Cancel(), "Cancel of an operation that is over")
	s.notFound(f.Cancel(&o), "Cancel of an operation that is over")
	s.notFound(f.CancelAll(), "CancelAll with nothing in flight")
	other := s.pending(p, 3)
	s.notFound(c.Cancel(other), "Cancel of another handle's operation")
	s.none(p)
	other.complete(s)
	s.expect(p, other, 3, 1, nil)
}

// J06: nor is what is over though its packet is queued.
func cancelTooLate(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.write(far, "abc")
	s.settled(&o)
	s.notFound(o.Cancel(), "Cancel of an operation whose packet is queued")
	s.notFound(c.Cancel(&o), "Cancel of an operation whose packet is queued")
	s.notFound(c.CancelAll(), "CancelAll when everything is over")
	s.expect(p, &o, 1, 3, nil)
}

// J07: whatever comes first, the end or the cancel (or the close), there is one packet, and
// the bytes it reports are gone from the stream.
func canceledOnce(s *scene, cancel bool) {
	for i := range 100 {
		p := s.port(1)
		c, far := s.conn(p, i)
		var o op
		s.must(c.Recv(&o, make([]byte, 1)), "Recv")
		w := s.worker("peer")
		w.do(func() { far.Write([]byte("x")) })
		for range i % 10 {
			runtime.Gosched()
		}
		ends := []error{iocp.ErrCanceled}
		if cancel {
			if err := o.Cancel(); err != nil {
				s.notFound(err, "Cancel")
				ends = nil
			}
		} else {
			ends = []error{net.ErrClosed}
			s.must(c.Close(), "Close")
		}
		k := s.next(p)
		s.check(k.Op == &o && k.Key == i, "unexpected packet %v", k)
		canceled := slices.ContainsFunc(ends, func(e error) bool { return errors.Is(k.Err, e) })
		s.check(canceled && k.Bytes == 0 || k.Err == nil && k.Bytes == 1, "the packet says %d, %v", k.Bytes, k.Err)
		if i%10 == 0 {
			s.none(p)
		}
		w.dismiss()
		s.must(p.Close(), "closing the port")
		c.Close()
		far.Close()
	}
}

// J08: Cancel does not wait for the end of the operation: it returns although nobody
// takes packets.
func cancelDoesNotWait(s *scene) {
	p := s.port(1)
	c, _ := s.narrow(p, 1)
	var r, w op
	s.must(c.Recv(&r, make([]byte, 8)), "Recv")
	s.must(c.Send(&w, pattern(large)), "Send")
	s.must(r.Cancel(), "Cancel of a receive")
	s.must(w.Cancel(), "Cancel of a send")
	for range 2 {
		k := s.next(p)
		s.check(k.Op == &r || k.Op == &w, "unexpected packet %v", k)
		s.same(k, k.Op, 1, k.Bytes, iocp.ErrCanceled)
	}
	s.none(p)
}

// J09: a closed handle has nothing to cancel, and says that it is closed.
func cancelOnClosedHandle(s *scene) {
	p := s.port(1)
	c, _ := s.conn(p, 1)
	f := s.file(p, 2, "")
	s.must(c.Close(), "closing a connection")
	s.must(f.Close(), "closing a file")
	var o op
	for _, err := range []error{c.Cancel(&o), c.CancelAll(), f.Cancel(&o), f.CancelAll()} {
		s.check(errors.Is(err, iocp.ErrInvalidHandle), "Cancel on a closed handle: %v, want ErrInvalidHandle", err)
	}
}

// J10: closing a file with operations in flight gives one packet for each, with operation and key.
func closeGivesPackets(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, "conn")
	l, _ := s.listening(p, "listener")
	recvs, accepts := make([]op, 4), make([]op, 2)
	for i := range recvs {
		s.must(c.Recv(&recvs[i], make([]byte, 8)), "Recv")
	}
	for i := range accepts {
		s.must(l.Accept(&accepts[i], s.unconnected()), "Accept")
	}
	s.must(c.Close(), "closing the connection")
	s.eachOnce(p, recvs, "conn", net.ErrClosed)
	n, err := far.Read(make([]byte, 1))
	s.check(n == 0 && err != nil, "the other end of the closed connection reads %d, %v", n, err)
	s.must(l.Close(), "closing the listener")
	s.eachOnce(p, accepts, "listener", net.ErrClosed)
	for i := range recvs {
		n, err := recvs[i].Result()
		s.check(n == 0 && errors.Is(err, net.ErrClosed), "the result is %d, %v; want 0, net.ErrClosed", n, err)
	}
}

// J10: operations on files are usually over by then: each gives its own result or os.ErrClosed.
func closeFileGivesPackets(s *scene) {
	p := s.port(1)
	f := s.file(p, "file", "abc")
	left := map[iocp.Op]bool{}
	for range 20 {
		o := new(op)
		left[o] = true
		s.must(f.Read(o, make([]byte, 3), 0), "Read")
	}
	s.must(f.Close(), "closing the file")
	for len(left) > 0 {
		k := s.next(p)
		s.check(left[k.Op] && k.Key == "file", "unexpected packet %v", k)
		s.check(k.Bytes == 3 && k.Err == nil || k.Bytes == 0 && errors.Is(k.Err, fs.ErrClosed), "the packet says %d, %v", k.Bytes, k.Err)
		delete(left, k.Op)
	}
	s.none(p)
}

// J11: closing one of two handles of a file does nothing to its operations; the last Close
// ends them.
func closeOfDuplicate(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	d, err := c.Duplicate()
	s.must(err, "Duplicate")
	s.later(func() { d.Close() })
	var o1, o2, o3 op
	s.must(c.Recv(&o1, make([]byte, 8)), "Recv")
	s.must(c.Close(), "closing the original")
	s.none(p)
	s.write(far, "ab")
	s.expect(p, &o1, 1, 2, nil)
	s.must(d.Recv(&o2, make([]byte, 8)), "Recv on the duplicate")
	s.write(far, "cde")
	s.expect(p, &o2, 1, 3, nil)
	s.must(d.Recv(&o3, make([]byte, 8)), "Recv on the duplicate")
	s.must(d.Close(), "closing the last handle")
	s.expect(p, &o3, 1, 0, net.ErrClosed)
	s.none(p)
}

// J12: a queued packet stays when its file is closed.
func packetOutlivesFile(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.write(far, "abc")
	s.settled(&o)
	s.must(c.Close(), "Close")
	s.expect(p, &o, 1, 3, nil)
	s.none(p)
}

// J13: an operation that is pending when the port is closed goes on and completes; its packet
// goes to nobody.
func operationOutlivesPort(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	buf := make([]byte, 8)
	s.must(c.Recv(&o, buf), "Recv")
	s.must(p.Close(), "closing the port")
	s.stays(func() bool { return incomplete(&o) }, "the receive is pending")
	s.write(far, "abc")
	s.dropped(&o)
	n, err := o.Result()
	s.check(n == 3 && err == nil && string(buf[:3]) == "abc", "the result is %d, %v and the buffer %q", n, err, buf)
}

// J13: new operations work as before, one after the other.
func operationAfterPort(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	s.must(p.Close(), "closing the port")
	var w, r1, r2 op
	s.must(c.Send(&w, []byte("abc")), "Send after the port was closed")
	s.read(far, "abc")
	s.dropped(&w)
	s.must(c.Recv(&r1, make([]byte, 8)), "Recv after the port was closed")
	s.write(far, "hello")
	s.dropped(&r1)
	n, err := r1.Result()
	s.check(n == 5 && err == nil, "the result is %d, %v; want 5, nil", n, err)
	s.must(c.Recv(&r2, make([]byte, 8)), "Recv after the port was closed")
	s.must(c.Close(), "Close")
	s.dropped(&r2)
	n, err = r2.Result()
	s.check(n == 0 && errors.Is(err, net.ErrClosed), "the result is %d, %v; want 0, net.ErrClosed", n, err)
}

// J14: packets that are queued when the port is closed are dropped.
func closeDropsPackets(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.write(far, "abc")
	s.settled(&o)
	for i := range 100 {
		s.post(p, i)
	}
	s.must(p.Close(), "closing the port")
	s.check(p.Len() == 0, "a closed port holds %d packets", p.Len())
	k, err := p.Get(0)
	s.check(errors.Is(err, iocp.ErrClosed), "Get on a closed port gives %v, %v; want ErrClosed", k, err)
	s.dropped(&o)
	n, err := o.Result()
	s.check(n == 3 && err == nil, "the result of the dropped packet's operation is %d, %v; want 3, nil", n, err)
}

// J14: and what they refer to is released.
func closeReleasesPackets(s *scene) {
	p := s.port(1)
	posted := func() weak.Pointer[op] {
		o := new(op)
		s.must(p.Post(iocp.Completion{Op: o, Key: o}), "posting")
		return weak.Make(o)
	}()
	collect()
	s.check(posted.Value() != nil, "the operation of a queued packet was collected")
	s.must(p.Close(), "closing the port")
	s.until(func() bool {
		collect()
		return posted.Value() == nil
	}, "the operation of a dropped packet is collected")
}
