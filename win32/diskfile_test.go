// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"iocp"
)

// associated associates h with a new port.
func associated(t testing.TB, h HANDLE, key uintptr) HANDLE {
	t.Helper()
	port := newTestPort(t, 1)
	_, err := CreateIoCompletionPort(h, port, key, 0)
	wantErr(t, err, 0, "CreateIoCompletionPort")
	return port
}

// wantPacket takes a packet and compares it.
func wantPacket(t testing.TB, port HANDLE, ov *OVERLAPPED, bytes uint32, want Errno) {
	t.Helper()
	var n uint32
	var got *OVERLAPPED
	err := GetQueuedCompletionStatus(port, &n, nil, &got, 10_000)
	if got != ov || n != bytes {
		t.Fatalf("packet: %p, %d bytes, %v; want %p, %d", got, n, err, ov, bytes)
	}
	wantErr(t, err, want, "packet")
}

// wantNoPacket fails if there is one already.
func wantNoPacket(t testing.TB, port HANDLE) {
	t.Helper()
	var ov *OVERLAPPED
	if err := GetQueuedCompletionStatus(port, nil, nil, &ov, 0); err != WAIT_TIMEOUT || ov != nil {
		t.Fatalf("packet: %p, %v; want none", ov, err)
	}
}

func wantStarted(t testing.TB, err error, what string) {
	t.Helper()
	if err != nil && err != ERROR_IO_PENDING {
		t.Fatalf("%s: %v", what, err)
	}
}

func at(off int64) *OVERLAPPED {
	return &OVERLAPPED{Offset: uint32(off), OffsetHigh: uint32(uint64(off) >> 32)}
}

func TestWaitingHandleHasAPosition(t *testing.T) {
	h, name := newFileWith(t, "0123456789", 0)
	read := func(n int, want string) {
		t.Helper()
		buf := make([]byte, n)
		done := uint32(99)
		wantErr(t, ReadFile(h, buf, &done, nil), 0, "ReadFile")
		if string(buf[:done]) != want {
			t.Fatalf("read %q, want %q", buf[:done], want)
		}
	}
	move := func(distance int64, method uint32, want int64) {
		t.Helper()
		pos := int64(-1)
		wantErr(t, SetFilePointerEx(h, distance, &pos, method), 0, "SetFilePointerEx")
		if pos != want {
			t.Fatalf("position %d, want %d", pos, want)
		}
	}
	read(3, "012")
	read(3, "345")
	move(0, FILE_CURRENT, 6)
	move(-4, FILE_CURRENT, 2)
	read(2, "23")
	move(-1, FILE_END, 9)
	read(5, "9")
	read(5, "") // the end, with success
	buf := make([]byte, 2)
	done := uint32(99)
	wantErr(t, ReadFile(h, buf, &done, at(4)), 0, "ReadFile at an offset")
	if string(buf) != "45" || done != 2 {
		t.Fatalf("read %q, %d", buf, done)
	}
	read(1, "6") // the position is behind what was read
	wantErr(t, ReadFile(h, buf, &done, at(10)), ERROR_HANDLE_EOF, "ReadFile at the end, with an OVERLAPPED")
	wantErr(t, ReadFile(h, buf, &done, at(atEnd)), ERROR_INVALID_PARAMETER, "ReadFile at -1")
	wantErr(t, SetFilePointerEx(h, 4, nil, FILE_BEGIN), 0, "SetFilePointerEx")
	wantErr(t, ReadFile(h, buf, &done, at(atPointer)), 0, "ReadFile at -2")
	wantErr(t, WriteFile(h, []byte("x"), &done, nil), 0, "WriteFile")
	move(0, FILE_CURRENT, 7)
	wantErr(t, WriteFile(h, []byte("end"), &done, at(atEnd)), 0, "WriteFile at -1")
	move(0, FILE_CURRENT, 13)
	wantContent(t, name, "012345x789end")
}

func TestPositionOfTwoHandlesOnOneOpenFile(t *testing.T) {
	h, name := newFileWith(t, "abcdef", 0)
	var d HANDLE
	wantErr(t, DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &d, 0, false, DUPLICATE_SAME_ACCESS), 0, "DuplicateHandle")
	defer CloseHandle(d)
	other := create(t, name, GENERIC_READ, OPEN_EXISTING, 0)
	for _, c := range []struct {
		h    HANDLE
		want string
	}{{h, "ab"}, {d, "cd"}, {other, "ab"}, {h, "ef"}} {
		buf := make([]byte, 2)
		wantErr(t, ReadFile(c.h, buf, nil, nil), 0, "ReadFile")
		if string(buf) != c.want {
			t.Errorf("read %q, want %q", buf, c.want)
		}
	}
}

func TestSetFilePointerRefuses(t *testing.T) {
	h, _ := newFileWith(t, "abc", 0)
	for _, c := range []struct {
		distance int64
		method   uint32
		want     Errno
	}{
		{-1, FILE_BEGIN, ERROR_NEGATIVE_SEEK},
		{-4, FILE_END, ERROR_NEGATIVE_SEEK},
		{0, 3, ERROR_INVALID_PARAMETER},
		{1<<63 - 1, FILE_END, ERROR_INVALID_PARAMETER},
		{-1 << 63, FILE_BEGIN, ERROR_NEGATIVE_SEEK},
	} {
		pos := int64(77)
		wantErr(t, SetFilePointerEx(h, c.distance, &pos, c.method), c.want, "SetFilePointerEx")
		if pos != 77 {
			t.Error("the position was written")
		}
	}
	wantErr(t, SetFilePointerEx(newTestPort(t, 1), 0, nil, FILE_BEGIN), ERROR_INVALID_HANDLE, "of a port")
}

func TestEndOfFile(t *testing.T) {
	for _, flags := range []uint32{0, FILE_FLAG_OVERLAPPED} {
		h, name := newFileWith(t, "abcdef", flags)
		wantErr(t, SetFilePointerEx(h, 2, nil, FILE_BEGIN), 0, "SetFilePointerEx")
		wantErr(t, SetEndOfFile(h), 0, "SetEndOfFile")
		var size int64
		wantErr(t, GetFileSizeEx(h, &size), 0, "GetFileSizeEx")
		if size != 2 {
			t.Error("size", size)
		}
		wantErr(t, GetFileSizeEx(h, nil), ERROR_INVALID_PARAMETER, "GetFileSizeEx(nil)")
		wantContent(t, name, "ab")
		reader := create(t, name, GENERIC_READ, OPEN_EXISTING, flags)
		wantErr(t, SetEndOfFile(reader), ERROR_ACCESS_DENIED, "SetEndOfFile")
		wantErr(t, FlushFileBuffers(reader), ERROR_ACCESS_DENIED, "FlushFileBuffers")
		wantErr(t, FlushFileBuffers(h), 0, "FlushFileBuffers")
	}
}

func TestClosedHandleOfAFile(t *testing.T) {
	for _, flags := range []uint32{0, FILE_FLAG_OVERLAPPED} {
		h, _ := newFileWith(t, "abc", flags)
		CloseHandle(h)
		done := uint32(5)
		wantErr(t, ReadFile(h, make([]byte, 1), &done, at(0)), ERROR_INVALID_HANDLE, "ReadFile")
		if done != 0 {
			t.Error("the count is", done)
		}
		wantErr(t, SetEndOfFile(h), ERROR_INVALID_HANDLE, "SetEndOfFile")
		wantErr(t, FlushFileBuffers(h), ERROR_INVALID_HANDLE, "FlushFileBuffers")
		wantErr(t, GetFileSizeEx(h, new(int64)), ERROR_INVALID_HANDLE, "GetFileSizeEx")
		wantErr(t, LockFileEx(h, 0, 0, 1, 0, at(0)), ERROR_INVALID_HANDLE, "LockFileEx")
		_, err := GetFileType(h)
		wantErr(t, err, ERROR_INVALID_HANDLE, "GetFileType")
	}
}

// What was looked up may have been closed by the time it is used.
func TestFileClosedUnderACall(t *testing.T) {
	for _, flags := range []uint32{0, FILE_FLAG_OVERLAPPED} {
		h, _ := newFileWith(t, "abc", flags)
		if flags != 0 {
			associated(t, h, 0)
		}
		f, _, err := fileOf(h)
		wantErr(t, err, 0, "fileOf")
		CloseHandle(h)
		op, err := f.begin(at(0))
		if err == nil {
			err = op.started(false, f.dev.read(op, make([]byte, 1)), nil)
		}
		wantErr(t, err, ERROR_INVALID_HANDLE, "read")
		if d, ok := f.dev.(flusher); !ok || d.flush() != ERROR_INVALID_HANDLE {
			t.Error("flush of a closed file")
		}
	}
}

func TestAppendOnlyHandleThatWaits(t *testing.T) {
	_, name := newFileWith(t, "abc", 0)
	h := create(t, name, FILE_APPEND_DATA, OPEN_EXISTING, 0)
	wantErr(t, WriteFile(h, []byte("d"), nil, nil), 0, "WriteFile")
	wantErr(t, WriteFile(h, []byte("e"), nil, at(0)), 0, "WriteFile")
	wantErr(t, ReadFile(h, make([]byte, 1), nil, nil), ERROR_ACCESS_DENIED, "ReadFile")
	wantContent(t, name, "abcde")
}

func TestTransferPastTheCache(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	h, err := CreateFile(name, GENERIC_READ|GENERIC_WRITE, 0, CREATE_NEW, FILE_FLAG_OVERLAPPED|FILE_FLAG_NO_BUFFERING, 0)
	if err == ERROR_INVALID_PARAMETER {
		t.Skip("the file system has no direct I/O")
	}
	wantErr(t, err, 0, "CreateFile")
	defer CloseHandle(h)
	port := associated(t, h, 0)
	page := os.Getpagesize()
	buf := pages(2)
	copy(buf[page:], "second")
	ov := at(0)
	wantStarted(t, WriteFile(h, buf, nil, ov), "WriteFile")
	wantPacket(t, port, ov, uint32(len(buf)), 0)
	for what, try := range map[string]error{
		"offset": ReadFile(h, buf, nil, at(1)),
		"length": ReadFile(h, buf[:page-1], nil, at(0)),
		"append": WriteFile(h, buf[:1], nil, at(atEnd)),
	} {
		wantErr(t, try, ERROR_INVALID_PARAMETER, what)
	}
	got := pages(1)
	ov = at(int64(page))
	wantStarted(t, ReadFile(h, got, nil, ov), "ReadFile")
	wantPacket(t, port, ov, uint32(page), 0)
	if string(got[:6]) != "second" {
		t.Errorf("read %q", got[:6])
	}
	wantStarted(t, ReadFile(h, got[:0], nil, ov), "ReadFile of nothing")
	wantPacket(t, port, ov, 0, 0)
}

func TestEndOfFilePastTheCache(t *testing.T) {
	for _, flags := range []uint32{0, FILE_FLAG_OVERLAPPED} {
		_, name := newFileWith(t, string(make([]byte, 700)), 0)
		h, err := CreateFile(name, GENERIC_READ, shareAll, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING|flags, 0)
		if err != nil {
			t.Skip("the file system has no direct I/O: ", err)
		}
		defer CloseHandle(h)
		ov, n := at(0), uint32(0)
		buf := pages(1)
		if err := ReadFile(h, buf, &n, ov); err != ERROR_IO_PENDING {
			wantErr(t, err, 0, "ReadFile")
		} else {
			wantErr(t, GetOverlappedResult(h, ov, &n, true), 0, "GetOverlappedResult")
		}
		if n != 700 {
			t.Errorf("%d bytes, want 700", n)
		}
		ov = at(int64(len(buf)))
		if err := ReadFile(h, buf, &n, ov); err != ERROR_IO_PENDING {
			wantErr(t, err, ERROR_HANDLE_EOF, "ReadFile")
		} else {
			wantErr(t, GetOverlappedResult(h, ov, &n, true), ERROR_HANDLE_EOF, "GetOverlappedResult")
		}
	}
}

// pages returns memory of n pages, on a page boundary.
func pages(n int) []byte {
	page := os.Getpagesize()
	b := make([]byte, (n+1)*page)
	for i := range page {
		if (alignment{memory: uint64(page), offset: 1}).fits(b[i:], 0) {
			return b[i : i+n*page : i+n*page]
		}
	}
	panic("no page boundary in a page")
}

func TestScatterRefuses(t *testing.T) {
	plain, name := newFileWith(t, "abc", FILE_FLAG_OVERLAPPED)
	page := uint32(os.Getpagesize())
	one := [][]byte{pages(1)}
	wantErr(t, ReadFileScatter(plain, one, page, nil, at(0)), ERROR_INVALID_PARAMETER, "through the cache")
	h, err := CreateFile(name, GENERIC_READ|GENERIC_WRITE, shareAll, OPEN_EXISTING, FILE_FLAG_OVERLAPPED|FILE_FLAG_NO_BUFFERING, 0)
	if err != nil {
		t.Skip("the file system has no direct I/O: ", err)
	}
	defer CloseHandle(h)
	port := associated(t, h, 0)
	var reserved uint32
	for what, err := range map[string]error{
		"no OVERLAPPED":       ReadFileScatter(h, one, page, nil, nil),
		"reserved":            ReadFileScatter(h, one, page, &reserved, at(0)),
		"too few segments":    ReadFileScatter(h, one, page+1, nil, at(0)),
		"no segment":          WriteFileGather(h, nil, page, nil, at(0)),
		"a short segment":     WriteFileGather(h, [][]byte{one[0][:page-1]}, page, nil, at(0)),
		"not on a boundary":   WriteFileGather(h, [][]byte{pages(2)[1:]}, page, nil, at(0)),
		"an odd length":       ReadFileScatter(h, one, page-1, nil, at(0)),
		"an odd offset":       ReadFileScatter(h, one, page, nil, at(1)),
		"a negative offset":   ReadFileScatter(h, one, page, nil, at(-int64(page))),
		"an append":           WriteFileGather(h, one, page, nil, at(atEnd)),
		"an offset too large": WriteFileGather(h, one, page, nil, at(math.MaxInt64-int64(page)+1)),
	} {
		wantErr(t, err, ERROR_INVALID_PARAMETER, what)
	}
	wantNoPacket(t, port)
	reader, err := CreateFile(name, GENERIC_READ, shareAll, OPEN_EXISTING, FILE_FLAG_OVERLAPPED|FILE_FLAG_NO_BUFFERING, 0)
	wantErr(t, err, 0, "CreateFile")
	defer CloseHandle(reader)
	wantErr(t, WriteFileGather(reader, one, page, nil, at(0)), ERROR_ACCESS_DENIED, "of a reader")
}

func TestFileOperationsAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget at random")
	}
	buf := make([]byte, 512)
	var n uint32
	count := func(what string, f func()) {
		t.Helper()
		if n := testing.AllocsPerRun(500, f); n != 0 {
			t.Errorf("%s: %v allocations, want none", what, n)
		}
	}
	h, _ := newFileWith(t, string(buf), FILE_FLAG_OVERLAPPED)
	port := associated(t, h, 0)
	ov := at(0)
	var got *OVERLAPPED
	count("with a port", func() {
		ReadFile(h, buf, &n, ov)
		GetQueuedCompletionStatus(port, &n, nil, &got, INFINITE)
		WriteFile(h, buf, &n, ov)
		GetQueuedCompletionStatus(port, &n, nil, &got, INFINITE)
	})
	if n != 512 || got != ov {
		t.Error(n, got)
	}
	h, _ = newFileWith(t, string(buf), 0)
	count("without FILE_FLAG_OVERLAPPED", func() {
		WriteFile(h, buf, &n, ov)
		ReadFile(h, buf, &n, ov)
	})
	if n != 512 {
		t.Error(n)
	}
	h, _ = newFileWith(t, string(buf), FILE_FLAG_OVERLAPPED)
	event, err := CreateEvent(true, false)
	wantErr(t, err, 0, "CreateEvent")
	defer CloseHandle(event)
	ov.HEvent = event
	count("with an event", func() {
		ReadFile(h, buf, &n, ov)
		GetOverlappedResult(h, ov, &n, true)
		WriteFile(h, buf, &n, ov)
		GetOverlappedResult(h, ov, &n, true)
	})
	if ov.InternalHigh != 512 {
		t.Error(ov.InternalHigh)
	}
}

// BenchmarkReadFile compares a read from the cache with that of package iocp that it is made of.
func BenchmarkReadFile(b *testing.B) {
	buf := make([]byte, 512)
	b.Run("win32", func(b *testing.B) {
		h, _ := newFileWith(b, string(buf), FILE_FLAG_OVERLAPPED)
		port := associated(b, h, 0)
		ov := at(0)
		var n uint32
		var key uintptr
		var got *OVERLAPPED
		b.ReportAllocs()
		for b.Loop() {
			ReadFile(h, buf, nil, ov)
			if err := GetQueuedCompletionStatus(port, &n, &key, &got, INFINITE); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("iocp", func(b *testing.B) {
		_, name := newFileWith(b, string(buf), 0)
		f, err := iocp.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		p, err := iocp.NewPort(iocp.Config{Concurrency: 1})
		if err != nil {
			b.Fatal(err)
		}
		defer p.Close()
		if err := p.Associate(f, nil); err != nil {
			b.Fatal(err)
		}
		var op struct{ iocp.Overlapped }
		b.ReportAllocs()
		for b.Loop() {
			f.Read(&op, buf, 0)
			if _, err := p.Get(iocp.Infinite); err != nil {
				b.Fatal(err)
			}
		}
	})
}
