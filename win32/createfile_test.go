// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

const shareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE

// create opens a file for a test and closes it at its end.
func create(t testing.TB, name string, access, disposition, flags uint32) HANDLE {
	t.Helper()
	h, err := CreateFile(name, access, shareAll, disposition, flags, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { CloseHandle(h) })
	return h
}

func newFileWith(t testing.TB, content string, flags uint32) (HANDLE, string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return create(t, name, GENERIC_READ|GENERIC_WRITE, OPEN_EXISTING, flags), name
}

func wantErr(t testing.TB, err error, want Errno, what string) {
	t.Helper()
	if want == 0 && err != nil || want != 0 && err != want {
		t.Fatalf("%s: got %v, want %v", what, err, want)
	}
}

func wantContent(t testing.TB, name, want string) {
	t.Helper()
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Fatalf("the file has %q, %v; want %q", got, err, want)
	}
}

func TestCreateFileRefusesBadArguments(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	os.WriteFile(file, nil, 0o666)
	port := newTestPort(t, 1)
	for _, c := range []struct {
		what                              string
		name                              string
		access, share, disposition, flags uint32
		template                          HANDLE
		want                              Errno
	}{
		{"empty name", "", GENERIC_READ, 0, OPEN_EXISTING, 0, 0, ERROR_PATH_NOT_FOUND},
		{"zero byte", file + "\x00", GENERIC_READ, 0, OPEN_EXISTING, 0, 0, ERROR_INVALID_NAME},
		{"no disposition", file, GENERIC_READ, 0, 0, 0, 0, ERROR_INVALID_PARAMETER},
		{"unknown disposition", file, GENERIC_READ, 0, 6, 0, 0, ERROR_INVALID_PARAMETER},
		{"unknown share mode", file, GENERIC_READ, 8, OPEN_EXISTING, 0, 0, ERROR_INVALID_PARAMETER},
		{"truncate to read", file, GENERIC_READ, 0, TRUNCATE_EXISTING, 0, 0, ERROR_INVALID_PARAMETER},
		{"append unbuffered", file, FILE_APPEND_DATA, 0, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING, 0, ERROR_INVALID_PARAMETER},
		{"template is a port", file, GENERIC_READ, 0, OPEN_EXISTING, 0, port, ERROR_INVALID_HANDLE},
		{"template is nothing", file, GENERIC_READ, 0, OPEN_EXISTING, 0, 12, ERROR_INVALID_HANDLE},
		{"no file", file + "x", GENERIC_READ, 0, OPEN_EXISTING, 0, 0, ERROR_FILE_NOT_FOUND},
		{"no file to empty", file + "x", GENERIC_WRITE, 0, TRUNCATE_EXISTING, 0, 0, ERROR_FILE_NOT_FOUND},
		{"no path", dir + "/none/file", GENERIC_READ, 0, OPEN_ALWAYS, 0, 0, ERROR_PATH_NOT_FOUND},
		{"a file on the way", file + "/x", GENERIC_READ, 0, OPEN_EXISTING, 0, 0, ERROR_PATH_NOT_FOUND},
		{"there already", file, GENERIC_READ, 0, CREATE_NEW, 0, 0, ERROR_FILE_EXISTS},
		{"directory", dir, GENERIC_READ, shareAll, OPEN_EXISTING, 0, 0, ERROR_ACCESS_DENIED},
		{"directory to ask", dir, 0, shareAll, OPEN_EXISTING, 0, 0, ERROR_ACCESS_DENIED},
		{"directory to write", dir, GENERIC_WRITE, shareAll, OPEN_EXISTING, 0, 0, ERROR_ACCESS_DENIED},
		{"directory to make", dir, GENERIC_WRITE, shareAll, CREATE_ALWAYS, FILE_FLAG_BACKUP_SEMANTICS, 0, ERROR_ACCESS_DENIED},
		{"device that is not there", `\\.\nothing`, GENERIC_READ, 0, OPEN_EXISTING, 0, 0, ERROR_PATH_NOT_FOUND},
	} {
		before := descriptors(t)
		h, err := CreateFile(c.name, c.access, c.share, c.disposition, c.flags, c.template)
		wantErr(t, err, c.want, c.what)
		if h != INVALID_HANDLE_VALUE {
			t.Errorf("%s: the handle is %#x", c.what, h)
		}
		if now := descriptors(t); now > before { // those of tests before may still be going
			t.Errorf("%s: %d descriptors, before %d", c.what, now, before)
		}
	}
	if len(nodes.of) != 0 {
		t.Errorf("%d files are still known", len(nodes.of))
	}
}

func descriptors(t testing.TB) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(fds)
}

func TestCreateFileDispositions(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	put := func(disposition uint32, text string) {
		t.Helper()
		h, err := CreateFile(name, GENERIC_WRITE, 0, disposition, 0, 0)
		wantErr(t, err, 0, "CreateFile")
		wantErr(t, WriteFile(h, []byte(text), nil, nil), 0, "WriteFile")
		wantErr(t, CloseHandle(h), 0, "CloseHandle")
	}
	put(CREATE_NEW, "hello")
	put(OPEN_EXISTING, "J")
	wantContent(t, name, "Jello")
	put(OPEN_ALWAYS, "C")
	wantContent(t, name, "Cello")
	put(TRUNCATE_EXISTING, "ab")
	wantContent(t, name, "ab")
	put(CREATE_ALWAYS, "c")
	wantContent(t, name, "c")
	os.Remove(name)
	put(OPEN_ALWAYS, "new")
	wantContent(t, name, "new")
	for _, access := range []uint32{0, GENERIC_READ} {
		h, err := CreateFile(name, access, 0, CREATE_ALWAYS, 0, 0)
		wantErr(t, err, 0, "CreateFile")
		CloseHandle(h)
		wantContent(t, name, "")
		os.WriteFile(name, []byte("again"), 0)
	}
}

func TestShareModes(t *testing.T) {
	_, name := newFileWith(t, "x", 0) // read and write, sharing everything
	for _, c := range []struct {
		access, share uint32
		ok            bool
	}{
		{GENERIC_READ, FILE_SHARE_READ, false}, // somebody writes
		{GENERIC_READ, FILE_SHARE_WRITE, false},
		{GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, true},
		{DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE, true},
		{0, 0, true},
		{FILE_READ_ATTRIBUTES, 0, true},
		{GENERIC_WRITE, 0, false},
	} {
		h, err := CreateFile(name, c.access, c.share, OPEN_EXISTING, 0, 0)
		if c.ok {
			wantErr(t, err, 0, "CreateFile")
			CloseHandle(h)
		} else {
			wantErr(t, err, ERROR_SHARING_VIOLATION, "CreateFile")
		}
	}
}

func TestShareModesEndWithTheLastHandle(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	first, err := CreateFile(name, GENERIC_WRITE, 0, CREATE_NEW, FILE_FLAG_OVERLAPPED, 0)
	wantErr(t, err, 0, "CreateFile")
	var second HANDLE
	wantErr(t, DuplicateHandle(GetCurrentProcess(), first, GetCurrentProcess(), &second, 0, false, DUPLICATE_SAME_ACCESS), 0, "DuplicateHandle")
	link := name + "2"
	if err := os.Link(name, link); err != nil {
		t.Skip("no hard links here: ", err)
	}
	CloseHandle(first)
	for _, n := range []string{name, link} {
		_, err = CreateFile(n, GENERIC_READ, shareAll, CREATE_ALWAYS, 0, 0)
		wantErr(t, err, ERROR_SHARING_VIOLATION, n)
	}
	CloseHandle(second)
	h, err := CreateFile(link, GENERIC_READ, 0, OPEN_EXISTING, 0, 0)
	wantErr(t, err, 0, "CreateFile")
	CloseHandle(h)
}

func TestDeleteOnClose(t *testing.T) {
	for _, flags := range []uint32{0, FILE_FLAG_OVERLAPPED} {
		name := filepath.Join(t.TempDir(), "file")
		h, err := CreateFile(name, GENERIC_WRITE, shareAll, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE|flags, 0)
		wantErr(t, err, 0, "CreateFile")
		_, err = CreateFile(name, GENERIC_READ, FILE_SHARE_READ|FILE_SHARE_WRITE, OPEN_EXISTING, 0, 0)
		wantErr(t, err, ERROR_SHARING_VIOLATION, "without sharing the deletion")
		other := create(t, name, GENERIC_READ, OPEN_EXISTING, 0)
		CloseHandle(h)
		if _, err := os.Stat(name); err != nil {
			t.Fatal("gone while a handle is open: ", err)
		}
		_, err = CreateFile(name, GENERIC_READ, shareAll, OPEN_EXISTING, 0, 0)
		wantErr(t, err, ERROR_ACCESS_DENIED, "being deleted")
		CloseHandle(other)
		if _, err := os.Stat(name); !os.IsNotExist(err) {
			t.Fatal("still there: ", err)
		}
	}
}

func TestFileDeletedWhileItIsOpened(t *testing.T) {
	_, name := newFileWith(t, "", 0)
	fd, err := openRetry(name, unix.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	unix.Fstat(fd, &st)
	os.Remove(name)
	r := openRequest{name: name, share: shareAll}
	_, err = share(&r, fd, &st)
	wantErr(t, err, ERROR_ACCESS_DENIED, "share")
	unix.Fstat(fd, &st) // but what never had a name can be opened
	o, err := share(&r, fd, &st)
	wantErr(t, err, 0, "share")
	o.close()
}

func TestDeleteOnCloseLeavesAnotherFileAlone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	h, err := CreateFile(name, GENERIC_WRITE, shareAll, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE, 0)
	wantErr(t, err, 0, "CreateFile")
	os.Rename(name, name+"2")
	os.WriteFile(name, []byte("other"), 0o666)
	CloseHandle(h)
	wantContent(t, name, "other")
}

func TestDeleteOnCloseOfADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dir")
	os.Mkdir(dir, 0o777)
	h, err := CreateFile(dir, 0, shareAll, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE|FILE_FLAG_BACKUP_SEMANTICS, 0)
	wantErr(t, err, 0, "CreateFile")
	CloseHandle(h)
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Fatal("still there: ", err)
	}
}

func TestReadOnlyAttribute(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	h := create(t, name, GENERIC_WRITE, CREATE_NEW, FILE_ATTRIBUTE_READONLY)
	wantErr(t, WriteFile(h, []byte("x"), nil, nil), 0, "WriteFile")
	if info, err := os.Stat(name); err != nil || info.Mode().Perm()&0o222 != 0 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestFifoIsAPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(name, 0o666); err != nil {
		t.Skip("no FIFOs here: ", err)
	}
	h := create(t, name, GENERIC_READ|GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_OVERLAPPED)
	if kind, err := GetFileType(h); kind != FILE_TYPE_PIPE || err != nil {
		t.Error(kind, err)
	}
	port := newTestPort(t, 1)
	_, err := CreateIoCompletionPort(h, port, 7, 0)
	wantErr(t, err, 0, "CreateIoCompletionPort")
	r, w := new(OVERLAPPED), new(OVERLAPPED)
	buf := make([]byte, 8)
	wantErr(t, ReadFile(h, buf, nil, r), ERROR_IO_PENDING, "ReadFile")
	if err := WriteFile(h, []byte("abc"), nil, w); err != nil && err != ERROR_IO_PENDING {
		t.Fatal(err)
	}
	for range 2 {
		var n uint32
		var key uintptr
		var ov *OVERLAPPED
		wantErr(t, GetQueuedCompletionStatus(port, &n, &key, &ov, 10_000), 0, "packet")
		if n != 3 || key != 7 || ov != r && ov != w {
			t.Error(n, key, ov)
		}
	}
	if !bytes.Equal(buf[:3], []byte("abc")) {
		t.Errorf("read %q", buf)
	}
	wantErr(t, ReadFile(h, buf, nil, r), ERROR_IO_PENDING, "ReadFile")
	CloseHandle(h)
	var ov *OVERLAPPED
	wantErr(t, GetQueuedCompletionStatus(port, nil, nil, &ov, 10_000), ERROR_OPERATION_ABORTED, "packet of a closed FIFO")
	if ov != r {
		t.Error("not of the read")
	}
}

func TestFifoWithoutAnOtherEnd(t *testing.T) {
	name := newFifo(t)
	keeper := create(t, name, GENERIC_READ|GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_OVERLAPPED)
	r := create(t, name, GENERIC_READ, OPEN_EXISTING, 0)
	w := create(t, name, GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_OVERLAPPED)
	port := associated(t, w, 0)
	CloseHandle(keeper)
	ov := at(0)
	wantStarted(t, WriteFile(w, []byte("abc"), nil, ov), "WriteFile")
	wantPacket(t, port, ov, 3, 0)
	CloseHandle(w)
	buf := make([]byte, 8)
	var n uint32
	wantErr(t, ReadFile(r, buf, &n, nil), 0, "ReadFile")
	if string(buf[:n]) != "abc" {
		t.Errorf("read %q", buf[:n])
	}
	wantErr(t, ReadFile(r, buf, &n, nil), ERROR_BROKEN_PIPE, "ReadFile at the end")
}

func TestDuplicateHasNoMoreRights(t *testing.T) {
	h, name := newFileWith(t, "abc", 0)
	duplicate := func(h HANDLE, access uint32) (d HANDLE, err error) {
		err = DuplicateHandle(GetCurrentProcess(), h, GetCurrentProcess(), &d, access, false, 0)
		if err == nil {
			t.Cleanup(func() { CloseHandle(d) })
		}
		return d, err
	}
	r, err := duplicate(h, GENERIC_READ)
	wantErr(t, err, 0, "DuplicateHandle")
	wantErr(t, ReadFile(r, make([]byte, 1), nil, nil), 0, "ReadFile")
	wantErr(t, WriteFile(r, make([]byte, 1), nil, nil), ERROR_ACCESS_DENIED, "WriteFile")
	for _, access := range []uint32{GENERIC_WRITE, GENERIC_ALL, FILE_WRITE_DATA, FILE_APPEND_DATA} {
		_, err = duplicate(r, access)
		wantErr(t, err, ERROR_ACCESS_DENIED, "DuplicateHandle")
	}
	a, err := duplicate(h, FILE_APPEND_DATA)
	wantErr(t, err, 0, "DuplicateHandle")
	wantErr(t, WriteFile(a, []byte("d"), nil, nil), 0, "WriteFile")
	_, err = duplicate(a, FILE_WRITE_DATA)
	wantErr(t, err, ERROR_ACCESS_DENIED, "DuplicateHandle")
	wantContent(t, name, "abcd")
}

func TestNamedDevices(t *testing.T) {
	for _, name := range []string{"NUL", "nul", `\\.\NUL`, "/dev/null"} {
		before := descriptors(t)
		h := create(t, name, GENERIC_READ|GENERIC_WRITE, OPEN_EXISTING, 0)
		if descriptors(t) > before { // those of tests before may still be going
			t.Error(name, "has a descriptor")
		}
		n := uint32(9)
		wantErr(t, WriteFile(h, []byte("abc"), &n, nil), 0, name)
		if n != 3 {
			t.Error("wrote", n)
		}
		wantErr(t, ReadFile(h, make([]byte, 1), &n, nil), 0, name)
		if n != 0 {
			t.Error("read", n)
		}
		wantErr(t, FlushFileBuffers(h), 0, name)
		if kind, err := GetFileType(h); kind != FILE_TYPE_CHAR || err != nil {
			t.Error(kind, err)
		}
		wantErr(t, GetFileSizeEx(h, new(int64)), ERROR_INVALID_FUNCTION, name)
	}
}

func TestTerminalCannotBeAssociated(t *testing.T) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo terminals here: ", err)
	}
	defer master.Close()
	h := create(t, "/dev/ptmx", GENERIC_READ|GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_OVERLAPPED)
	_, err = CreateIoCompletionPort(h, newTestPort(t, 1), 0, 0)
	wantErr(t, err, ERROR_INVALID_PARAMETER, "CreateIoCompletionPort")
	if kind, err := GetFileType(h); kind != FILE_TYPE_CHAR || err != nil {
		t.Error(kind, err)
	}
}
