// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"iocp/internal/engine"
)

// receive reads until the stream ends or n bytes have come.
func receive(far *net.TCPConn, n int) <-chan []byte {
	got := make(chan []byte, 1)
	go func() {
		b := make([]byte, n)
		m := 0
		for m < n {
			k, err := far.Read(b[m:min(n, m+64<<10)])
			m += k
			if err != nil {
				break
			}
		}
		got <- b[:m]
	}()
	return got
}

func TestSendIsWhole(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	content := pattern(8 << 20)
	o := &op{name: "send"}
	ok(t, c.Send(o, content))
	if _, err := p.Get(20 * time.Millisecond); err != ErrTimeout {
		t.Fatalf("a send of 8 MiB that nobody reads is over: %v", err)
	}
	got := receive(far, len(content))
	k := expect(t, p, o, int64(len(content)), nil) // I03
	if k.Key != "conn" {
		t.Errorf("the key is %v", k.Key)
	}
	same(t, await(t, "the content", got), content)
}

func TestSendOfNothing(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	o := &op{}
	ok(t, c.Send(o, nil))
	expect(t, p, o, 0, nil)
	for _, bufs := range [][][]byte{nil, {}, {nil, {}}} {
		ok(t, c.Sendv(o, bufs))
		expect(t, p, o, 0, nil)
	}
}

func TestSendsGoOutInOrderAndWhole(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	f := tempFile(t, p, pattern(300<<10))
	content := pattern(300 << 10)
	const n = 30
	ops := make([]op, n)
	var want []byte
	for i := range ops {
		switch i % 3 {
		case 0:
			ok(t, c.Send(&ops[i], content[i:]))
		case 1:
			ok(t, c.Sendv(&ops[i], cut(content[i:], 200))) // 1536 vectors
		case 2:
			ok(t, c.SendFile(&ops[i], f, int64(i), -1, nil, nil))
		}
		want = append(want, content[i:]...)
	}
	got := receive(far, len(want))
	for i := range ops {
		expect(t, p, &ops[i], int64(len(content)-i), nil)
	}
	same(t, await(t, "the content", got), want)
}

func TestSendvOfManyVectors(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	content := pattern(8 << 20)
	for _, piece := range []int{1 << 20, 3000, 1024} { // up to 8192 vectors
		o := &op{name: "sendv"}
		bufs := cut(content, piece)
		ok(t, c.Sendv(o, bufs))
		clear(bufs)
		got := receive(far, len(content))
		expect(t, p, o, int64(len(content)), nil)
		same(t, await(t, "the content", got), content)
	}
}

func TestCancelledSendCountsWhatWent(t *testing.T) {
	p := newPort(t)
	for name, send := range map[string]func(*TCPConn, Op, []byte) error{
		"Send":  (*TCPConn).Send,
		"Sendv": func(c *TCPConn, o Op, b []byte) error { return c.Sendv(o, cut(b, 100_000)) },
	} {
		t.Run(name, func(t *testing.T) {
			c, far := tcpPair(t, p)
			content := pattern(64 << 20)
			o := &op{name: "send"}
			ok(t, send(c, o, content))
			first := make([]byte, 1)
			if _, err := io.ReadFull(far, first); err != nil {
				t.Fatal(err)
			}
			ok(t, o.Cancel())
			k := get(t, p)
			ok(t, c.Close())
			rest, err := io.ReadAll(far)
			ok(t, err)
			if k.Op != o || !isError(k.Err, ErrCanceled) || k.Bytes != int64(len(rest)+1) { // I45
				t.Fatalf("the packet has %d bytes and %v; the peer got %d", k.Bytes, k.Err, len(rest)+1)
			}
			same(t, rest, content[1:k.Bytes])
		})
	}
}

// TestSendEndsWithAReset: the peer resets while a send is on its way.
func TestSendEndsWithAReset(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	a, b := &op{name: "first"}, &op{name: "behind"}
	content := pattern(64 << 20)
	ok(t, c.Send(a, content))
	ok(t, c.Send(b, content))
	if _, err := io.ReadFull(far, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	reset(t, far)
	for _, o := range []*op{a, b} {
		k := get(t, p)
		reset := isError(k.Err, syscall.ECONNRESET) || isError(k.Err, syscall.EPIPE)
		if k.Op != o || !reset || k.Bytes >= int64(len(content)) {
			t.Errorf("the packet of %v has %d bytes and %v; want ECONNRESET or EPIPE", nameOf(k.Op), k.Bytes, k.Err)
		}
	}
	fails(t, p, c.Send(a, content), syscall.ECONNRESET)
}

// TestErrorsNameTheirOperation: what a connection ended with is the error of every later operation.
func TestErrorsNameTheirOperation(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	o, b := &op{}, make([]byte, 1)
	ok(t, c.Recv(o, b))
	reset(t, far)
	expect(t, p, o, 0, syscall.ECONNRESET)
	for what, err := range map[string]error{"read": c.Recv(o, b), "write": c.Send(o, b), "poll": c.Readable(o)} {
		var e *net.OpError
		if !errors.As(err, &e) || e.Op != what || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the error of a %s is: %v", what, err)
		}
	}
}

func TestShutdownFollowsTheSends(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	content := pattern(2 << 20)
	ops := make([]op, 3)
	for i := range ops {
		ok(t, c.Send(&ops[i], content))
	}
	ok(t, c.Shutdown(ShutdownSend))
	ok(t, c.Shutdown(ShutdownSend))
	refuses(t, c.Send(&op{}, content), syscall.ESHUTDOWN)
	got := receive(far, 3*len(content)+1) // up to the end of the stream
	for i := range ops {
		expect(t, p, &ops[i], int64(len(content)), nil)
	}
	if b := await(t, "the content", got); len(b) != 3*len(content) {
		t.Errorf("%d bytes came before the end of the stream; want %d", len(b), 3*len(content))
	}
	o, buf := &op{name: "recv"}, make([]byte, 3)
	ok(t, c.Recv(o, buf))
	far.Write([]byte("abc"))
	expect(t, p, o, 3, nil)
}

func TestDisconnectFollowsTheSends(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	content := pattern(2 << 20)
	a, b, d := &op{name: "a"}, &op{name: "b"}, &op{name: "disconnect"}
	ok(t, c.Send(a, content))
	ok(t, c.Send(b, content))
	ok(t, c.Disconnect(d))
	refuses(t, c.Send(&op{}, content), syscall.ESHUTDOWN)
	got := receive(far, 2*len(content)+1)
	expect(t, p, a, int64(len(content)), nil)
	expect(t, p, b, int64(len(content)), nil)
	expect(t, p, d, 0, nil)
	if n := len(await(t, "the content", got)); n != 2*len(content) {
		t.Errorf("%d bytes came before the end of the stream; want %d", n, 2*len(content))
	}
	ok(t, c.Recv(a, make([]byte, 1)))
	far.Close()
	expect(t, p, a, 0, io.EOF)
}

// TestShutdownAgainAndAgain: one end of sending may be under way when the next is asked for.
func TestShutdownAgainAndAgain(t *testing.T) {
	p := newPort(t)
	const rounds, ends = 100, 10
	for range rounds {
		c, far := tcpPair(t, p)
		ok(t, c.Send(&op{name: "send"}, []byte("x")))
		for range ends {
			ok(t, c.Shutdown(ShutdownSend))
			ok(t, c.Disconnect(&op{name: "disconnect"}))
		}
		ok(t, c.Shutdown(ShutdownSend))
		gather(t, p, 1+ends)
		far.Close()
		ok(t, c.Close())
	}
	drain(t, p)
	p.c.q.Lock()
	defer p.c.q.Unlock()
	if p.c.held != 0 || p.c.pending != 0 || p.c.objects != 0 {
		t.Errorf("%d held, %d pending and %d objects are left", p.c.held, p.c.pending, p.c.objects)
	}
}

// TestShutdownUnderWayIsNotOverwritten steps to where a second end of sending meets the first.
func TestShutdownUnderWayIsNotOverwritten(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	o, last := c.o, &Overlapped{dir: sendLine}
	p.c.q.Lock()
	o.request(p.c, engine.Op{Kind: engine.Shutdown, FD: o.fd, Len: uint32(ShutdownSend)})
	n := p.c.eng.InFlight()
	o.endAfter, o.lines[sendLine].now = true, last
	p.c.held++
	o.advanceLine(p.c, last)
	if m := p.c.eng.InFlight(); m != n {
		t.Errorf("%d requests of one object are in flight", 1+m-n)
	}
	p.c.q.Submit()
	ok(t, c.Close())
	drain(t, p)
}

// TestShutdownAfterTheLastClose: the handle is found open, and the lock taken too late.
func TestShutdownAfterTheLastClose(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	o := &op{}
	ok(t, c.Recv(o, make([]byte, 1)))
	late := &TCPConn{Handle: Handle{o: c.o}}
	ok(t, c.Close())
	refuses(t, late.Shutdown(ShutdownBoth), net.ErrClosed)
	expect(t, p, o, 0, net.ErrClosed)
	drain(t, p)
	refuses(t, late.Shutdown(ShutdownBoth), net.ErrClosed)
	p.c.q.Lock()
	defer p.c.q.Unlock()
	if p.c.objects != 0 {
		t.Errorf("%d objects are left", p.c.objects)
	}
}

func TestShutdownOfReceiving(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	ok(t, c.Shutdown(ShutdownRecv))
	o := &op{}
	fails(t, p, c.Recv(o, make([]byte, 1)), syscall.ESHUTDOWN)
	fails(t, p, c.Readable(o), syscall.ESHUTDOWN)
	ok(t, c.Send(o, []byte("x")))
	expect(t, p, o, 1, nil)
	far.Read(make([]byte, 1))
	ok(t, c.Shutdown(ShutdownBoth))
	if n, err := far.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the peer read %d, %v; want the end of the stream", n, err)
	}
	refuses(t, c.Shutdown(7), ErrInvalidParameter)
	ok(t, c.Close())
	refuses(t, c.Shutdown(ShutdownSend), net.ErrClosed, os.ErrClosed)
}
