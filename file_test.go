// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package iocp

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
)

func TestFileReadsWhatIsThere(t *testing.T) {
	p := newPort(t)
	content := pattern(10000)
	f := tempFile(t, p, content)
	for _, c := range []struct {
		n    int
		off  int64
		want int
		err  error
	}{
		{10000, 0, 10000, nil},
		{100, 5000, 100, nil},
		{4096, 8000, 2000, nil}, // G05
		{10, 9999, 1, nil},
		{10, 10000, 0, io.EOF}, // G04
		{10, 1 << 40, 0, io.EOF},
		{0, 0, 0, nil}, // G06
		{0, 10000, 0, nil},
		{0, 1 << 40, 0, nil},
	} {
		o, buf := &op{name: "read"}, make([]byte, c.n)
		ok(t, f.Read(o, buf, c.off))
		k := expect(t, p, o, int64(c.want), c.err)
		if k.Key != "file" {
			t.Errorf("the key is %v", k.Key)
		}
		if c.want > 0 {
			same(t, buf[:c.want], content[c.off:][:c.want])
		}
	}
}

func TestFileReadInManyPiecesAtOnce(t *testing.T) {
	p := newPort(t)
	content := pattern(1 << 20)
	f := tempFile(t, p, content)
	got := make([]byte, len(content))
	const piece = 4096
	for off := 0; off < len(got); off += piece {
		ok(t, f.Read(&op{}, got[off:off+piece], int64(off)))
	}
	for range len(got) / piece {
		compare(t, get(t, p), piece, nil)
	}
	same(t, got, content)
}

func TestFileWrites(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, p, []byte("0123456789"))
	for _, c := range []struct {
		text string
		off  int64
		want string
	}{
		{"ab", 3, "012ab56789"},
		{"", 3, "012ab56789"},
		{"", 1 << 40, "012ab56789"}, // G07
		{"xyz", 9, "012ab5678xyz"},
		{"!", 15, "012ab5678xyz\x00\x00\x00!"}, // G08
	} {
		o := &op{name: "write"}
		ok(t, f.Write(o, []byte(c.text), c.off))
		expect(t, p, o, int64(len(c.text)), nil)
		got, err := os.ReadFile(f.Name())
		ok(t, err)
		same(t, got, []byte(c.want))
	}
}

func TestFileLargeOffset(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, p, nil)
	o, buf := &op{}, make([]byte, 3)
	if err := f.Truncate(5 << 30); err != nil {
		t.Skipf("no sparse file of 5 GiB here: %v", err)
	}
	ok(t, f.Write(o, []byte("far"), 5<<30-3))
	expect(t, p, o, 3, nil)
	ok(t, f.Read(o, buf, 5<<30-3))
	expect(t, p, o, 3, nil)
	same(t, buf, []byte("far"))
}

func TestFileErrorsAtTheStart(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, p, []byte("content"))
	reader := openFile(t, p, f.Name(), os.O_RDONLY)
	writer := openFile(t, p, f.Name(), os.O_WRONLY)
	o, b := &op{}, make([]byte, 1)
	for _, off := range []int64{-1, -2, math.MinInt64, math.MinInt64 + 1, math.MaxInt64} {
		fails(t, p, f.Read(o, b, off), syscall.EINVAL)
		fails(t, p, f.Write(o, b, off), syscall.EINVAL)
		fails(t, p, f.Readv(o, [][]byte{b}, off), syscall.EINVAL)
		fails(t, p, f.Writev(o, [][]byte{b}, off), syscall.EINVAL)
	}
	fails(t, p, writer.Read(o, b, 0), syscall.EACCES)
	fails(t, p, writer.Readv(o, [][]byte{b}, 0), syscall.EACCES)
	fails(t, p, reader.Write(o, b, 0), syscall.EACCES)
	fails(t, p, reader.Writev(o, [][]byte{b}, 0), syscall.EACCES)
	fails(t, p, reader.Append(o, b), syscall.EACCES)
	var pathError *os.PathError
	if err := reader.Write(o, b, 0); !errors.As(err, &pathError) || pathError.Path != f.Name() {
		t.Errorf("the error is %#v; want one that names the file", err)
	}
	ok(t, f.Close())
	fails(t, p, f.Read(o, b, 0), os.ErrClosed)
	if o.InFlight() {
		t.Error("an operation that failed at its start is in flight")
	}
}

func TestFileErrorsInThePacket(t *testing.T) {
	p := newPort(t)
	var pathError *os.PathError
	o := &op{}
	dir := openFile(t, p, t.TempDir(), os.O_RDONLY) // A20
	ok(t, dir.Read(o, make([]byte, 10), 0))
	if c := expect(t, p, o, 0, syscall.EISDIR); !errors.As(c.Err, &pathError) || pathError.Op != "read" || pathError.Path != dir.Name() {
		t.Errorf("the error is %#v", c.Err)
	}
	full := openFile(t, p, "/dev/full", os.O_WRONLY)
	ok(t, full.Write(o, []byte("x"), 0))
	expect(t, p, o, 0, syscall.ENOSPC)
	ok(t, full.Writev(o, [][]byte{[]byte("x"), []byte("y")}, 0))
	expect(t, p, o, 0, syscall.ENOSPC)
}

func TestFileAppend(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, p, []byte("start"))
	appending := openFile(t, p, f.Name(), os.O_WRONLY|os.O_APPEND)
	const n = 50
	for i := range n {
		if i%2 == 0 {
			ok(t, f.Append(&op{}, []byte("+five")))
		} else {
			ok(t, appending.Write(&op{}, []byte("+five"), 2)) // G10
		}
	}
	for range n {
		compare(t, get(t, p), 5, nil)
	}
	got, err := os.ReadFile(f.Name())
	ok(t, err)
	same(t, got, []byte("start"+string(bytes.Repeat([]byte("+five"), n))))
	o := &op{}
	ok(t, appending.Writev(o, [][]byte{[]byte("a"), []byte("b")}, 0))
	expect(t, p, o, 2, nil)
	ok(t, f.Append(o, nil))
	expect(t, p, o, 0, nil)
	if size, err := f.Size(); err != nil || size != 5+5*n+2 {
		t.Errorf("the size is %d, %v", size, err)
	}
}

func TestFileVectors(t *testing.T) {
	p := newPort(t)
	content := pattern(30011)
	for _, piece := range []int{1 << 20, 10000, 7} { // the last makes 4288 vectors
		f, o := tempFile(t, p, nil), &op{name: "vectors"}
		bufs := cut(content, piece)
		ok(t, f.Writev(o, bufs, 5))
		clear(bufs)
		expect(t, p, o, int64(len(content)), nil)
		got := make([]byte, len(content)+5)
		ok(t, f.Readv(o, cut(got, piece), 0))
		expect(t, p, o, int64(len(got)), nil)
		same(t, got[5:], content)

		ok(t, f.Readv(o, cut(got, piece), 20000)) // to the end only
		expect(t, p, o, int64(len(content)+5-20000), nil)
		same(t, got[:len(content)+5-20000], content[20000-5:])
		ok(t, f.Readv(o, cut(got, piece), 1<<20))
		expect(t, p, o, 0, io.EOF)
	}
}

func TestFileEmptyVectors(t *testing.T) {
	p := newPort(t)
	f, o := tempFile(t, p, []byte("content")), &op{}
	for _, bufs := range [][][]byte{nil, {}, {nil}, {{}, nil, {}}} {
		ok(t, f.Readv(o, bufs, 0))
		expect(t, p, o, 0, nil)
		ok(t, f.Readv(o, bufs, 100))
		expect(t, p, o, 0, nil)
		ok(t, f.Writev(o, bufs, 100))
		expect(t, p, o, 0, nil)
	}
	if size, _ := f.Size(); size != 7 {
		t.Errorf("empty writes made the file %d bytes long", size)
	}
}

func TestFileSyncNeedsNoRight(t *testing.T) {
	p := newPort(t)
	f, o := tempFile(t, p, nil), &op{}
	ok(t, openFile(t, p, f.Name(), os.O_RDONLY).Sync(o))
	expect(t, p, o, 0, nil)
}

func TestFileProperties(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, p, []byte("content"))
	if size, err := f.Size(); size != 7 || err != nil {
		t.Errorf("Size is %d, %v", size, err)
	}
	ok(t, f.Truncate(3))
	info, err := f.Stat()
	ok(t, err)
	if info.Size() != 3 || info.Name() != "file" || info.Mode() != 0o600 {
		t.Errorf("Stat is %d, %q, %v", info.Size(), info.Name(), info.Mode())
	}
	refuses(t, f.Truncate(-1), syscall.EINVAL)
	quiet(t, p) // F23
	ok(t, f.Close())
	_, sizeErr := f.Size()
	_, statErr := f.Stat()
	for _, err := range []error{sizeErr, statErr, f.Truncate(0), f.Close()} {
		refuses(t, err, os.ErrClosed, ErrInvalidHandle)
	}
	if _, err := f.Duplicate(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("duplicating a closed file gave %v", err)
	}
}

func TestOpenFileErrors(t *testing.T) {
	checkLeaks(t)
	_, err := OpenFile(t.TempDir()+"/missing", os.O_RDONLY, 0)
	refuses(t, err, os.ErrNotExist)
	_, err = NewFile(nil)
	refuses(t, err, ErrInvalidParameter)
	f, err := os.Open(os.DevNull)
	ok(t, err)
	f.Close()
	_, err = NewFile(f)
	refuses(t, err, os.ErrClosed)
}

func TestDirectFile(t *testing.T) {
	p := newPort(t)
	name := t.TempDir() + "/direct"
	f, err := OpenFile(name, os.O_RDWR|os.O_CREATE|ODirect, 0o600)
	if errors.Is(err, syscall.EINVAL) {
		t.Skip("the file system of the temporary folder knows no O_DIRECT")
	}
	ok(t, err)
	associate(t, p, f, nil)
	o := &op{}
	out, in := AlignedBuffer(1<<16), AlignedBuffer(1<<16)
	copy(out, pattern(len(out)))
	ok(t, f.Write(o, out, 0))
	if c := get(t, p); errors.Is(c.Err, syscall.EINVAL) {
		t.Skip("the device needs a coarser alignment than a page")
	}
	ok(t, f.Read(o, in, 0))
	expect(t, p, o, int64(len(in)), nil)
	same(t, in, out)
}

func TestAlignedBuffer(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 4095, 4096, 4097, 1 << 20} {
		b := AlignedBuffer(n)
		if len(b) < n || len(b) == 0 || len(b)%4096 != 0 || cap(b) != len(b) || uintptr(pointer(b))%4096 != 0 {
			t.Errorf("AlignedBuffer(%d): %d bytes at %p", n, len(b), pointer(b))
		}
	}
}

func TestFileDuplicateSharesTheFile(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, p, []byte("content"))
	d, err := f.Duplicate()
	ok(t, err)
	ok(t, f.Close())
	o, buf := &op{}, make([]byte, 7)
	ok(t, d.Read(o, buf, 0))
	expect(t, p, o, 7, nil)
	same(t, buf, []byte("content"))
	ok(t, d.Close())
	fails(t, p, d.Read(o, buf, 0), os.ErrClosed)
}

func TestWithFileLendsTheDescriptor(t *testing.T) {
	name := t.TempDir() + "/lent"
	ok(t, os.WriteFile(name, []byte("lent, not given"), 0o600))
	f, err := os.Open(name)
	ok(t, err)
	p := newPort(t)
	c, far := tcpPair(t, p)
	o, stop := &op{}, errors.New("stop")
	var taken atomic.Bool
	err = WithFile(f, func(lent *File) error {
		ok(t, c.SendFile(o, lent, 6, 3, nil, nil))
		go func() {
			taken.Store(true)
			expect(t, p, o, 3, nil)
		}()
		return stop // WithFile waits until the packet has been taken
	})
	if err != stop || !taken.Load() {
		t.Errorf("WithFile gave %v, packet taken %v; want what the function returned, and true", err, taken.Load())
	}
	got := make([]byte, 3)
	_, err = io.ReadFull(far, got)
	if ok(t, err); string(got) != "not" {
		t.Errorf("%q was sent; want what stands at offset 6", got)
	}
	b, err := io.ReadAll(f) // still open, and its offset where it was
	if ok(t, err); string(b) != "lent, not given" {
		t.Errorf("the file reads %q", b)
	}
	ok(t, f.Close())
	if err := WithFile(f, nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("WithFile of a closed file gave %v", err)
	}
	if err := WithFile(nil, nil); !errors.Is(err, ErrInvalidParameter) {
		t.Errorf("WithFile of nil gave %v", err)
	}
	r, w, err := os.Pipe()
	ok(t, err)
	defer r.Close()
	defer w.Close()
	if err := WithFile(r, nil); !errors.Is(err, ErrInvalidParameter) {
		t.Errorf("WithFile of a pipe gave %v", err)
	}
}
