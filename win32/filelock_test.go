// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

const exclusiveNow = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY

// twoHandles opens a file twice, each with a port.
func twoHandles(t *testing.T) (a, b, portA, portB HANDLE) {
	t.Helper()
	a, name := newFileWith(t, "0123456789", FILE_FLAG_OVERLAPPED)
	b = create(t, name, GENERIC_READ|GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_OVERLAPPED)
	return a, b, associated(t, a, 0), associated(t, b, 0)
}

func wantLocked(t *testing.T, h, port HANDLE, flags uint32, off int64, n uint32) {
	t.Helper()
	ov := at(off)
	wantErr(t, LockFileEx(h, flags|LOCKFILE_FAIL_IMMEDIATELY, 0, n, 0, ov), 0, "LockFileEx")
	wantPacket(t, port, ov, 0, 0)
}

func wantNotLocked(t *testing.T, h HANDLE, flags uint32, off int64, n uint32) {
	t.Helper()
	wantErr(t, LockFileEx(h, flags|LOCKFILE_FAIL_IMMEDIATELY, 0, n, 0, at(off)), ERROR_LOCK_VIOLATION, "LockFileEx")
}

func TestLocksThatCanAndCannotBeTogether(t *testing.T) {
	a, b, pa, pb := twoHandles(t)
	const exclusive, shared = LOCKFILE_EXCLUSIVE_LOCK, 0
	wantLocked(t, a, pa, exclusive, 0, 10)
	wantNotLocked(t, b, exclusive, 9, 1)
	wantNotLocked(t, b, shared, 0, 1)
	wantNotLocked(t, a, exclusive, 5, 1) // its own too
	wantLocked(t, a, pa, shared, 0, 10)  // but a shared one is added
	wantLocked(t, b, pb, exclusive, 10, 5)
	wantErr(t, UnlockFileEx(a, 0, 5, 0, at(0)), ERROR_NOT_LOCKED, "a part")
	wantErr(t, UnlockFileEx(b, 0, 10, 0, at(0)), ERROR_NOT_LOCKED, "somebody else's")
	ov := at(0)
	ov.Internal, ov.InternalHigh = 9, 9
	wantErr(t, UnlockFileEx(a, 0, 10, 0, ov), 0, "UnlockFileEx")
	if ov.Internal != 0 || ov.InternalHigh != 0 {
		t.Error("the outcome was not written")
	}
	wantLocked(t, b, pb, shared, 3, 3) // the exclusive one went first
	wantNotLocked(t, b, exclusive, 7, 3)
	wantErr(t, UnlockFileEx(a, 0, 10, 0, at(0)), 0, "UnlockFileEx")
	wantLocked(t, b, pb, exclusive, 7, 3)
	wantErr(t, UnlockFileEx(a, 0, 10, 0, at(0)), ERROR_NOT_LOCKED, "again")
	wantNoPacket(t, pa)
	wantNoPacket(t, pb)
}

func TestLockArguments(t *testing.T) {
	a, _, port, _ := twoHandles(t)
	wantErr(t, LockFileEx(a, 4, 0, 1, 0, at(0)), ERROR_INVALID_PARAMETER, "flags")
	wantErr(t, LockFileEx(a, 0, 1, 1, 0, at(0)), ERROR_INVALID_PARAMETER, "reserved")
	wantErr(t, LockFileEx(a, 0, 0, 1, 0, nil), ERROR_INVALID_PARAMETER, "no OVERLAPPED")
	wantErr(t, LockFileEx(a, 0, 0, 2, 0, at(-1)), ERROR_INVALID_LOCK_RANGE, "range")
	wantErr(t, UnlockFileEx(a, 0, 2, 0, at(-1)), ERROR_INVALID_LOCK_RANGE, "range")
	wantErr(t, LockFileEx(port, 0, 0, 1, 0, at(0)), ERROR_INVALID_HANDLE, "a port")
	wantNoPacket(t, port)
	wantLocked(t, a, port, LOCKFILE_EXCLUSIVE_LOCK, -1, 1) // the last byte there is
	wantLocked(t, a, port, LOCKFILE_EXCLUSIVE_LOCK, 0, 1)  // and the first
	wantLocked(t, a, port, LOCKFILE_EXCLUSIVE_LOCK, 0, 0)  // none
	wantErr(t, UnlockFileEx(a, 0, 0, 0, at(0)), 0, "none")
	ov := at(1)
	wantErr(t, LockFileEx(a, exclusiveNow, 0, 0xFFFFFFFF, 0xFFFFFFFF, ov), ERROR_LOCK_VIOLATION, "up to the last byte")
	wantErr(t, LockFileEx(a, exclusiveNow, 0, 0xFFFFFFFE, 0xFFFFFFFF, ov), 0, "all others")
	wantPacket(t, port, ov, 0, 0)
	reader := create(t, mustName(t, a), FILE_READ_ATTRIBUTES, OPEN_EXISTING, FILE_FLAG_OVERLAPPED)
	wantErr(t, LockFileEx(reader, 0, 0, 1, 0, at(0)), ERROR_ACCESS_DENIED, "without rights")
}

// mustName is the name of the file behind h.
func mustName(t *testing.T, h HANDLE) (name string) {
	t.Helper()
	f, _, err := fileOf(h)
	wantErr(t, err, 0, "fileOf")
	return f.dev.(*disk).f.Name()
}

func TestLockedRangesCannotBeUsedByOthers(t *testing.T) {
	a, b, pa, pb := twoHandles(t)
	wantLocked(t, a, pa, LOCKFILE_EXCLUSIVE_LOCK, 2, 2)
	buf := make([]byte, 2)
	wantErr(t, ReadFile(b, buf, nil, at(1)), ERROR_LOCK_VIOLATION, "reading")
	wantErr(t, WriteFile(b, buf, nil, at(3)), ERROR_LOCK_VIOLATION, "writing")
	ov := at(0)
	wantStarted(t, ReadFile(b, buf, nil, ov), "reading beside")
	wantPacket(t, pb, ov, 2, 0)
	ov = at(2)
	wantStarted(t, WriteFile(a, buf, nil, ov), "the owner's writing")
	wantPacket(t, pa, ov, 2, 0)
	wantErr(t, UnlockFileEx(a, 0, 2, 0, at(2)), 0, "UnlockFileEx")
	wantLocked(t, a, pa, 0, 2, 2)
	wantErr(t, WriteFile(a, buf, nil, at(2)), ERROR_LOCK_VIOLATION, "writing to what is shared")
	ov = at(2)
	wantStarted(t, ReadFile(b, buf, nil, ov), "reading what is shared")
	wantPacket(t, pb, ov, 2, 0)
}

func TestLockIsGrantedLater(t *testing.T) {
	a, b, pa, pb := twoHandles(t)
	wantLocked(t, a, pa, LOCKFILE_EXCLUSIVE_LOCK, 0, 10)
	first, second, third := at(0), at(5), at(5)
	wantErr(t, LockFileEx(b, 0, 0, 5, 0, first), ERROR_IO_PENDING, "LockFileEx")
	wantErr(t, LockFileEx(b, 0, 0, 5, 0, second), ERROR_IO_PENDING, "LockFileEx")
	wantErr(t, LockFileEx(b, LOCKFILE_EXCLUSIVE_LOCK, 0, 5, 0, third), ERROR_IO_PENDING, "LockFileEx")
	wantNoPacket(t, pb)
	if first.Internal != uintptr(STATUS_PENDING) {
		t.Error("not pending")
	}
	wantErr(t, UnlockFileEx(a, 0, 10, 0, at(0)), 0, "UnlockFileEx")
	wantPacket(t, pb, first, 0, 0)
	wantPacket(t, pb, second, 0, 0)
	wantNoPacket(t, pb)
	f, _, _ := fileOf(b)
	if n := f.dev.cancel(func(op *operation) bool { return op.ov == third }); n != 1 {
		t.Error("cancelled", n)
	}
	wantPacket(t, pb, third, 0, ERROR_OPERATION_ABORTED)
}

func TestClosingGivesUpLocksAndWaiting(t *testing.T) {
	a, b, pa, pb := twoHandles(t)
	wantLocked(t, a, pa, LOCKFILE_EXCLUSIVE_LOCK, 0, 10)
	wantLocked(t, b, pb, LOCKFILE_EXCLUSIVE_LOCK, 20, 10)
	waitsB, waitsA := at(0), at(20)
	wantErr(t, LockFileEx(b, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, waitsB), ERROR_IO_PENDING, "LockFileEx")
	wantErr(t, LockFileEx(a, LOCKFILE_EXCLUSIVE_LOCK, 0, 10, 0, waitsA), ERROR_IO_PENDING, "LockFileEx")
	CloseHandle(a)
	wantPacket(t, pa, waitsA, 0, ERROR_OPERATION_ABORTED)
	wantPacket(t, pb, waitsB, 0, 0)
}

func TestLockOfAHandleThatWaits(t *testing.T) {
	a, name := newFileWith(t, "x", 0)
	b := create(t, name, GENERIC_READ, OPEN_EXISTING, 0)
	wantErr(t, LockFileEx(a, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, at(0)), 0, "LockFileEx")
	wantErr(t, LockFileEx(b, LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at(0)), ERROR_LOCK_VIOLATION, "LockFileEx")
	got := make(chan error)
	go func() { got <- LockFileEx(b, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, at(0)) }()
	waits(t, b, 1)
	wantErr(t, UnlockFileEx(a, 0, 1, 0, at(0)), 0, "UnlockFileEx")
	wantErr(t, <-got, 0, "LockFileEx, later")
	go func() { got <- LockFileEx(a, 0, 0, 1, 0, at(0)) }()
	waits(t, b, 1)
	CloseHandle(a)
	wantErr(t, <-got, ERROR_OPERATION_ABORTED, "LockFileEx, closed")
}

// waits waits until n operations wait for a lock of h's file.
func waits(t *testing.T, h HANDLE, n int) {
	t.Helper()
	f, _, err := fileOf(h)
	wantErr(t, err, 0, "fileOf")
	table, _ := f.dev.(lockable).locks()
	eventually(t, func() bool {
		table.mu.Lock()
		defer table.mu.Unlock()
		return len(table.waiting) == n
	})
}

// foreign opens the file once more, as another process would.
func foreign(t *testing.T, name string) int {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return int(f.Fd())
}

func kernelLock(t *testing.T, fd int, kind int16, start, n int64) bool {
	t.Helper()
	err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &unix.Flock_t{Type: kind, Start: start, Len: n})
	if err == unix.EINVAL {
		t.Skip("the kernel has no locks of open files")
	}
	return err == nil
}

func TestOtherProcessesSeeTheLocks(t *testing.T) {
	a, name := newFileWith(t, "0123456789", FILE_FLAG_OVERLAPPED)
	port := associated(t, a, 0)
	fd := foreign(t, name)
	free := func(kind int16, start, n int64) bool {
		t.Helper()
		ok := kernelLock(t, fd, kind, start, n)
		kernelLock(t, fd, unix.F_UNLCK, start, n)
		return ok
	}
	wantLocked(t, a, port, LOCKFILE_EXCLUSIVE_LOCK, 2, 6)
	wantLocked(t, a, port, 0, 4, 10) // from 4 to 13: what is not exclusive is shared
	if free(unix.F_RDLCK, 2, 1) || free(unix.F_RDLCK, 7, 1) || !free(unix.F_RDLCK, 8, 6) || free(unix.F_WRLCK, 13, 1) ||
		!free(unix.F_WRLCK, 14, 10) || !free(unix.F_WRLCK, 0, 2) {
		t.Error("two locks")
	}
	wantErr(t, UnlockFileEx(a, 0, 6, 0, at(2)), 0, "UnlockFileEx")
	if !free(unix.F_WRLCK, 0, 4) || free(unix.F_WRLCK, 4, 1) || !free(unix.F_RDLCK, 0, 100) {
		t.Error("one lock")
	}
	CloseHandle(a)
	if !free(unix.F_WRLCK, 0, 100) {
		t.Error("no lock")
	}
}

func TestLockOfAnotherProcess(t *testing.T) {
	a, name := newFileWith(t, "0123456789", FILE_FLAG_OVERLAPPED)
	port := associated(t, a, 0)
	fd := foreign(t, name)
	if !kernelLock(t, fd, unix.F_WRLCK, 5, 1) {
		t.Fatal("cannot lock")
	}
	wantNotLocked(t, a, LOCKFILE_EXCLUSIVE_LOCK, 0, 10)
	wantLocked(t, a, port, LOCKFILE_EXCLUSIVE_LOCK, 0, 5)
	ov := at(5)
	wantErr(t, LockFileEx(a, 0, 0, 5, 0, ov), ERROR_IO_PENDING, "LockFileEx")
	wantNoPacket(t, port)
	kernelLock(t, fd, unix.F_UNLCK, 5, 1)
	wantPacket(t, port, ov, 0, 0)
}
