// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"fmt"
	"os"
	"strconv"

	"iocp/win32"
)

var _ = group(
	rule{id: "M05", run: transferOfGigabytes, wine: "it does not end"},
	rule{id: "N01", part: "packets", run: everyFileSystem},
	rule{id: "N01", part: "past the cache", run: pastTheCacheOrRefused},
	rule{id: "N02", run: whateverCanBeOverlapped},
	rule{id: "N03", run: cannot("it is about the editions of Windows")},
)

// transferOfGigabytes writes more than one call of any kernel takes, and more than an int32 counts.
func transferOfGigabytes(s *scene) {
	if strconv.IntSize == 32 {
		s.skip("a 32-bit process has no room for such a buffer")
	}
	f, ov := s.nullDevice(), at(0)
	size := uint32(0xC0000000)
	buf := s.memory(uintptr(size))
	s.pending(win32.WriteFile(f.h, buf, nil, ov), "writing 3 GiB")
	f.takes(ov, size, 0)
	s.settled(ov, win32.STATUS_SUCCESS, uintptr(size))
}

// directories are those that may be on several file systems.
func (s *scene) directories() []string {
	dirs := []string{s.TempDir()}
	for _, parent := range []string{".", "/dev/shm", "/var/tmp"} {
		if dir, err := os.MkdirTemp(parent, "win32test"); err == nil {
			s.Cleanup(func() { removeTree(dir) })
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

func everyFileSystem(s *scene) {
	for _, dir := range s.directories() {
		f := &diskFile{scene: s, name: dir + "/file", port: s.newPort(1)}
		h, err := win32.CreateFile(f.name, readWrite, shareAll, win32.CREATE_NEW, win32.FILE_FLAG_OVERLAPPED, 0)
		s.must(err, "making "+f.name)
		f.h = s.closing(h)
		s.associate(f.h, f.port, diskKey)
		f.writes(0, "abc")
		f.writes(-1, "def")
		f.reads(2, 10, "cdef")
		f.ends(6, 1)
		f.content("abcdef")
		s.must(win32.FlushFileBuffers(f.h), "flushing "+f.name)
		s.close(f.h)
		f.none()
	}
}

func pastTheCacheOrRefused(s *scene) {
	const size = 1 << 16
	for _, dir := range s.directories() {
		f := &diskFile{scene: s, name: dir + "/file", port: s.newPort(1)}
		h, err := win32.CreateFile(f.name, readWrite, shareAll, win32.CREATE_NEW, win32.FILE_FLAG_OVERLAPPED|win32.FILE_FLAG_NO_BUFFERING, 0)
		if err != nil {
			s.code(err, win32.ERROR_INVALID_PARAMETER, "making "+f.name)
			continue
		}
		s.closing(h)
		s.associate(h, f.port, diskKey)
		buf, ov := s.memory(size), at(0)
		copy(buf, "abc")
		s.pending(win32.WriteFile(h, buf, nil, ov), "writing")
		f.takes(ov, size, 0)
		clear(buf[:3])
		s.pending(win32.ReadFile(h, buf, nil, ov), "reading")
		f.takes(ov, size, 0)
		s.check(string(buf[:3]) == "abc", "%s: read %q", f.name, buf[:3])
		s.close(h)
	}
}

func whateverCanBeOverlapped(s *scene) {
	port := s.newPort(1)
	file := s.fileNamed("")
	dir := s.TempDir()
	for name, flags := range map[string]uint32{file: 0, dir: win32.FILE_FLAG_BACKUP_SEMANTICS, "NUL": 0} {
		s.associate(s.openFile(name, win32.GENERIC_READ, flags|win32.FILE_FLAG_OVERLAPPED), port, 1)
		s.notAssociated(s.openFile(name, win32.GENERIC_READ, flags), port, win32.ERROR_INVALID_PARAMETER,
			fmt.Sprintf("%s, not overlapped", name))
	}
}
