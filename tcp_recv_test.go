// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"io"
	"net"
	"syscall"
	"testing"
)

func TestRecvTakesWhatComes(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	o, buf := &op{name: "recv"}, make([]byte, 10)
	ok(t, c.Recv(o, buf))
	if p.Len() != 0 || !o.InFlight() {
		t.Fatal("a receive without data is over")
	}
	far.Write([]byte("abc"))
	k := expect(t, p, o, 3, nil)
	same(t, buf[:3], []byte("abc"))
	if k.Key != "conn" {
		t.Errorf("the key is %v", k.Key)
	}
	far.Write([]byte("0123456789abc"))
	ok(t, c.Recv(o, buf)) // data there already
	expect(t, p, o, 10, nil)
	ok(t, c.Recv(o, buf))
	expect(t, p, o, 3, nil)
}

func TestRecvEndsWithTheStream(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	a, b, buf := &op{name: "a"}, &op{name: "b"}, make([]byte, 10)
	ok(t, c.Recv(a, buf[:5]))
	ok(t, c.Recv(b, buf[5:]))
	far.CloseWrite()
	expect(t, p, a, 0, io.EOF)
	expect(t, p, b, 0, io.EOF)
	ok(t, c.Recv(a, buf))
	expect(t, p, a, 0, io.EOF)
	ok(t, c.Recvv(a, [][]byte{buf}))
	expect(t, p, a, 0, io.EOF)
	ok(t, c.Send(a, []byte("still open this way")))
	expect(t, p, a, 19, nil)
}

func TestRecvsFillInTheOrderTheyWereStarted(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	const n = 200
	ops, bufs := make([]op, n), make([]byte, 3*n)
	for i := range ops {
		if b := bufs[3*i : 3*i+3]; i%3 == 2 {
			ok(t, c.Recvv(&ops[i], [][]byte{b[:1], nil, b[1:]}))
		} else {
			ok(t, c.Recv(&ops[i], b))
		}
	}
	content := pattern(3 * n)
	far.Write(content[:4])
	expect(t, p, &ops[0], 3, nil)
	expect(t, p, &ops[1], 1, nil)
	far.Write(content[4 : 3*n-2]) // the second receive took one byte
	for i := 2; i < n; i++ {
		expect(t, p, &ops[i], 3, nil)
	}
	same(t, bufs[:4], content[:4])
	same(t, bufs[6:], content[4:3*n-2])
}

func TestRecvvFillsOneAfterTheOther(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	content, got := pattern(5000), make([]byte, 5000)
	o := &op{name: "recvv"}
	for _, piece := range []int{5000, 999, 2} { // the last makes more vectors than one request takes
		far.Write(content)
		for n := 0; n < len(got); {
			bufs := cut(got[n:], piece)
			ok(t, c.Recvv(o, bufs))
			clear(bufs)
			k := get(t, p)
			if k.Err != nil || k.Bytes == 0 {
				t.Fatalf("the packet is %+v", k)
			}
			n += int(k.Bytes)
		}
		same(t, got, content)
		clear(got)
	}
}

func TestReadableTakesNothing(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	for name, probe := range map[string]func(Op) error{
		"Readable":     c.Readable,
		"Recv nil":     func(o Op) error { return c.Recv(o, nil) },
		"Recvv nil":    func(o Op) error { return c.Recvv(o, nil) },
		"Recvv empty":  func(o Op) error { return c.Recvv(o, [][]byte{nil, {}}) },
		"Recv length0": func(o Op) error { return c.Recv(o, []byte{}) },
	} {
		o, after, buf := &op{name: name}, &op{name: "recv after " + name}, make([]byte, 3)
		ok(t, probe(o))
		ok(t, c.Recv(after, buf))
		if p.Len() != 0 {
			t.Fatalf("%s is over before data came", name)
		}
		far.Write([]byte("abc"))
		expect(t, p, o, 0, nil)
		expect(t, p, after, 3, nil)
		same(t, buf, []byte("abc"))
	}
	far.Close()
	o := &op{name: "at the end"}
	ok(t, c.Readable(o))
	expect(t, p, o, 0, nil)
}

func TestTransfersNeedAConnection(t *testing.T) {
	p := newPort(t)
	c := associate(t, p, NewTCPConn(), nil)
	o, b := &op{}, make([]byte, 1)
	f := tempFile(t, p, nil)
	for _, err := range []error{c.Recv(o, b), c.Recv(o, nil), c.Recvv(o, [][]byte{b}), c.Readable(o), c.Send(o, b),
		c.Send(o, nil), c.Sendv(o, [][]byte{b}), c.SendFile(o, f, 0, -1, nil, nil), c.Disconnect(o),
		c.Shutdown(ShutdownBoth), c.SetNoDelay(true)} {
		fails(t, p, err, syscall.ENOTCONN)
	}
	if c.LocalAddr() != nil || c.RemoteAddr() != nil {
		t.Error("a connection that is none has addresses")
	}
}

func TestResetEndsEverythingForGood(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	a, b, d, buf := &op{name: "a"}, &op{name: "b"}, &op{name: "vectors"}, make([]byte, 10)
	ok(t, c.Recv(a, buf[:3]))
	ok(t, c.Recv(b, buf[3:6]))
	ok(t, c.Recvv(d, [][]byte{buf[6:]}))
	reset(t, far)
	k := expect(t, p, a, 0, syscall.ECONNRESET) // I05
	if opError, isNet := k.Err.(*net.OpError); !isNet || opError.Op != "read" {
		t.Errorf("the error is %#v", k.Err)
	}
	expect(t, p, b, 0, syscall.ECONNRESET)
	expect(t, p, d, 0, syscall.ECONNRESET)
	fails(t, p, c.Recv(a, buf), syscall.ECONNRESET) // I06
	fails(t, p, c.Readable(a), syscall.ECONNRESET)
	fails(t, p, c.Send(a, buf), syscall.ECONNRESET) // I07
	fails(t, p, c.Sendv(a, [][]byte{buf}), syscall.ECONNRESET)
}

func TestSendIntoAReset(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	reset(t, far)
	o := &op{name: "send"}
	// The reset arrives at once over loopback, so the kernel knows of it.
	ok(t, c.Send(o, make([]byte, 10)))
	k := get(t, p)
	if k.Bytes != 0 || !isError(k.Err, syscall.ECONNRESET) && !isError(k.Err, syscall.EPIPE) {
		t.Errorf("the packet has %d bytes and %v; want ECONNRESET or EPIPE", k.Bytes, k.Err)
	}
	fails(t, p, c.Send(o, make([]byte, 10)), syscall.ECONNRESET)
	fails(t, p, c.Recv(o, make([]byte, 10)), syscall.ECONNRESET)
}

// The receive that waits is over, too; the peer has not ended anything.
func TestShutdownOfReceivingEndsTheReceiveThatWaits(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	first, second := &op{name: "first"}, &op{name: "second"}
	ok(t, c.Recv(first, make([]byte, 8)))
	ok(t, c.Recv(second, make([]byte, 8)))
	p.Flush()
	ok(t, c.Shutdown(ShutdownRecv))
	expect(t, p, first, 0, io.EOF)
	expect(t, p, second, 0, io.EOF)
	o := &op{}
	ok(t, c.Send(o, []byte("still")))
	expect(t, p, o, 5, nil)
}
