// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"unicode/utf16"

	"iocp/win32"
)

const (
	readWrite = win32.GENERIC_READ | win32.GENERIC_WRITE
	shareAll  = win32.FILE_SHARE_READ | win32.FILE_SHARE_WRITE | win32.FILE_SHARE_DELETE

	diskKey = 0x11 // of the association
)

// diskFile is a file on disk that is open for overlapped operations and associated with a port.
type diskFile struct {
	*scene
	name    string
	h, port win32.HANDLE
}

// fileNamed makes a file with this content and returns its name.
func (s *scene) fileNamed(content string) string {
	s.Helper()
	name := filepath.Join(s.TempDir(), "file")
	s.must(os.WriteFile(name, []byte(content), 0o666), "making a file")
	return name
}

// openFile opens what is there.
func (s *scene) openFile(name string, access, flags uint32) win32.HANDLE {
	s.Helper()
	h, err := win32.CreateFile(name, access, shareAll, win32.OPEN_EXISTING, flags, 0)
	s.must(err, "opening a file")
	return s.closing(h)
}

// onDisk makes a file with this content, open and associated.
func (s *scene) onDisk(content string) *diskFile {
	s.Helper()
	f := &diskFile{scene: s, name: s.fileNamed(content), port: s.newPort(1)}
	f.h = f.again(readWrite)
	return f
}

// again opens the file once more, with the same port.
func (f *diskFile) again(access uint32) win32.HANDLE {
	f.Helper()
	h := f.openFile(f.name, access, win32.FILE_FLAG_OVERLAPPED)
	f.associate(h, f.port, diskKey)
	return h
}

// at is an OVERLAPPED with an offset.
func at(off int64) *win32.OVERLAPPED {
	return &win32.OVERLAPPED{Offset: uint32(off), OffsetHigh: uint32(uint64(off) >> 32)}
}

// takes takes the packet of an operation on the file.
func (f *diskFile) takes(ov *win32.OVERLAPPED, n uint32, code win32.Errno) {
	f.Helper()
	f.expect(f.port, ov, n, diskKey, code)
}

// none fails if a packet comes.
func (f *diskFile) none() {
	f.Helper()
	f.empty(f.port)
}

// reads reads n bytes at an offset and fails unless they are these.
func (f *diskFile) reads(off int64, n int, want string) {
	f.Helper()
	ov, buf := at(off), make([]byte, n)
	f.pending(win32.ReadFile(f.h, buf, nil, ov), "reading")
	f.takes(ov, uint32(len(want)), 0)
	f.check(string(buf[:len(want)]) == want, "read %q, want %q", buf, want)
}

// ends reads n bytes at an offset and fails unless that is behind the end of the file, which is
// told by a packet or at once.
func (f *diskFile) ends(off int64, n int) {
	f.Helper()
	ov := at(off)
	f.code(win32.ReadFile(f.h, make([]byte, n), nil, ov), win32.ERROR_IO_PENDING, "reading at the end")
	f.takes(ov, 0, win32.ERROR_HANDLE_EOF)
	f.settled(ov, win32.STATUS_END_OF_FILE, 0)
}

// writes writes at an offset and takes the packet.
func (f *diskFile) writes(off int64, data string) {
	f.Helper()
	ov := at(off)
	f.pending(win32.WriteFile(f.h, []byte(data), nil, ov), "writing")
	f.takes(ov, uint32(len(data)), 0)
	f.check(*ov == win32.OVERLAPPED{InternalHigh: uintptr(len(data)), Offset: ov.Offset, OffsetHigh: ov.OffsetHigh},
		"the OVERLAPPED is %+v", *ov)
	f.check(at(off).Offset == ov.Offset && at(off).OffsetHigh == ov.OffsetHigh, "the offset was changed")
}

// content fails unless the file has this in it.
func (f *diskFile) content(want string) {
	f.Helper()
	got, err := os.ReadFile(f.name)
	f.must(err, "reading the file")
	f.check(string(got) == want, "the file has %q in it, want %q", got, want)
}

// refuses fails unless a call failed at once, without a packet and without an outcome.
func (f *diskFile) refuses(err error, want win32.Errno, what string) {
	f.Helper()
	f.code(err, want, what)
	f.none()
}

// lockRange locks n bytes at the offset in ov.
func (f *diskFile) lockRange(h win32.HANDLE, flags, n uint32, ov *win32.OVERLAPPED) error {
	return win32.LockFileEx(h, flags, 0, n, 0, ov)
}

// openDir makes a directory and opens it with a port.
func (s *scene) openDir() *diskFile {
	s.Helper()
	d := &diskFile{scene: s, name: s.TempDir(), port: s.newPort(1)}
	d.h = s.openFile(d.name, win32.FILE_LIST_DIRECTORY, win32.FILE_FLAG_BACKUP_SEMANTICS|win32.FILE_FLAG_OVERLAPPED)
	s.associate(d.h, d.port, diskKey)
	return d
}

const namesChange = win32.FILE_NOTIFY_CHANGE_FILE_NAME | win32.FILE_NOTIFY_CHANGE_DIR_NAME

// changes asks for changes of names, and returns the buffer for them.
func (f *diskFile) changes(ov *win32.OVERLAPPED, n int, subtree bool) []byte {
	f.Helper()
	buf := make([]byte, n)
	f.must(win32.ReadDirectoryChanges(f.h, buf, subtree, namesChange, nil, ov, nil), "asking for changes")
	return buf
}

// touch makes a file in the directory.
func (f *diskFile) touch(name string) {
	f.Helper()
	f.must(os.WriteFile(filepath.Join(f.name, name), nil, 0o666), "making a file")
}

// changed is a record of ReadDirectoryChanges.
type changed struct {
	action uint32
	name   string
}

// records splits what was written to a buffer.
func (s *scene) records(b []byte) (all []changed) {
	s.Helper()
	for len(b) > 0 {
		s.check(len(b) >= 12, "%d bytes are no record", len(b))
		next, action, n := binary.NativeEndian.Uint32(b), binary.NativeEndian.Uint32(b[4:]), binary.NativeEndian.Uint32(b[8:])
		s.check(n%2 == 0 && int(12+n) <= len(b), "a name of %d bytes in a record of %d", n, len(b))
		units := make([]uint16, n/2)
		for i := range units {
			units[i] = binary.NativeEndian.Uint16(b[12+2*i:])
		}
		all = append(all, changed{action, string(utf16.Decode(units))})
		if next == 0 {
			s.check(len(b) == int(12+n), "the last record of %d bytes is in %d", 12+n, len(b))
			break
		}
		s.check(next%4 == 0 && next >= 12+n && int(next) < len(b), "the record behind one of %d bytes is at %d", 12+n, next)
		b = b[next:]
	}
	return all
}

// hears asks for changes until it has heard of these, in this order; others in between do not
// matter.
func (f *diskFile) hears(subtree bool, want ...changed) {
	f.Helper()
	for len(want) > 0 {
		ov := new(win32.OVERLAPPED)
		buf := f.changes(ov, 4096, subtree)
		p := f.get(f.port, stepMS)
		f.must(p.err, "the packet of a change")
		f.check(p.ov == ov && p.key == diskKey, "the packet is another's")
		for _, c := range f.records(buf[:p.bytes]) {
			if len(want) > 0 && c == want[0] {
				want = want[1:]
			}
		}
	}
}

// isOneOf reports whether err is one of the codes.
func isOneOf(err error, codes ...win32.Errno) bool {
	for _, c := range codes {
		if errors.Is(err, c) {
			return true
		}
	}
	return false
}
