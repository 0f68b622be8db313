// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"syscall"

	"iocp"
)

// groupG: files.
var groupG = []rule{
	{id: "G01", part: "single", run: readAndWrite},
	{id: "G01", part: "vectors", run: readAndWriteVectors},
	{id: "G02", run: offsetOfCall},
	{id: "G03", run: filePointerStays},
	{id: "G04", run: readAtEnd},
	{id: "G05", run: readAcrossEnd},
	{id: "G06", run: readNothing},
	{id: "G07", run: writeNothingPastEnd},
	{id: "G08", part: "gap", run: writePastEnd},
	{id: "G08", part: "4GiB", run: writeFarOut},
	{id: "G09", part: "one", run: appendAtEnd},
	{id: "G09", part: "many", run: appendsAreAtomic},
	{id: "G10", run: appendOnlyHandle},
	{id: "G11", run: negativeOffsets},
	{id: "G12", run: overflowingOffset},
	{id: "G13", run: wrongDirection},
}

// G01: reads and writes give their packets.
func readAndWrite(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "")
	var w, r, y op
	s.must(f.Write(&w, []byte("hello"), 0), "Write")
	s.expect(p, &w, 1, 5, nil)
	s.content(f, "hello")
	buf := make([]byte, 5)
	s.must(f.Read(&r, buf, 0), "Read")
	s.expect(p, &r, 1, 5, nil)
	s.check(string(buf) == "hello", "read %q", buf)
	s.must(f.Sync(&y), "Sync")
	s.expect(p, &y, 1, 0, nil)
	s.none(p)
}

// G01: several buffers in one operation.
func readAndWriteVectors(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "")
	var w, r op
	s.must(f.Writev(&w, [][]byte{[]byte("ab"), nil, []byte("cde")}, 1), "Writev")
	s.expect(p, &w, 1, 5, nil)
	s.content(f, "\x00abcde")
	x, y := make([]byte, 4), make([]byte, 4)
	s.must(f.Readv(&r, [][]byte{x, {}, y}, 0), "Readv")
	s.expect(p, &r, 1, 6, nil)
	s.check(string(x) == "\x00abc" && string(y[:2]) == "de", "read %q and %q", x, y)
}

// readAt reads and checks what was read.
func (s *scene) readAt(p *iocp.Port, f *iocp.File, off int64, want string) {
	s.t.Helper()
	var o op
	buf := make([]byte, len(want))
	s.must(f.Read(&o, buf, off), "Read")
	s.expect(p, &o, f.Key(), int64(len(want)), nil)
	s.check(string(buf) == want, "read %q at %d, want %q", buf, off, want)
}

// G02: the offset is that of the call, every time.
func offsetOfCall(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "0123456789")
	for _, off := range []int64{2, 2, 0, 6, 2} {
		s.readAt(p, f, off, "0123456789"[off:off+4])
	}
}

// G03: the file pointer neither counts nor moves.
func filePointerStays(s *scene) {
	p := s.port(1)
	of, err := os.OpenFile(s.path("abcdefgh"), os.O_RDWR, 0)
	s.must(err, "opening a file")
	_, err = of.Seek(4, io.SeekStart)
	s.must(err, "seeking")
	f, err := iocp.NewFile(of)
	if err != nil {
		of.Close()
	}
	s.must(err, "adopting a file")
	s.later(func() { f.Close() })
	s.associate(p, f, 1)
	s.pointer(f, 4)
	s.readAt(p, f, 0, "ab")
	s.readAt(p, f, 0, "ab")
	s.pointer(f, 4)
	var w op
	s.must(f.Write(&w, []byte("X"), 1), "Write")
	s.expect(p, &w, 1, 1, nil)
	s.pointer(f, 4)
	s.content(f, "aXcdefgh")
}

// pointer checks where the file pointer is.
func (s *scene) pointer(f *iocp.File, want int64) {
	s.t.Helper()
	if _, ok := s.world.(simulated); ok { // its descriptors are not the system's
		s.skip("the simulated machine has no file pointers")
	}
	rc, err := f.SyscallConn()
	s.must(err, "SyscallConn")
	var at int64
	var seekErr error
	s.must(rc.Control(func(fd uintptr) { at, seekErr = filePointer(fd) }), "Control")
	if seekErr != nil {
		s.skip("the file pointer cannot be read here: %v", seekErr)
	}
	s.check(at == want, "the file pointer is at %d, want %d", at, want)
}

// G04: a read that starts at the end, or behind it, says so in its packet.
func readAtEnd(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "abc")
	for _, off := range []int64{3, 4, 1 << 40} {
		var o op
		s.must(f.Read(&o, make([]byte, 4), off), "Read")
		s.expect(p, &o, 1, 0, io.EOF)
		n, err := o.Result()
		s.check(n == 0 && err == io.EOF, "the result is %d, %v; want 0, io.EOF", n, err)
	}
}

// G05: a read that crosses the end is a short success.
func readAcrossEnd(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "abcdef")
	var o op
	buf := []byte("..........")
	s.must(f.Read(&o, buf, 4), "Read")
	s.expect(p, &o, 1, 2, nil)
	s.check(string(buf) == "ef........", "the buffer holds %q", buf)
}

// G06: a read of nothing succeeds, wherever it is.
func readNothing(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "abc")
	for _, off := range []int64{0, 3, 100} {
		for _, buf := range [][]byte{nil, {}} {
			var o op
			s.must(f.Read(&o, buf, off), "Read")
			s.expect(p, &o, 1, 0, nil)
		}
	}
}

// G07: a write of nothing succeeds and extends nothing.
func writeNothingPastEnd(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "abc")
	var o op
	s.must(f.Write(&o, nil, 100), "Write")
	s.expect(p, &o, 1, 0, nil)
	s.content(f, "abc")
}

// G08: a write behind the end extends the file, with zeros before it.
func writePastEnd(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "abc")
	var o op
	s.must(f.Write(&o, []byte("x"), 10), "Write")
	s.expect(p, &o, 1, 1, nil)
	s.content(f, "abc\x00\x00\x00\x00\x00\x00\x00x")
}

// G08: offsets have more than 32 bits.
func writeFarOut(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "")
	const off int64 = 1<<32 + 5
	var o op
	s.must(f.Write(&o, []byte("xy"), off), "Write")
	c := s.next(p)
	for _, no := range []error{syscall.EFBIG, syscall.EINVAL, syscall.ENOSPC} {
		if errors.Is(c.Err, no) {
			s.skip("this file system has no files of 4 GiB: %v", c.Err)
		}
	}
	s.same(c, &o, 1, 2, nil)
	size, err := f.Size()
	s.must(err, "Size")
	s.check(size == off+2, "the file has %d bytes, want %d", size, off+2)
	s.readAt(p, f, off-2, "\x00\x00xy")
}

// G09: an append writes at the end, wherever that is.
func appendAtEnd(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "abc")
	var o op
	for _, more := range []string{"de", "f"} {
		s.must(f.Append(&o, []byte(more)), "Append")
		s.expect(p, &o, 1, int64(len(more)), nil)
	}
	s.content(f, "abcdef")
	s.readAt(p, f, 0, "abcdef")
}

// G09: appends that are in flight together do not overwrite each other, nor those made
// through another open file.
func appendsAreAtomic(s *scene) {
	const each, size = 50, 100
	p := s.port(1)
	f := s.file(p, "f", "")
	g := s.open(f.Name(), os.O_RDWR)
	s.associate(p, g, "g")
	ops := make([]op, 2*each)
	for i := range each {
		s.must(f.Append(&ops[2*i], bytes.Repeat([]byte("f"), size)), "Append")
		s.must(g.Append(&ops[2*i+1], bytes.Repeat([]byte("g"), size)), "Append")
	}
	for range ops {
		c := s.next(p)
		s.check(c.Bytes == size && c.Err == nil, "an append gives %v", c)
	}
	got, err := s.world.readFile(f.Name())
	s.must(err, "reading the file")
	s.check(len(got) == 2*each*size, "the file has %d bytes, want %d", len(got), 2*each*size)
	for ; len(got) > 0; got = got[size:] {
		record := string(got[:size])
		s.check(strings.Trim(record, record[:1]) == "", "an append was torn: %q", record)
	}
}

// G10: on a file opened for appending the offset is ignored.
func appendOnlyHandle(s *scene) {
	p := s.port(1)
	f := s.open(s.path("abc"), os.O_WRONLY|os.O_APPEND)
	s.associate(p, f, 1)
	var o op
	s.must(f.Write(&o, []byte("de"), 0), "Write")
	s.expect(p, &o, 1, 2, nil)
	s.content(f, "abcde")
}

// invalid checks that an operation was refused because of its arguments.
func (s *scene) invalid(err error, o *op) {
	s.t.Helper()
	s.refused(err, o, iocp.ErrInvalidParameter, syscall.EINVAL)
}

// G11: no offset is negative, not even one with a meaning elsewhere.
func negativeOffsets(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "abc")
	buf := []byte("xyz")
	var o op
	for _, off := range []int64{-1, -2, math.MinInt64} {
		s.invalid(f.Read(&o, buf, off), &o)
		s.invalid(f.Write(&o, buf, off), &o)
		s.invalid(f.Readv(&o, [][]byte{buf}, off), &o)
		s.invalid(f.Writev(&o, [][]byte{buf}, off), &o)
	}
	s.none(p)
	s.content(f, "abc")
}

// G12: nor may the end of the transfer lie behind the largest offset.
func overflowingOffset(s *scene) {
	p := s.port(1)
	f := s.file(p, 1, "abc")
	buf := []byte("xyz")
	var o op
	for _, off := range []int64{math.MaxInt64, math.MaxInt64 - 1} {
		s.invalid(f.Read(&o, buf, off), &o)
		s.invalid(f.Write(&o, buf, off), &o)
		s.invalid(f.Writev(&o, [][]byte{buf[:1], buf[1:]}, off), &o)
	}
	s.none(p)
	s.content(f, "abc")
}

// G13: a file open for reading is not written, nor the reverse.
func wrongDirection(s *scene) {
	p := s.port(1)
	name := s.path("abc")
	r, w := s.open(name, os.O_RDONLY), s.open(name, os.O_WRONLY)
	s.associate(p, r, 1)
	s.associate(p, w, 2)
	buf := []byte("xyz")
	var o op
	s.refused(w.Read(&o, buf, 0), &o, syscall.EACCES)
	s.refused(w.Readv(&o, [][]byte{buf}, 0), &o, syscall.EACCES)
	s.refused(r.Write(&o, buf, 0), &o, syscall.EACCES)
	s.refused(r.Writev(&o, [][]byte{buf}, 0), &o, syscall.EACCES)
	s.refused(r.Append(&o, buf), &o, syscall.EACCES)
	s.none(p)
	s.content(r, "abc")
}
