// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/sys/unix"
)

const (
	namesChange = FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME
	anyChange   = namesChange | FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_ATTRIBUTES
)

func eventually(t testing.TB, cond func() bool) {
	t.Helper()
	for start := time.Now(); !cond(); runtime.Gosched() {
		if time.Since(start) > 10*time.Second {
			t.Fatal("it did not come about in 10 s")
		}
	}
}

// openWatched opens a new directory with a port.
func openWatched(t *testing.T) (dir string, h, port HANDLE) {
	t.Helper()
	dir = t.TempDir()
	h = create(t, dir, FILE_LIST_DIRECTORY, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS|FILE_FLAG_OVERLAPPED)
	return dir, h, associated(t, h, 0)
}

// records splits what ReadDirectoryChanges has put into b into lines of action and name.
func records(t *testing.T, b []byte) (lines []string) {
	t.Helper()
	for len(b) > 0 {
		next, action, n := binary.NativeEndian.Uint32(b), binary.NativeEndian.Uint32(b[4:]), binary.NativeEndian.Uint32(b[8:])
		units := make([]uint16, n/2)
		for i := range units {
			units[i] = binary.NativeEndian.Uint16(b[12+2*i:])
		}
		lines = append(lines, fmt.Sprint(action, " ", string(utf16.Decode(units))))
		if next == 0 {
			if len(b) != 12+int(n) {
				t.Errorf("%d bytes behind the last record", len(b)-12-int(n))
			}
			return lines
		}
		if next%4 != 0 || int(next) < 12+int(n) || int(next) > 12+int(n)+3 {
			t.Fatalf("the next record is at %d, behind %d bytes", next, 12+n)
		}
		b = b[next:]
	}
	return lines
}

// collect takes changes until there are as many as wanted, and compares them in their order.
func collect(t *testing.T, h, port HANDLE, subtree bool, filter uint32, want ...string) {
	t.Helper()
	var got []string
	buf := make([]byte, 4096)
	for len(got) < len(want) {
		ov := new(OVERLAPPED)
		wantErr(t, ReadDirectoryChanges(h, buf, subtree, filter, nil, ov, nil), 0, "ReadDirectoryChanges")
		var n uint32
		if err := GetQueuedCompletionStatus(port, &n, nil, &ov, 10_000); err != nil {
			t.Fatalf("%v; got %q, want %q", err, got, want)
		}
		got = append(got, records(t, buf[:n])...)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}

// begin makes a handle collect changes.
func begin(t *testing.T, h, port HANDLE, subtree bool, filter uint32) {
	t.Helper()
	ov := new(OVERLAPPED)
	wantErr(t, ReadDirectoryChanges(h, make([]byte, 4096), subtree, filter, nil, ov, nil), 0, "ReadDirectoryChanges")
	f, _, _ := fileOf(h)
	if f.dev.cancel(func(*operation) bool { return true }) != 1 {
		t.Fatal("nothing was pending")
	}
	wantPacket(t, port, ov, 0, ERROR_OPERATION_ABORTED)
}

func do(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func writeMore(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(text)
	return err
}

func TestDirectoryChanges(t *testing.T) {
	dir, h, port := openWatched(t)
	begin(t, h, port, false, anyChange)
	file, second := filepath.Join(dir, "ä𝄞"), filepath.Join(dir, "b")
	elsewhere := filepath.Join(t.TempDir(), "c")
	do(t, os.WriteFile(file, nil, 0o666))
	collect(t, h, port, false, anyChange, "1 ä𝄞")
	do(t, writeMore(file, "x"), os.Chmod(file, 0o600))
	collect(t, h, port, false, anyChange, "3 ä𝄞", "3 ä𝄞")
	do(t, os.Rename(file, second))
	collect(t, h, port, false, anyChange, "4 ä𝄞", "5 b")
	do(t, os.Rename(second, elsewhere))
	collect(t, h, port, false, anyChange, "2 b")
	do(t, os.Rename(elsewhere, second))
	collect(t, h, port, false, anyChange, "1 b")
	do(t, os.Mkdir(file, 0o777), os.WriteFile(filepath.Join(file, "below"), nil, 0o666), os.Remove(second))
	collect(t, h, port, false, anyChange, "1 ä𝄞", "2 b")
}

func TestDirectoryChangesBelow(t *testing.T) {
	dir, h, port := openWatched(t)
	do(t, os.MkdirAll(filepath.Join(dir, "a/b"), 0o777))
	begin(t, h, port, true, namesChange)
	do(t, os.WriteFile(filepath.Join(dir, "a/b/1"), nil, 0o666))
	collect(t, h, port, true, namesChange, "1 a/b/1")
	do(t, os.Mkdir(filepath.Join(dir, "a/n"), 0o777), os.WriteFile(filepath.Join(dir, "a/n/2"), nil, 0o666))
	collect(t, h, port, true, namesChange, "1 a/n", "1 a/n/2")
	do(t, os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "z")), os.WriteFile(filepath.Join(dir, "z/b/3"), nil, 0o666))
	collect(t, h, port, true, namesChange, "4 a", "5 z", "1 z/b/3")
	out := filepath.Join(t.TempDir(), "out")
	do(t, os.Rename(filepath.Join(dir, "z"), out))
	collect(t, h, port, true, namesChange, "2 z")
	do(t, os.WriteFile(filepath.Join(out, "b/4"), nil, 0o666), os.WriteFile(filepath.Join(dir, "5"), nil, 0o666))
	collect(t, h, port, true, namesChange, "1 5")
}

func TestDirectoryChangesAreFiltered(t *testing.T) {
	dir, h, port := openWatched(t)
	begin(t, h, port, true, FILE_NOTIFY_CHANGE_DIR_NAME)
	do(t, os.WriteFile(filepath.Join(dir, "f"), nil, 0o666), os.Mkdir(filepath.Join(dir, "d"), 0o777),
		os.WriteFile(filepath.Join(dir, "d/f"), nil, 0o666), os.Mkdir(filepath.Join(dir, "d/e"), 0o777))
	// The filter of a later call has no effect (O15).
	collect(t, h, port, false, FILE_NOTIFY_CHANGE_FILE_NAME, "1 d", "1 d/e")
}

func TestDirectoryChangesThatDoNotFit(t *testing.T) {
	dir, h, port := openWatched(t)
	ov := new(OVERLAPPED)
	buf := make([]byte, 16) // two letters
	ask := func(buf []byte) {
		t.Helper()
		wantErr(t, ReadDirectoryChanges(h, buf, false, namesChange, nil, ov, nil), 0, "ReadDirectoryChanges")
	}
	name := func(s string) string { return filepath.Join(dir, s) }
	ask(buf)
	do(t, os.WriteFile(name("ab"), nil, 0o666))
	wantPacket(t, port, ov, 16, 0)
	ask(make([]byte, 4096)) // the first length counts (O15)
	do(t, os.WriteFile(name("abc"), nil, 0o666))
	wantPacket(t, port, ov, 0, 0)
	if ov.Internal != uintptr(STATUS_NOTIFY_ENUM_DIR) {
		t.Error(NTSTATUS(ov.Internal))
	}
	ask(make([]byte, 12)) // too small itself
	do(t, os.Remove(name("ab")))
	wantPacket(t, port, ov, 0, 0)
	if ov.Internal != uintptr(STATUS_NOTIFY_ENUM_DIR) {
		t.Error(NTSTATUS(ov.Internal))
	}
}

func TestDirectoryArguments(t *testing.T) {
	dir, h, port := openWatched(t)
	buf, ov := make([]byte, 64), new(OVERLAPPED)
	file, _ := newFileWith(t, "", FILE_FLAG_OVERLAPPED)
	asker := create(t, dir, 0, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS|FILE_FLAG_OVERLAPPED)
	routine := func(Errno, uint32, *OVERLAPPED) {}
	wantErr(t, ReadDirectoryChanges(h, buf, false, 0, nil, ov, nil), ERROR_INVALID_PARAMETER, "no filter")
	wantErr(t, ReadDirectoryChanges(h, buf, false, 0x1000, nil, ov, nil), ERROR_INVALID_PARAMETER, "undefined filter")
	wantErr(t, ReadDirectoryChanges(h, buf, false, 1, nil, nil, nil), ERROR_INVALID_PARAMETER, "no OVERLAPPED")
	wantErr(t, ReadDirectoryChanges(h, buf, false, 1, nil, ov, routine), ERROR_INVALID_PARAMETER, "routine")
	wantErr(t, ReadDirectoryChanges(file, buf, false, 1, nil, ov, nil), ERROR_INVALID_PARAMETER, "a file")
	wantErr(t, ReadDirectoryChanges(asker, buf, false, 1, nil, ov, nil), ERROR_ACCESS_DENIED, "no right")
	wantErr(t, ReadDirectoryChanges(port, buf, false, 1, nil, ov, nil), ERROR_INVALID_HANDLE, "a port")
	wantErr(t, ReadFile(h, buf, nil, ov), ERROR_INVALID_FUNCTION, "ReadFile")
	if kind, err := GetFileType(h); kind != FILE_TYPE_DISK || err != nil {
		t.Error(kind, err)
	}
	wantNoPacket(t, port)
}

func TestDirectoryHandleThatWaits(t *testing.T) {
	dir := t.TempDir()
	h := create(t, dir, FILE_LIST_DIRECTORY, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS)
	f, _, _ := fileOf(h)
	d := f.dev.(*directory)
	pending := func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return len(d.waiting) == 1
	}
	var n uint32
	buf := make([]byte, 4096)
	got := make(chan error)
	ask := func() { got <- ReadDirectoryChanges(h, buf, false, namesChange, &n, nil, nil) }
	go ask()
	eventually(t, pending)
	do(t, os.WriteFile(filepath.Join(dir, "f"), nil, 0o666))
	wantErr(t, <-got, 0, "ReadDirectoryChanges")
	if lines := records(t, buf[:n]); !slices.Equal(lines, []string{"1 f"}) {
		t.Errorf("got %q", lines)
	}
	go ask()
	eventually(t, pending)
	before := runtime.NumGoroutine()
	CloseHandle(h)
	wantErr(t, <-got, 0, "ReadDirectoryChanges, closed")
	if n != 0 {
		t.Error(n, "bytes")
	}
	eventually(t, func() bool { return runtime.NumGoroutine() < before })
}

func TestLostEventsAreTold(t *testing.T) {
	_, h, port := openWatched(t)
	f, _, _ := fileOf(h)
	ov := new(OVERLAPPED)
	ask := func() {
		t.Helper()
		wantErr(t, ReadDirectoryChanges(h, make([]byte, 4096), false, namesChange, nil, ov, nil), 0, "ReadDirectoryChanges")
	}
	told := func() {
		t.Helper()
		wantPacket(t, port, ov, 0, 0)
		if ov.Internal != uintptr(STATUS_NOTIFY_ENUM_DIR) {
			t.Error(NTSTATUS(ov.Internal))
		}
	}
	ask()
	f.dev.(*directory).watch.lose()
	told()
	f.dev.(*directory).watch.lose() // between two requests
	ask()
	told()
	ask()
	wantNoPacket(t, port)
}

// lose is an overflow of the kernel's queue: inotify(7), IN_Q_OVERFLOW.
func (w *watch) lose() {
	var e [unix.SizeofInotifyEvent]byte
	binary.NativeEndian.PutUint32(e[:], ^uint32(0))
	binary.NativeEndian.PutUint32(e[4:], unix.IN_Q_OVERFLOW)
	other := &watch{}
	other.events(e[:])
	w.dir.happened(other.batch, other.lost)
}

func TestDirectoriesUnderStress(t *testing.T) {
	goroutines, fds := resources(t)
	port := newTestPort(t, 1)
	dir := t.TempDir()
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	var left sync.Map // *OVERLAPPED
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			for j := range rounds {
				h, err := CreateFile(dir, FILE_LIST_DIRECTORY, shareAll, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS|FILE_FLAG_OVERLAPPED, 0)
				if err != nil {
					t.Error(err)
					return
				}
				CreateIoCompletionPort(h, port, 0, 0)
				for range 4 {
					ov := new(OVERLAPPED)
					left.Store(ov, true)
					if err := ReadDirectoryChanges(h, make([]byte, 64), j%2 == 0, anyChange, nil, ov, nil); err != nil {
						t.Error(err)
					}
				}
				sub := filepath.Join(dir, fmt.Sprint(i, j%3))
				os.MkdirAll(filepath.Join(sub, "below"), 0o777)
				CancelIoEx(h, nil)
				os.Rename(sub, sub+"x")
				os.RemoveAll(sub + "x")
				CloseHandle(h)
			}
		})
	}
	for range 3 * rounds * 4 {
		var ov *OVERLAPPED
		err := GetQueuedCompletionStatus(port, nil, nil, &ov, 20_000)
		if _, ok := left.LoadAndDelete(ov); !ok {
			t.Fatal("two packets for one request, or one is missing: ", err)
		}
	}
	all.Wait()
	wantNoPacket(t, port)
	CloseHandle(port)
	wantResources(t, goroutines, fds)
}
