// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"io"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestSendFileParts(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	content := pattern(300_000)
	f := tempFile(t, p, content)
	big := strings.Repeat("HEAD", 50_000)
	for _, k := range []struct {
		off, n     int64
		head, tail string
		from, to   int
	}{
		{0, -1, "", "", 0, 300_000},
		{0, -5, "head", "tail", 0, 300_000},
		{0, 0, "head", "tail", 0, 0},
		{0, 0, "head", "", 0, 0},
		{0, 0, "", "tail", 0, 0},
		{0, 0, "", "", 0, 0},
		{0, 300_000, "head", "", 0, 300_000},
		{299_999, 1, "", "tail", 299_999, 300_000},
		{12_345, 200_000, big, big, 12_345, 212_345},
		{12_345, 100, "h", "t", 12_345, 12_445},
		{12_345, 10_000, "h", "t", 12_345, 22_345},
		{300_000, -1, "h", "t", 0, 0},
		{1 << 40, -1, "", "", 0, 0},
		{299_000, -1, "", "t", 299_000, 300_000},
	} {
		want := k.head + string(content[k.from:k.to]) + k.tail
		o := &op{name: "sendfile"}
		ok(t, c.SendFile(o, f, k.off, k.n, []byte(k.head), []byte(k.tail)))
		got := receive(far, len(want))
		if e := expect(t, p, o, int64(len(want)), nil); e.Key != "conn" {
			t.Errorf("the key is %v", e.Key)
		}
		same(t, await(t, "the content", got), []byte(want))
	}
	quiet(t, p)
}

func TestSendFileWaitsForASlowReader(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	content := pattern(16 << 20)
	f := tempFile(t, p, content)
	o := &op{name: "sendfile"}
	ok(t, c.SendFile(o, f, 0, -1, nil, []byte("tail")))
	ok(t, f.Close()) // the operation keeps it open
	if _, err := p.Get(0); err != ErrTimeout {
		t.Fatalf("sending 16 MiB that nobody reads is over: %v", err)
	}
	got := receive(far, len(content)+4)
	expect(t, p, o, int64(len(content)+4), nil)
	same(t, await(t, "the content", got), append(content, "tail"...))
}

func TestSendFileOfAFileWithoutPort(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	name := t.TempDir() + "/f"
	ok(t, os.WriteFile(name, []byte("content"), 0o600))
	f, err := OpenFile(name, os.O_RDONLY, 0)
	ok(t, err)
	o := &op{}
	ok(t, c.SendFile(o, f, 1, -1, nil, nil))
	ok(t, f.Close())
	expect(t, p, o, 6, nil)
	same(t, await(t, "the content", receive(far, 6)), []byte("ontent"))
}

func TestSendFileErrors(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	f := tempFile(t, p, []byte("content"))
	o := &op{name: "sendfile"}
	writer := openFile(t, p, f.Name(), os.O_WRONLY)
	fails(t, p, c.SendFile(o, writer, 0, -1, nil, nil), syscall.EACCES)
	fails(t, p, c.SendFile(o, f, -1, -1, nil, nil), syscall.EINVAL)
	fails(t, p, c.SendFile(o, f, 1, math.MaxInt64, nil, nil), syscall.EINVAL)
	fails(t, p, c.SendFile(o, nil, 0, -1, nil, nil), ErrInvalidHandle)
	fails(t, p, c.SendFile(nil, f, 0, -1, nil, nil), ErrInvalidParameter)

	ok(t, c.SendFile(o, f, 0, 100, []byte("head"), []byte("tail"))) // the file is shorter
	expect(t, p, o, 11, io.ErrUnexpectedEOF)
	same(t, await(t, "the content", receive(far, 11)), []byte("headcontent"))

	dir := openFile(t, p, t.TempDir(), os.O_RDONLY)
	ok(t, c.SendFile(o, dir, 0, -1, []byte("head"), nil))
	k := expect(t, p, o, 4, syscall.EISDIR)
	if e, isPath := k.Err.(*os.PathError); !isPath || e.Path != dir.Name() {
		t.Errorf("the error is %#v; want one that names the directory", k.Err)
	}
	ok(t, f.Close())
	fails(t, p, c.SendFile(o, f, 0, -1, nil, nil), os.ErrClosed)
	g := tempFile(t, p, []byte("content"))
	ok(t, c.Shutdown(ShutdownSend))
	fails(t, p, c.SendFile(o, g, 0, -1, nil, nil), syscall.ESHUTDOWN)
}

func TestSendFileTruncatedOnTheWay(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	const size = 16 << 20
	f := tempFile(t, p, make([]byte, size))
	o := &op{name: "sendfile"}
	ok(t, c.SendFile(o, f, 0, size, nil, nil))
	if _, err := io.ReadFull(far, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	ok(t, f.Truncate(100))
	got := receive(far, size)
	k := get(t, p)
	ok(t, c.Close())
	if n := int64(len(await(t, "the content", got))) + 1; !isError(k.Err, io.ErrUnexpectedEOF) || k.Bytes != n {
		t.Errorf("the packet has %d bytes and %v; the peer got %d", k.Bytes, k.Err, n)
	}
}

func TestSendFileCancelledAndClosed(t *testing.T) {
	p := newPort(t)
	for name, stop := range map[string]func(*TCPConn, *op) error{
		"Cancel": func(_ *TCPConn, o *op) error { return o.Cancel() },
		"Close":  func(c *TCPConn, _ *op) error { return c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			c, far := tcpPair(t, p)
			f := tempFile(t, p, pattern(16<<20))
			a, b := &op{name: "sendfile"}, &op{name: "behind"}
			ok(t, c.SendFile(a, f, 0, -1, nil, nil))
			ok(t, c.SendFile(b, f, 0, -1, nil, nil))
			ok(t, f.Close())
			if _, err := io.ReadFull(far, make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
			ok(t, stop(c, b))
			if name == "Cancel" {
				expect(t, p, b, 0, ErrCanceled)
				ok(t, stop(c, a))
			}
			k := get(t, p)
			if name == "Close" {
				if k.Op == b {
					compare(t, k, 0, os.ErrClosed)
					k = get(t, p)
				} else {
					expect(t, p, b, 0, os.ErrClosed)
				}
			}
			want := map[string]error{"Cancel": ErrCanceled, "Close": os.ErrClosed}[name]
			if k.Op != a || k.Bytes < 1 || k.Bytes >= 16<<20 || !isError(k.Err, want) {
				t.Errorf("the packet of %v has %d bytes and %v", nameOf(k.Op), k.Bytes, k.Err)
			}
		})
	}
}

func TestSendFileFromAPipe(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	r, w := pipe(t, p, true)
	content := pattern(100_000)
	o := &op{name: "sendfile"}
	ok(t, c.SendFile(o, r, 0, int64(len(content)), []byte("head"), []byte("tail")))
	go w.Write(content)
	expect(t, p, o, int64(len(content)+8), nil)
	got := await(t, "the content", receive(far, len(content)+8))
	same(t, got, append(append([]byte("head"), content...), "tail"...))
}

func TestSendFileBehindAClosedConnection(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	f := tempFile(t, p, []byte("content"))
	ok(t, c.Close())
	files := openFiles()
	for range 10 {
		fails(t, p, c.SendFile(&op{}, f, 0, -1, nil, nil), os.ErrClosed)
	}
	if n := openFiles(); n != files {
		t.Errorf("%d descriptors more than before", n-files)
	}
}
