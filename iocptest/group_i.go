// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"iocp"
)

// groupI: sockets. See group_i_setup.go for accepting, connecting and disconnecting,
// group_i_socket.go for sockets that are more than connections, and group_i_large.go for sends
// that the other end has to make room for.
var groupI = inOrder(slices.Concat(
	[]rule{
		{id: "I01", part: "pending", run: recvPends},
		{id: "I01", part: "immediate", run: recvImmediate},
		{id: "I01", part: "vectors", run: recvVectors},
		{id: "I02", run: sendImmediate},
		{id: "I03", run: largeSendCompletesWhole},
		{id: "I04", run: gracefulClose},
		{id: "I05", run: resetUnderRecv},
		{id: "I06", run: recvAfterReset},
		{id: "I07", run: sendAfterReset},
		{id: "I08", run: notConnected},
		{id: "I17", run: recvsFillInOrder},
		{id: "I22", run: blockingModeIrrelevant},
		{id: "I24", part: "receive", run: closeUnderRecv},
		{id: "I24", part: "send", run: closeUnderSend},
	},
	setupRules,
	socketRules,
	[]rule{
		{id: "I43", part: "whole", run: sendFileWhole},
		{id: "I43", part: "offset", run: sendFileFrom},
		{id: "I44", run: cancelLeavesData},
		{id: "I45", run: cancelPartlySent},
	}))

// inOrder brings rules into the order of the table; the parts of one stay in theirs.
func inOrder(rules []rule) []rule {
	slices.SortStableFunc(rules, func(a, b rule) int { return strings.Compare(a.id, b.id) })
	return rules
}

// I01: a receive without data pends.
func recvPends(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	buf := make([]byte, 8)
	s.must(c.Recv(&o, buf), "Recv")
	s.none(p)
	s.write(far, "hello")
	s.expect(p, &o, 1, 5, nil)
	s.check(string(buf[:5]) == "hello", "received %q", buf)
}

// I01: a receive takes what is there; the rest is for the next one.
func recvImmediate(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	s.write(far, "hello")
	buf := make([]byte, 3)
	var o op
	for _, want := range []string{"hel", "lo"} {
		s.must(c.Recv(&o, buf), "Recv")
		s.expect(p, &o, 1, int64(len(want)), nil)
		s.check(string(buf[:len(want)]) == want, "received %q, want %q", buf, want)
	}
	s.none(p)
}

// I01: into several buffers.
func recvVectors(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	x, y := make([]byte, 2), make([]byte, 8)
	var o op
	s.must(c.Recvv(&o, [][]byte{x, nil, y}), "Recvv")
	s.write(far, "hello")
	s.expect(p, &o, 1, 5, nil)
	s.check(string(x)+string(y[:3]) == "hello", "received %q and %q", x, y)
}

// I02: sends, of one buffer, of several, of none.
func sendImmediate(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	s.must(c.Send(&o, []byte("hello")), "Send")
	s.expect(p, &o, 1, 5, nil)
	s.must(c.Send(&o, nil), "Send of nothing")
	s.expect(p, &o, 1, 0, nil)
	s.must(c.Sendv(&o, [][]byte{[]byte("ab"), nil, {}, []byte("cde")}), "Sendv")
	s.expect(p, &o, 1, 5, nil)
	s.must(c.Sendv(&o, [][]byte{nil}), "Sendv of nothing")
	s.expect(p, &o, 1, 0, nil)
	s.read(far, "helloabcde")
	s.none(p)
}

// I04: the orderly end of a stream, under a receive and before one.
func gracefulClose(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.must(far.CloseWrite(), "closing the other end")
	s.expect(p, &o, 1, 0, io.EOF)
	for range 2 {
		s.must(c.Recv(&o, make([]byte, 8)), "Recv at the end")
		s.expect(p, &o, 1, 0, io.EOF)
	}
	s.must(c.Send(&o, []byte("abc")), "Send after the other end has closed its half")
	s.expect(p, &o, 1, 3, nil)
	s.read(far, "abc")
}

// I05: a reset under a receive.
func resetUnderRecv(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.none(p)
	s.reset(far)
	s.expect(p, &o, 1, 0, syscall.ECONNRESET)
}

// resetConn is a connection whose reset has been reported (I05).
func (s *scene) resetConn(p *iocp.Port) *iocp.TCPConn {
	s.t.Helper()
	c, far := s.conn(p, 1)
	var o op
	s.must(c.Recv(&o, make([]byte, 8)), "Recv")
	s.reset(far)
	s.expect(p, &o, 1, 0, syscall.ECONNRESET)
	return c
}

// I06: from then on receives fail at once, again and again.
func recvAfterReset(s *scene) {
	p := s.port(1)
	c := s.resetConn(p)
	var o op
	for range 3 {
		s.refused(c.Recv(&o, make([]byte, 8)), &o, syscall.ECONNRESET)
	}
	s.none(p)
}

// I07: and so do sends.
func sendAfterReset(s *scene) {
	p := s.port(1)
	c := s.resetConn(p)
	var o op
	for range 3 {
		s.refused(c.Send(&o, []byte("abc")), &o, syscall.ECONNRESET)
	}
	s.none(p)
}

// I08: nothing can be received or sent without a connection.
func notConnected(s *scene) {
	p := s.port(1)
	c := s.unconnected()
	s.associate(p, c, 1)
	var o op
	buf := make([]byte, 8)
	s.refused(c.Recv(&o, buf), &o, syscall.ENOTCONN)
	s.refused(c.Recvv(&o, [][]byte{buf}), &o, syscall.ENOTCONN)
	s.refused(c.Send(&o, buf), &o, syscall.ENOTCONN)
	s.refused(c.Sendv(&o, [][]byte{buf}), &o, syscall.ENOTCONN)
	s.refused(c.Readable(&o), &o, syscall.ENOTCONN)
	s.none(p)
}

// I17: receives are filled in the order in which they were started.
func recvsFillInOrder(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	const n = 16
	ops, bufs := make([]op, n), make([][]byte, n)
	for i := range ops {
		bufs[i] = make([]byte, 2)
		s.must(c.Recv(&ops[i], bufs[i]), "Recv")
	}
	s.none(p)
	data := make([]byte, 0, 2*n)
	for i := range byte(n) {
		data = append(data, 'a'+i, 'a'+i)
	}
	s.write(far, string(data))
	left := map[iocp.Op]bool{}
	for i := range ops {
		left[&ops[i]] = true
	}
	for range ops {
		k := s.next(p)
		s.check(left[k.Op] && k.Bytes == 2 && k.Err == nil, "unexpected packet %v", k)
		delete(left, k.Op)
	}
	for i, buf := range bufs {
		s.check(string(buf) == string(data[2*i:2*i+2]), "receive %d got %q, want %q", i, buf, data[2*i:2*i+2])
	}
}

// I22: whether the descriptor is in non-blocking mode makes no difference.
func blockingModeIrrelevant(s *scene) {
	for _, nonblock := range []bool{true, false} {
		p := s.port(1)
		c, far := s.conn(p, 1)
		rc, err := c.SyscallConn()
		s.must(err, "SyscallConn")
		var modeErr error
		s.must(rc.Control(func(fd uintptr) { modeErr = setNonblock(fd, nonblock) }), "Control")
		if errors.Is(modeErr, errors.ErrUnsupported) {
			s.skip("the mode of a descriptor cannot be set here: %v", modeErr)
		}
		s.must(modeErr, "setting the mode")
		var o op
		start := time.Now()
		s.must(c.Recv(&o, make([]byte, 8)), "Recv")
		s.check(time.Since(start) < stepLimit/2, "Recv blocks for %v", time.Since(start))
		s.none(p)
		s.write(far, "abc")
		s.expect(p, &o, 1, 3, nil)
	}
}

// I24: closing a socket ends what is in flight on it, each with its packet.
func closeUnderRecv(s *scene) {
	p := s.port(1)
	c, _ := s.conn(p, 1)
	ops := make([]op, 3)
	s.must(c.Recv(&ops[0], make([]byte, 8)), "Recv")
	s.must(c.Recv(&ops[1], make([]byte, 8)), "Recv")
	s.must(c.Readable(&ops[2]), "Readable")
	s.must(c.Close(), "Close")
	s.eachOnce(p, ops, 1, net.ErrClosed)
}

// eachOnce takes one packet for each of ops, all with this error and no bytes.
func (s *scene) eachOnce(p *iocp.Port, ops []op, key any, target error) {
	s.t.Helper()
	left := map[iocp.Op]bool{}
	for i := range ops {
		left[&ops[i]] = true
	}
	for len(left) > 0 {
		c := s.next(p)
		s.check(left[c.Op], "unexpected packet %v; %d packets are still due", c, len(left))
		s.same(c, c.Op, key, 0, target)
		delete(left, c.Op)
	}
	s.none(p)
}

// I44: a cancelled receive takes nothing out of the stream.
func cancelLeavesData(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, 1)
	var o1, o2 op
	s.must(c.Recv(&o1, make([]byte, 8)), "Recv")
	s.must(c.Cancel(&o1), "Cancel")
	s.expect(p, &o1, 1, 0, iocp.ErrCanceled)
	n, err := o1.Result()
	s.check(n == 0 && errors.Is(err, iocp.ErrCanceled), "the result is %d, %v; want 0, ErrCanceled", n, err)
	s.write(far, "abc")
	s.must(c.Recv(&o2, make([]byte, 8)), "Recv")
	s.expect(p, &o2, 1, 3, nil)
}
