// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"os"
	"path/filepath"

	"iocp/win32"
)

const (
	lockPackets    = "LockFileEx sends no packet, and waits in the call"
	controlPackets = "DeviceIoControl on files sends no packet"
)

var _ = group(
	rule{id: "G15", part: "at once", run: lockAtOnce, wine: lockPackets},
	rule{id: "G15", part: "later", run: lockLater, wine: lockPackets},
	rule{id: "G15", part: "fail immediately", run: lockNotNow, wine: lockPackets},
	rule{id: "G15", part: "cancel", run: cancelledLock, wine: lockPackets},
	rule{id: "G16", part: "unknown code", run: unknownControlCode},
	rule{id: "G16", part: "packet", run: controlCodeSendsAPacket, wine: controlPackets},
	rule{id: "G17", part: "one", run: directoryChange},
	rule{id: "G17", part: "actions", run: directoryActions, wine: "records begin at odd places"},
	rule{id: "G17", part: "subtree", run: directorySubtree, wine: "what is below is not watched"},
	rule{id: "G18", run: directoryOverflow},
	rule{id: "G19", run: directoryClosed, wine: "the packet is an error, ERROR_HANDLES_CLOSED"},
	rule{id: "O04", run: cannot("no device here answers a control code in two ways")},
	rule{id: "O15", part: "records", run: recordLengths},
	rule{id: "O15", part: "first call", run: firstCallDecides},
	rule{id: "O15", part: "no buffer", run: firstCallWithoutBuffer, wine: "later calls get records"},
)

func lockAtOnce(s *scene) {
	f := s.onDisk("abcdef")
	ov := at(1)
	s.pending(f.lockRange(f.h, win32.LOCKFILE_EXCLUSIVE_LOCK, 3, ov), "locking")
	f.takes(ov, 0, 0)
	s.must(win32.UnlockFileEx(f.h, 0, 3, 0, at(1)), "unlocking")
	s.code(win32.UnlockFileEx(f.h, 0, 3, 0, at(1)), win32.ERROR_NOT_LOCKED, "unlocking twice")
	f.none()
}

func lockLater(s *scene) {
	f := s.onDisk("abcdef")
	other := f.again(readWrite)
	first, second := at(0), at(2)
	s.pending(f.lockRange(f.h, win32.LOCKFILE_EXCLUSIVE_LOCK, 3, first), "locking")
	f.takes(first, 0, 0)
	s.code(f.lockRange(other, win32.LOCKFILE_EXCLUSIVE_LOCK, 3, second), win32.ERROR_IO_PENDING, "locking what is locked")
	f.none()
	s.must(win32.UnlockFileEx(f.h, 0, 3, 0, at(0)), "unlocking")
	f.takes(second, 0, 0)
	third := at(4)
	s.code(f.lockRange(f.h, 0, 1, third), win32.ERROR_IO_PENDING, "locking what is locked")
	s.close(other) // which gives up its locks
	f.takes(third, 0, 0)
	f.none()
}

func lockNotNow(s *scene) {
	const now = win32.LOCKFILE_EXCLUSIVE_LOCK | win32.LOCKFILE_FAIL_IMMEDIATELY
	f := s.onDisk("abcdef")
	other := f.again(readWrite)
	ov := at(0)
	s.pending(f.lockRange(f.h, now, 3, ov), "locking")
	f.takes(ov, 0, 0)
	f.refuses(f.lockRange(other, now, 3, at(2)), win32.ERROR_LOCK_VIOLATION, "locking what is locked")
	ov = at(3)
	s.pending(f.lockRange(other, now, 3, ov), "locking beside")
	f.takes(ov, 0, 0)
}

func cancelledLock(s *scene) {
	f := s.onDisk("abcdef")
	other := f.again(readWrite)
	first, second := at(0), at(0)
	s.pending(f.lockRange(f.h, win32.LOCKFILE_EXCLUSIVE_LOCK, 3, first), "locking")
	f.takes(first, 0, 0)
	s.code(f.lockRange(other, 0, 3, second), win32.ERROR_IO_PENDING, "locking what is locked")
	s.must(win32.CancelIoEx(other, second), "cancelling")
	f.takes(second, 0, win32.ERROR_OPERATION_ABORTED)
	s.must(win32.UnlockFileEx(f.h, 0, 3, 0, at(0)), "unlocking")
	f.none()
}

func unknownControlCode(s *scene) {
	f := s.onDisk("")
	const unknown = 0x9FFFC // of file systems, for any handle
	err := win32.DeviceIoControl(f.h, unknown, nil, nil, nil, at(0))
	s.check(isOneOf(err, win32.ERROR_INVALID_FUNCTION, win32.ERROR_NOT_SUPPORTED), "an unknown control code: %v", err)
	f.none()
}

func controlCodeSendsAPacket(s *scene) {
	f := s.onDisk("")
	ov := at(0)
	s.pending(win32.DeviceIoControl(f.h, win32.FSCTL_SET_SPARSE, nil, nil, nil, ov), "making the file sparse")
	f.takes(ov, 0, 0)
	f.none()
}

func directoryChange(s *scene) {
	d, ov := s.openDir(), new(win32.OVERLAPPED)
	buf := d.changes(ov, 4096, false)
	d.none()
	d.touch("x")
	d.takes(ov, 14, 0)
	got := s.records(buf[:14])
	s.check(len(got) == 1 && got[0] == changed{win32.FILE_ACTION_ADDED, "x"}, "the records are %v", got)
}

func directoryActions(s *scene) {
	d := s.openDir()
	ov := new(win32.OVERLAPPED)
	d.changes(ov, 4096, false)
	name := func(n string) string { return filepath.Join(d.name, n) }
	d.touch("old")
	p := s.get(d.port, stepMS)
	s.check(p.ov == ov && p.err == nil, "the packet of a change: %v", p.err)
	s.must(os.Rename(name("old"), name("new ä")), "renaming")
	d.hears(false, changed{win32.FILE_ACTION_RENAMED_OLD_NAME, "old"}, changed{win32.FILE_ACTION_RENAMED_NEW_NAME, "new ä"})
	s.must(os.Remove(name("new ä")), "removing")
	d.hears(false, changed{win32.FILE_ACTION_REMOVED, "new ä"})
	s.must(os.Mkdir(name("dir"), 0o777), "making a directory")
	d.hears(false, changed{win32.FILE_ACTION_ADDED, "dir"})
	s.must(os.Remove(name("dir")), "removing a directory")
	d.hears(false, changed{win32.FILE_ACTION_REMOVED, "dir"})
}

func directorySubtree(s *scene) {
	d := s.openDir()
	sub := filepath.Join(d.name, "sub")
	s.must(os.Mkdir(sub, 0o777), "making a directory")
	ov := new(win32.OVERLAPPED)
	buf := d.changes(ov, 4096, true)
	d.touch(filepath.Join("sub", "x"))
	p := s.get(d.port, stepMS)
	s.check(p.ov == ov && p.err == nil, "the packet of a change below: %v", p.err)
	got := s.records(buf[:p.bytes])
	s.check(len(got) > 0 && got[0] == changed{win32.FILE_ACTION_ADDED, filepath.Join("sub", "x")}, "the records are %v", got)
}

func directoryOverflow(s *scene) {
	d, ov := s.openDir(), new(win32.OVERLAPPED)
	d.changes(ov, 16, false)
	d.touch("a name that is too long for the buffer")
	d.takes(ov, 0, 0)
	s.settled(ov, win32.STATUS_NOTIFY_ENUM_DIR, 0)
}

func directoryClosed(s *scene) {
	d, ov := s.openDir(), new(win32.OVERLAPPED)
	d.changes(ov, 4096, false)
	s.close(d.h)
	d.takes(ov, 0, 0)
	s.settled(ov, win32.STATUS_NOTIFY_CLEANUP, 0)
	d.none()
}

func recordLengths(s *scene) {
	for _, name := range []string{"a", "ab", "abcde"} {
		d, ov := s.openDir(), new(win32.OVERLAPPED)
		buf := d.changes(ov, 4096, false)
		d.touch(name)
		n := 12 + 2*len(name)
		d.takes(ov, uint32(n), 0)
		got := s.records(buf[:n])
		s.check(len(got) == 1 && got[0].name == name, "the records are %v", got)
	}
}

func firstCallDecides(s *scene) {
	d, ov := s.openDir(), new(win32.OVERLAPPED)
	sub := filepath.Join(d.name, "sub")
	s.must(os.Mkdir(sub, 0o777), "making a directory")
	s.must(win32.ReadDirectoryChanges(d.h, make([]byte, 4096), false, win32.FILE_NOTIFY_CHANGE_DIR_NAME, nil, ov, nil), "asking for changes")
	s.must(win32.CancelIoEx(d.h, ov), "cancelling")
	d.takes(ov, 0, win32.ERROR_OPERATION_ABORTED)
	d.changes(ov, 4096, true) // with another filter, and what is below
	d.touch("file")
	d.touch(filepath.Join("sub", "below"))
	s.must(os.Mkdir(filepath.Join(sub, "below too"), 0o777), "making a directory")
	d.none()
	s.must(os.Mkdir(filepath.Join(d.name, "dir"), 0o777), "making a directory")
	d.takes(ov, 12+2*3, 0)
}

func firstCallWithoutBuffer(s *scene) {
	d, ov := s.openDir(), new(win32.OVERLAPPED)
	for i, n := range []int{0, 4096, 4096} {
		d.changes(ov, n, false)
		d.none()
		d.touch(string(rune('a' + i)))
		d.takes(ov, 0, 0)
		s.settled(ov, win32.STATUS_NOTIFY_ENUM_DIR, 0)
	}
}
