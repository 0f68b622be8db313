// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFileReadBypassesTheCacheWhenItIsCold(t *testing.T) {
	p := newPort(t)
	content := pattern(1 << 20)
	f := tempFile(t, p, content)
	o := &op{}
	ok(t, f.Sync(o))
	expect(t, p, o, 0, nil)
	rc, err := f.SyscallConn()
	ok(t, err)
	ok(t, rc.Control(func(fd uintptr) {
		ok(t, unix.Fadvise(int(fd), 0, 0, unix.FADV_DONTNEED))
	}))
	buf := make([]byte, len(content))
	ok(t, f.Read(o, buf, 0))
	expect(t, p, o, int64(len(buf)), nil)
	same(t, buf, content)
}

// The files of proc(5) say that they are empty and give a page at a time.
func TestFileReadFillsTheBufferFromAnUnsizedFile(t *testing.T) {
	const name = "/proc/kallsyms"
	want, err := os.ReadFile(name)
	if err != nil || len(want) < 100_000 {
		t.Skipf("skip: %s has %d bytes here, %v", name, len(want), err)
	}
	p := newPort(t)
	f, err := OpenFile(name, os.O_RDONLY, 0)
	ok(t, err)
	associate(t, p, f, "proc")
	o, buf := &op{name: "read"}, make([]byte, 50_000)
	ok(t, f.Read(o, buf, 0))
	expect(t, p, o, int64(len(buf)), nil)
	same(t, buf, want[:len(buf)])
	ok(t, f.Readv(o, cut(buf, 7_000), 0))
	expect(t, p, o, int64(len(buf)), nil)
	same(t, buf, want[:len(buf)])

	all, off := make([]byte, len(want)+1), int64(len(want)-10_000)
	ok(t, f.Read(o, all[off:], off))
	expect(t, p, o, 10_000, nil) // G05
	same(t, all[off:len(want)], want[off:])
	ok(t, f.Read(o, buf, int64(len(want))))
	expect(t, p, o, 0, io.EOF)
}
