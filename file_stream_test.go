// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"io"
	"os"
	"syscall"
	"testing"
	"time"
)

// pipe returns a pipe whose named end is associated with p, and its other end.
func pipe(t *testing.T, p *Port, reads bool) (near *File, far *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	ok(t, err)
	if !reads {
		r, w = w, r
	}
	near, err = NewFile(r)
	ok(t, err)
	if _, err := r.Stat(); err == nil {
		t.Error("NewFile did not close the file it took over")
	}
	t.Cleanup(func() { w.Close() })
	w.SetDeadline(time.Now().Add(patience))
	return associate(t, p, near, "pipe"), w
}

func TestPipeReadWaitsForData(t *testing.T) {
	p := newPort(t)
	f, far := pipe(t, p, true)
	o, buf := &op{name: "read"}, make([]byte, 10)
	ok(t, f.Read(o, buf, 12345)) // the offset means nothing
	if !o.InFlight() || p.Len() != 0 {
		t.Fatal("a read of an empty pipe is over")
	}
	far.Write([]byte("abc"))
	expect(t, p, o, 3, nil)
	same(t, buf[:3], []byte("abc"))
	far.Close()
	ok(t, f.Read(o, buf, 0))
	expect(t, p, o, 0, io.EOF)
	ok(t, f.Readv(o, [][]byte{buf}, 0))
	expect(t, p, o, 0, io.EOF)
}

func TestPipeReadsFillInOrder(t *testing.T) {
	p := newPort(t)
	f, far := pipe(t, p, true)
	const n = 20
	var ops [n]op
	var bufs [n][1]byte
	for i := range ops {
		ok(t, f.Read(&ops[i], bufs[i][:], 0))
	}
	content := pattern(n)
	far.Write(content)
	for i := range ops {
		expect(t, p, &ops[i], 1, nil)
		same(t, bufs[i][:], content[i:i+1])
	}
}

func TestPipeWriteIsWhole(t *testing.T) {
	p := newPort(t)
	f, far := pipe(t, p, false)
	content := pattern(1 << 20)
	a, b := &op{name: "write"}, &op{name: "vectors"}
	ok(t, f.Write(a, content, 99))
	ok(t, f.Writev(b, cut(content, 1000), 99)) // 1049 vectors
	got := make([]byte, 2*len(content))
	if _, err := io.ReadFull(far, got); err != nil {
		t.Fatal(err)
	}
	same(t, got, append(content[:len(content):len(content)], content...))
	expect(t, p, a, int64(len(content)), nil)
	expect(t, p, b, int64(len(content)), nil)
}

func TestPipeWriteWithoutReader(t *testing.T) {
	p := newPort(t)
	f, far := pipe(t, p, false)
	far.Close()
	o := &op{}
	ok(t, f.Write(o, []byte("x"), 0))
	expect(t, p, o, 0, syscall.EPIPE)
	ok(t, f.Append(o, []byte("x")))
	expect(t, p, o, 0, syscall.EPIPE)
}

func TestPipeReadCanBeCancelledAndClosed(t *testing.T) {
	p := newPort(t)
	f, far := pipe(t, p, true)
	a, b := &op{name: "a"}, &op{name: "b"}
	buf := make([]byte, 4)
	ok(t, f.Read(a, buf[:2], 0))
	ok(t, f.Read(b, buf[2:], 0))
	ok(t, a.Cancel())
	expect(t, p, a, 0, ErrCanceled)
	far.Write([]byte("xy"))
	expect(t, p, b, 2, nil)
	ok(t, f.Read(a, buf, 0))
	ok(t, f.Close())
	expect(t, p, a, 0, os.ErrClosed)
}

// TestPipeWriteCancelledMidway: what a write could not transfer is counted.
func TestPipeWriteCancelledMidway(t *testing.T) {
	p := newPort(t)
	f, far := pipe(t, p, false)
	content := pattern(1 << 20)
	o := &op{name: "write"}
	ok(t, f.Write(o, content, 0))
	first := make([]byte, 1)
	if _, err := io.ReadFull(far, first); err != nil {
		t.Fatal(err)
	}
	ok(t, o.Cancel())
	ok(t, f.Close())
	rest, err := io.ReadAll(far)
	ok(t, err)
	c := get(t, p)
	if c.Op != o || !isError(c.Err, ErrCanceled) || c.Bytes != int64(len(rest)+1) {
		t.Fatalf("the packet has %d bytes and %v; the reader got %d", c.Bytes, c.Err, len(rest)+1)
	}
}

func TestNullDevice(t *testing.T) {
	p := newPort(t)
	f := openFile(t, p, os.DevNull, os.O_RDWR)
	o, buf := &op{}, make([]byte, 5)
	ok(t, f.Read(o, buf, 0))
	expect(t, p, o, 0, io.EOF)
	ok(t, f.Write(o, buf, 0))
	expect(t, p, o, 5, nil)
	ok(t, f.Read(o, nil, 0))
	expect(t, p, o, 0, nil)
}
