// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"bytes"
	"io"
	"net"
	"os"

	"iocp"
)

// large is more than a narrow connection takes while nobody reads at the other end.
const large = 8 << 20

// narrow is a connection with small buffers on both ends.
func (s *scene) narrow(p *iocp.Port, key any) (*iocp.TCPConn, far) {
	s.t.Helper()
	c, far := s.conn(p, key)
	s.must(c.SetWriteBuffer(64<<10), "SetWriteBuffer")
	if b, ok := far.(interface{ SetReadBuffer(int) error }); ok {
		s.must(b.SetReadBuffer(64<<10), "SetReadBuffer")
	}
	return c, far
}

// pattern is n bytes that differ from their neighbours at every distance that matters.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i>>16 ^ i>>8 ^ i)
	}
	return b
}

// receive reads n bytes at the other end.
func (s *scene) receive(far net.Conn, n int) []byte {
	s.t.Helper()
	got := make([]byte, n)
	k, err := io.ReadFull(far, got)
	if err != nil {
		s.fail("the other end read %d of %d bytes: %v", k, n, err)
	}
	return got
}

// I03: a send is over when all of it has been taken, and reports all of it.
func largeSendCompletesWhole(s *scene) {
	p := s.port(1)
	c, far := s.narrow(p, 1)
	data := pattern(large)
	var o, v op
	s.must(c.Send(&o, data), "Send")
	s.none(p)
	s.check(bytes.Equal(s.receive(far, large), data), "Send: the other end received something else")
	s.expect(p, &o, 1, large, nil)

	s.must(c.Sendv(&v, [][]byte{data[:1000], data[1000 : large-5], data[large-5:]}), "Sendv")
	s.none(p)
	s.check(bytes.Equal(s.receive(far, large), data), "Sendv: the other end received something else")
	s.expect(p, &v, 1, large, nil)
}

// I24: closing a socket ends a send that nobody reads; what went before is counted.
func closeUnderSend(s *scene) {
	p := s.port(1)
	c, _ := s.narrow(p, 1)
	var o op
	s.must(c.Send(&o, pattern(large)), "Send")
	s.none(p)
	s.must(c.Close(), "Close")
	k := s.next(p)
	s.check(k.Bytes < large, "%d bytes were sent though nobody read", k.Bytes)
	s.same(k, &o, 1, k.Bytes, net.ErrClosed)
	s.none(p)
}

// I45: a send that was cancelled half-way reports the half.
func cancelPartlySent(s *scene) {
	p := s.port(1)
	c, far := s.narrow(p, 1)
	data := pattern(large)
	var o op
	s.must(c.Send(&o, data), "Send")
	s.read(far, string(data[:1])) // it has begun
	s.none(p)
	s.must(c.Cancel(&o), "Cancel")
	k := s.next(p)
	s.check(0 < k.Bytes && k.Bytes < large, "%d of %d bytes are reported", k.Bytes, large)
	s.same(k, &o, 1, k.Bytes, iocp.ErrCanceled)
	s.must(c.Close(), "Close")
	got, err := io.ReadAll(far)
	s.must(err, "reading at the other end")
	s.check(bytes.Equal(got, data[1:k.Bytes]), "the other end received %d bytes, want the %d that the packet reports", 1+len(got), k.Bytes)
}

// I43: a file is sent with what goes before and after it, as one operation.
func sendFileWhole(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, "conn")
	body := pattern(5000)
	f := s.file(p, "file", string(body))
	var o op
	for _, n := range []int64{5000, -1} {
		s.must(c.SendFile(&o, f, 0, n, []byte("head"), []byte("tail!")), "SendFile")
		s.expect(p, &o, "conn", 5009, nil)
		s.read(far, "head"+string(body)+"tail!")
	}
	s.none(p)
}

// I43: from an offset; the file pointer neither counts nor moves.
func sendFileFrom(s *scene) {
	p := s.port(1)
	c, far := s.conn(p, "conn")
	f := s.open(s.path(string(pattern(5000))), os.O_RDONLY)
	s.associate(p, f, "file")
	var o op
	s.must(c.SendFile(&o, f, 4990, -1, nil, nil), "SendFile")
	s.expect(p, &o, "conn", 10, nil)
	s.read(far, string(pattern(5000)[4990:]))
	s.must(c.SendFile(&o, f, 100, 3, nil, []byte("x")), "SendFile")
	s.expect(p, &o, "conn", 4, nil)
	s.read(far, string(pattern(103)[100:])+"x")
	s.none(p)
	s.pointer(f, 0)
}
