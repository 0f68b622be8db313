// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// noSystemPort fails unless the hidden port goes away.
func noSystemPort(t *testing.T) {
	t.Helper()
	eventually(t, func() bool {
		system.mu.Lock()
		defer system.mu.Unlock()
		return system.port == nil && system.files == 0
	})
}

// resources counts what must not be left behind.
func resources(t *testing.T) (goroutines, fds int) {
	t.Helper()
	return runtime.NumGoroutine(), descriptors(t)
}

func wantResources(t *testing.T, goroutines, fds int) {
	t.Helper()
	eventually(t, func() bool {
		g, f := resources(t)
		return g <= goroutines && f <= fds
	})
	nodes.mu.Lock()
	defer nodes.mu.Unlock()
	if len(nodes.of) != 0 {
		t.Errorf("%d files are still known", len(nodes.of))
	}
}

func newFifo(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(name, 0o666); err != nil {
		t.Skip("no FIFOs here: ", err)
	}
	return name
}

func newEvent(t *testing.T) HANDLE {
	t.Helper()
	h, err := CreateEvent(true, false)
	wantErr(t, err, 0, "CreateEvent")
	t.Cleanup(func() { CloseHandle(h) })
	return h
}

func TestFileWithoutPortLeavesNothing(t *testing.T) {
	goroutines, fds := resources(t)
	h, _ := newFileWith(t, "abc", FILE_FLAG_OVERLAPPED)
	ov := at(0)
	ov.HEvent = newEvent(t)
	buf := make([]byte, 8)
	var n uint32
	wantStarted(t, ReadFile(h, buf, nil, ov), "ReadFile")
	wantErr(t, GetOverlappedResult(h, ov, &n, true), 0, "GetOverlappedResult")
	if n != 3 || string(buf[:3]) != "abc" {
		t.Errorf("read %q, %d", buf, n)
	}
	ov.Offset = 3
	wantErr(t, ReadFile(h, buf, nil, ov), ERROR_IO_PENDING, "ReadFile")
	wantErr(t, GetOverlappedResult(h, ov, &n, true), ERROR_HANDLE_EOF, "GetOverlappedResult")
	CloseHandle(h)
	noSystemPort(t)
	wantResources(t, goroutines, fds)
}

func TestPendingReadIsForwardedToALaterPort(t *testing.T) {
	h := create(t, newFifo(t), GENERIC_READ|GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_OVERLAPPED)
	r, w := at(0), at(0)
	buf := make([]byte, 3)
	wantErr(t, ReadFile(h, buf, nil, r), ERROR_IO_PENDING, "ReadFile")
	port := associated(t, h, 5)
	wantStarted(t, WriteFile(h, []byte("abc"), nil, w), "WriteFile")
	for range 2 {
		var key uintptr
		var n uint32
		var ov *OVERLAPPED
		wantErr(t, GetQueuedCompletionStatus(port, &n, &key, &ov, 10_000), 0, "packet")
		if key != 5 || n != 3 || ov != r && ov != w {
			t.Error(key, n, ov)
		}
	}
	CloseHandle(h)
	noSystemPort(t)
}

func TestPendingLockIsReportedToALaterPort(t *testing.T) {
	a, name := newFileWith(t, "abc", FILE_FLAG_OVERLAPPED)
	b := create(t, name, GENERIC_READ, OPEN_EXISTING, FILE_FLAG_OVERLAPPED)
	wantErr(t, LockFileEx(a, exclusiveNow, 0, 1, 0, at(0)), 0, "LockFileEx")
	ov := at(0)
	wantErr(t, LockFileEx(b, 0, 0, 1, 0, ov), ERROR_IO_PENDING, "LockFileEx")
	port := associated(t, b, 0)
	wantErr(t, UnlockFileEx(a, 0, 1, 0, at(0)), 0, "UnlockFileEx")
	wantPacket(t, port, ov, 0, 0)
	CloseHandle(a)
	CloseHandle(b)
	noSystemPort(t)
}

func TestCloseEndsWhatPendsWithoutAPort(t *testing.T) {
	name := newFifo(t)
	goroutines, fds := resources(t)
	for _, flags := range []uint32{FILE_FLAG_OVERLAPPED, 0} {
		h := create(t, name, GENERIC_READ|GENERIC_WRITE, OPEN_EXISTING, flags)
		ov := at(0)
		ov.HEvent = newEvent(t)
		ended := make(chan error, 1)
		go func() { ended <- ReadFile(h, make([]byte, 1), nil, ov) }()
		eventually(t, func() (started bool) {
			f, _, _ := fileOf(h)
			f.dev.cancel(func(*operation) bool { started = true; return false })
			return started
		})
		if flags != 0 {
			wantErr(t, <-ended, ERROR_IO_PENDING, "ReadFile")
			CloseHandle(h)
			_, err := WaitForSingleObject(ov.HEvent, 10_000)
			wantErr(t, err, 0, "WaitForSingleObject")
		} else {
			CloseHandle(h)
			wantErr(t, <-ended, ERROR_OPERATION_ABORTED, "ReadFile")
		}
		if status, _ := ov.load(); status != STATUS_CANCELLED {
			t.Error(status)
		}
		noSystemPort(t)
	}
	wantResources(t, goroutines, fds)
}

func TestSkipModeOfADiskFile(t *testing.T) {
	h, _ := newFileWith(t, "abc", FILE_FLAG_OVERLAPPED)
	port := associated(t, h, 0)
	wantErr(t, SetFileCompletionNotificationModes(h, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS), 0, "SetFileCompletionNotificationModes")
	for range 20 {
		ov := at(0)
		n := uint32(0xAAAA)
		switch err := ReadFile(h, make([]byte, 3), &n, ov); err {
		case nil:
			if status, bytes := ov.load(); n != 3 || status != STATUS_SUCCESS || bytes != 3 {
				t.Error(n, status, bytes)
			}
		case ERROR_IO_PENDING:
			wantPacket(t, port, ov, 3, 0)
		default:
			t.Fatal(err)
		}
		ov.Offset = 3 // the end of the file is always found later
		wantErr(t, ReadFile(h, make([]byte, 3), &n, ov), ERROR_IO_PENDING, "ReadFile")
		wantPacket(t, port, ov, 0, ERROR_HANDLE_EOF)
	}
	wantNoPacket(t, port)
	ov := at(0)
	switch err := LockFileEx(h, exclusiveNow, 0, 1, 0, ov); err {
	case nil:
		wantNoPacket(t, port)
	default:
		t.Fatal(err)
	}
}

// Every operation that was started sends one packet, whatever is closed, cancelled, locked and
// duplicated meanwhile.
func TestFilesUnderStress(t *testing.T) {
	goroutines, fds := resources(t)
	port := newTestPort(t, 2)
	name := filepath.Join(t.TempDir(), "file")
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	var packets, started sync.WaitGroup
	var left sync.Map // *OVERLAPPED
	for range 2 {
		packets.Go(func() {
			for {
				var ov *OVERLAPPED
				var key uintptr
				err := GetQueuedCompletionStatus(port, nil, &key, &ov, 20_000)
				if ov == nil {
					if key != 1 {
						t.Error("a packet is missing: ", err)
					}
					return
				}
				if _, ok := left.LoadAndDelete(ov); !ok {
					t.Error("two packets for one operation, or none was due: ", err)
				}
			}
		})
	}
	for range 4 {
		started.Go(func() {
			for i := range rounds {
				stressFile(t, name, port, &left, i)
			}
		})
	}
	started.Wait()
	eventually(t, func() bool {
		empty := true
		left.Range(func(any, any) bool { empty = false; return false })
		return empty
	})
	for range 2 {
		PostQueuedCompletionStatus(port, 0, 1, nil)
	}
	packets.Wait()
	CloseHandle(port)
	noSystemPort(t)
	wantResources(t, goroutines, fds)
}

// stressFile opens the file, starts a few operations of all kinds, and closes it.
func stressFile(t *testing.T, name string, port HANDLE, left *sync.Map, round int) {
	h, err := CreateFile(name, GENERIC_READ|GENERIC_WRITE, shareAll, OPEN_ALWAYS, FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		t.Error(err)
		return
	}
	late := round%3 == 0 // what is started first has no port, and tells its end to an event or nobody
	if !late {
		CreateIoCompletionPort(h, port, 2, 0)
	}
	for i := range 8 {
		ov := at(int64(i * 100))
		if left.Store(ov, true); late {
			left.Delete(ov)
			if i == 4 {
				late = false
				CreateIoCompletionPort(h, port, 2, 0)
			}
			ov.HEvent = 1 // no packet, wherever it ends
		}
		buf := make([]byte, 100)
		switch (i + round) % 4 {
		case 0:
			err = WriteFile(h, buf, nil, ov)
		case 1:
			err = ReadFile(h, buf, nil, ov)
		case 2:
			err = LockFileEx(h, LOCKFILE_EXCLUSIVE_LOCK, 0, 50, 0, ov)
		case 3:
			err = ReadFile(h, buf[:0], nil, ov)
			CancelIoEx(h, nil)
		}
		if err != nil && err != ERROR_IO_PENDING {
			left.Delete(ov)
			if err != ERROR_LOCK_VIOLATION {
				t.Error(err)
			}
		}
	}
	CloseHandle(h)
}
