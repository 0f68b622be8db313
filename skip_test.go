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
)

// done checks that an operation was done at once, without a packet.
func done(t *testing.T, p *Port, o *op, err error, n int64) {
	t.Helper()
	if err != ErrCompleted || o.InFlight() {
		t.Fatalf("starting gave %v, and InFlight is %v; want ErrCompleted", err, o.InFlight())
	}
	if m, err := o.Result(); m != n || err != nil {
		t.Fatalf("the result is %d, %v; want %d", m, err, n)
	}
	quiet(t, p)
}

func TestSkipOnSuccessOfAConnection(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	ok(t, c.SkipOnSuccess())
	o, b := &op{name: "op"}, make([]byte, 10)
	done(t, p, o, c.Send(o, []byte("hello")), 5) // K01
	io.ReadFull(far, b[:5])
	same(t, b[:5], []byte("hello"))

	ok(t, c.Recv(o, b)) // nothing there: a packet
	far.Write([]byte("abc"))
	expect(t, p, o, 3, nil)

	far.Write([]byte("defgh"))
	ok(t, c.Readable(o))
	expect(t, p, o, 0, nil)
	done(t, p, o, c.Recv(o, b[:2]), 2)
	done(t, p, o, c.Recv(o, b[2:]), 3)
	same(t, b[:5], []byte("defgh"))

	far.CloseWrite()
	ok(t, c.Readable(o))
	expect(t, p, o, 0, nil)
	fails(t, p, c.Recv(o, b), io.EOF) // K02
}

func TestSkipOnSuccessKeepsTheOrder(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	ok(t, c.SkipOnSuccess())
	a, b := &op{name: "waits"}, &op{name: "behind"}
	buf := make([]byte, 2)
	ok(t, c.Recv(a, buf[:1]))
	far.Write([]byte("xy"))
	ok(t, c.Recv(b, buf[1:])) // not ahead of a
	expect(t, p, a, 1, nil)
	expect(t, p, b, 1, nil)
	same(t, buf, []byte("xy"))
	content := pattern(16 << 20)
	ok(t, c.Send(a, content)) // not done at once
	ok(t, c.Send(b, content[:10]))
	got := receive(far, len(content)+10)
	expect(t, p, a, int64(len(content)), nil)
	expect(t, p, b, 10, nil)
	same(t, await(t, "the content", got), append(content, content[:10]...))
}

func TestSkipOnSuccessAfterAReset(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	ok(t, c.SkipOnSuccess())
	o := &op{}
	ok(t, c.Readable(o))
	reset(t, far)
	expect(t, p, o, 0, nil)
	fails(t, p, c.Recv(o, make([]byte, 1)), syscall.ECONNRESET)
	fails(t, p, c.Recv(o, make([]byte, 1)), syscall.ECONNRESET)
}

func TestSkipOnSuccessOfAFile(t *testing.T) {
	p := newPort(t)
	name := t.TempDir() + "/f"
	f, err := OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	ok(t, err)
	ok(t, f.SkipOnSuccess()) // K08
	associate(t, p, f, nil)
	o, b := &op{}, make([]byte, 7)
	ok(t, f.Write(o, []byte("content"), 0)) // through the engine: a packet
	expect(t, p, o, 7, nil)
	switch err := f.Read(o, b, 0); err {
	case ErrCompleted:
		done(t, p, o, err, 7)
	case nil: // not in the page cache, or a file system without RWF_NOWAIT
		expect(t, p, o, 7, nil)
	default:
		t.Fatal(err)
	}
	same(t, b, []byte("content"))
	ok(t, f.Read(o, b, 100))
	expect(t, p, o, 0, io.EOF)
}

// A short read of a pipe has taken what there was: it must not be done again.
func TestSkipOnSuccessOfAPipe(t *testing.T) {
	p := newPort(t)
	f, far := pipe(t, p, true)
	ok(t, f.SkipOnSuccess())
	o := &op{name: "read"}
	for _, n := range []int{3, 10, 4} {
		want := pattern(n)
		far.Write(want)
		buf := make([]byte, 10)
		if err := f.Read(o, buf, 0); err == nil {
			expect(t, p, o, int64(n), nil)
		} else {
			refuses(t, err, ErrCompleted)
		}
		if got, err := o.Result(); got != int64(n) || err != nil {
			t.Errorf("the result is %d, %v; want %d", got, err, n)
		}
		same(t, buf[:n], want)
	}
	far.Close()
	if err := f.Read(o, make([]byte, 10), 0); err == nil {
		expect(t, p, o, 0, io.EOF)
	} else {
		refuses(t, err, io.EOF)
	}
	quiet(t, p)
}

func TestSkipOnSuccessHoldsForDuplicates(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	d, err := c.Duplicate()
	ok(t, err)
	defer d.Close()
	ok(t, c.SkipOnSuccess())
	o := &op{}
	done(t, p, o, d.Send(o, []byte("x")), 1)
	ok(t, c.Close())
	refuses(t, c.SkipOnSuccess(), net.ErrClosed)
}

func TestMaxInFlight(t *testing.T) {
	p := newPort(t, Config{MaxInFlight: 3})
	c, _ := tcpPair(t, p)
	l := newListener(t, p)
	conn := target(t)
	ops := make([]op, 3)
	for i := range ops {
		ok(t, c.Recv(&ops[i], make([]byte, 1)))
	}
	files := openFiles()
	o := &op{name: "one too many"}
	other := associate(t, p, NewTCPConn(), nil)
	f := tempFile(t, p, nil)
	for _, err := range []error{c.Send(o, []byte("x")), l.Accept(o, conn), c.SendFile(o, f, 0, -1, nil, nil),
		other.Connect(o, l.Addr().(*net.TCPAddr).AddrPort(), nil), f.Write(o, []byte("x"), 0), f.Readv(o, nil, 0)} {
		if !errors.Is(err, ErrTooManyOperations) || !errors.Is(err, syscall.EAGAIN) || o.InFlight() {
			t.Errorf("starting one too many gave %v", err)
		}
	}
	if n := openFiles(); n != files+1 { // f
		t.Errorf("refused operations keep %d descriptors", n-files-1)
	}
	ok(t, ops[1].Cancel())
	expect(t, p, &ops[1], 0, ErrCanceled)
	ok(t, l.Accept(o, conn)) // the refusal left conn free
	ok(t, c.CancelAll())
	for _, k := range gather(t, p, 2) {
		compare(t, k, 0, ErrCanceled)
	}
	ok(t, o.Cancel())
	expect(t, p, o, 0, ErrCanceled)
}
