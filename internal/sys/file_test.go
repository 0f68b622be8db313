// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestDescribeFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	for flag, want := range map[int]FileStatus{
		os.O_RDWR:                 {Read: true, Write: true},
		os.O_RDONLY:               {Read: true},
		os.O_WRONLY:               {Write: true},
		os.O_WRONLY | os.O_APPEND: {Write: true, Append: true},
	} {
		fd, err := Host.OpenFile(name, flag|os.O_CREATE, 0o600)
		must(t, err)
		got, errno := Host.Describe(fd)
		ok(t, errno)
		want.Try, want.Unsized = got.Try, got.Try
		if got != want {
			t.Errorf("flags %#x: %+v, want %+v", flag, got, want)
		}
		ok(t, Host.Close(fd))
	}
}

func TestDescribeOthers(t *testing.T) {
	r, w, err := os.Pipe()
	must(t, err)
	in, out := adopted(t, r), adopted(t, w)
	dir, err := os.Open(t.TempDir())
	must(t, err)
	for fd, want := range map[int32]FileStatus{
		in:              {Read: true, Special: true, Stream: true},
		out:             {Write: true, Special: true, Stream: true},
		adopted(t, dir): {Read: true},
	} {
		if got, errno := Host.Describe(fd); got != want || errno != 0 {
			t.Errorf("%+v, %v; want %+v", got, errno, want)
		}
	}
}

func TestOpenFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	var e *fs.PathError
	if _, err := Host.OpenFile(name, os.O_RDWR, 0); !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &e) {
		t.Errorf("a file that is not there: %v", err)
	}
	fd, err := Host.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	must(t, err)
	defer Host.Close(fd)
	ok(t, Host.Truncate(fd, 12345))
	if s, errno := Host.Describe(fd); s.Unsized || errno != 0 {
		t.Errorf("a file with a size: %+v, %v", s, errno)
	}
	if n, errno := Host.Size(fd); n != 12345 || errno != 0 {
		t.Errorf("Size: %d, %v", n, errno)
	}
	info, err := Host.Stat(fd, name)
	must(t, err)
	if info.Size() != 12345 || info.Name() != "f" {
		t.Errorf("Stat: %d bytes, %q", info.Size(), info.Name())
	}
	direct, err := Host.OpenFile(name, os.O_RDONLY|ODirect, 0)
	if err != nil {
		t.Skip("skip: no O_DIRECT here: ", err)
	}
	defer Host.Close(direct)
	if s, errno := Host.Describe(direct); errno != 0 || !s.Read || ODirect != 0 && s.Try {
		t.Errorf("with ODirect: %+v, %v", s, errno)
	}
}

func TestDescribeTerminal(t *testing.T) {
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("skip: no terminal can be opened: ", err)
	}
	want := FileStatus{Read: true, Write: true, Special: true, Stream: true}
	if got, errno := Host.Describe(adopted(t, f)); got != want || errno != 0 {
		t.Errorf("%+v, %v; want %+v", got, errno, want)
	}
}

func TestDescribeNullDevice(t *testing.T) {
	fd, err := Host.OpenFile(os.DevNull, os.O_RDWR, 0)
	must(t, err)
	defer Host.Close(fd)
	if s, errno := Host.Describe(fd); !s.Special || s.Try || errno != 0 {
		t.Errorf("%+v, %v", s, errno)
	}
}
