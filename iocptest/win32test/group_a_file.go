// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"fmt"
	"os"

	"iocp/win32"
)

var _ = group(
	rule{id: "A07", run: nullFile},
	rule{id: "A08", run: closedOrGarbageFile},
	rule{id: "A11", run: wrongObjectAsFile},
	rule{id: "A13", run: oneAssociationOnly},
	rule{id: "A14", part: "duplicate", run: duplicatesShareTheAssociation},
	rule{id: "A14", part: "opened twice", run: openedTwiceIsTwoFiles},
	rule{id: "A16", run: associationSurvivesThePort},
	rule{id: "A17", part: "file", run: notOverlappedFile},
	rule{id: "A18", run: consoleCannotBeAssociated},
	rule{id: "A19", run: anonymousPipeCannotBeAssociated},
	rule{id: "A20", run: directoriesCanBeAssociated},
	rule{id: "A21", run: mailslotCanBeAssociated, wine: "it is refused, with ERROR_INVALID_PARAMETER"},
	rule{id: "A22", part: "write", run: nullDeviceTakes},
	rule{id: "A22", part: "read", run: nullDeviceHasNothing, wine: failedPackets},
	rule{id: "A25", run: noRightIsNeeded},
	rule{id: "A31", run: cannot("package win32 starts no processes, and has no function that tells whether a handle is inherited")},
)

// notAssociated fails unless the file cannot be associated, with a port or a new one.
func (s *scene) notAssociated(file, port win32.HANDLE, want win32.Errno, what string) {
	s.Helper()
	for _, p := range []win32.HANDLE{port, 0} {
		h, err := win32.CreateIoCompletionPort(file, p, 1, 0)
		s.code(err, want, what)
		s.check(h == 0, "%s: the handle is %#x", what, h)
	}
}

func nullFile(s *scene) {
	s.notAssociated(0, s.newPort(1), win32.ERROR_INVALID_HANDLE, "no file")
}

func closedOrGarbageFile(s *scene) {
	f := s.onDisk("")
	s.close(f.h)
	s.notAssociated(f.h, f.port, win32.ERROR_INVALID_HANDLE, "a closed file")
	s.notAssociated(0x7ffffff0, f.port, win32.ERROR_INVALID_HANDLE, "garbage")
}

func wrongObjectAsFile(s *scene) {
	port := s.newPort(1)
	ev, err := win32.CreateEvent(true, false)
	s.must(err, "creating an event")
	s.closing(ev)
	var thread win32.HANDLE
	s.must(win32.DuplicateHandle(win32.GetCurrentProcess(), win32.GetCurrentThread(), win32.GetCurrentProcess(), &thread,
		0, false, win32.DUPLICATE_SAME_ACCESS), "duplicating the thread")
	s.closing(thread)
	s.notAssociated(ev, port, win32.ERROR_INVALID_HANDLE, "an event")
	s.notAssociated(thread, port, win32.ERROR_INVALID_HANDLE, "a thread")
	s.notAssociated(port, port, win32.ERROR_INVALID_HANDLE, "the port")
	s.notAssociated(s.newPort(1), port, win32.ERROR_INVALID_HANDLE, "another port")
}

func oneAssociationOnly(s *scene) {
	f := s.onDisk("abc")
	s.notAssociated(f.h, f.port, win32.ERROR_INVALID_PARAMETER, "a file that is associated")
	other := s.newPort(1)
	s.notAssociated(f.h, other, win32.ERROR_INVALID_PARAMETER, "a file that is associated")
	_, err := win32.CreateIoCompletionPort(f.h, f.port, diskKey, 0)
	s.code(err, win32.ERROR_INVALID_PARAMETER, "with the same key")
	f.reads(0, 3, "abc") // as it was
	s.empty(other)
}

func (s *scene) duplicateOf(h win32.HANDLE) win32.HANDLE {
	s.Helper()
	var d win32.HANDLE
	s.must(win32.DuplicateHandle(win32.GetCurrentProcess(), h, win32.GetCurrentProcess(), &d, 0, false,
		win32.DUPLICATE_SAME_ACCESS), "duplicating a handle")
	return s.closing(d)
}

func duplicatesShareTheAssociation(s *scene) {
	f := s.onDisk("abc")
	f.h = s.duplicateOf(f.h)
	s.notAssociated(f.h, s.newPort(1), win32.ERROR_INVALID_PARAMETER, "a duplicate")
	f.reads(0, 3, "abc")
}

func openedTwiceIsTwoFiles(s *scene) {
	f := s.onDisk("abc")
	second, port := *f, s.newPort(1)
	second.h, second.port = s.openFile(f.name, readWrite, win32.FILE_FLAG_OVERLAPPED), port
	s.associate(second.h, port, diskKey)
	second.writes(0, "x")
	f.reads(0, 3, "xbc")
	f.none()
	second.none()
}

func associationSurvivesThePort(s *scene) {
	f := s.onDisk("abc")
	s.close(f.port)
	s.notAssociated(f.h, s.newPort(1), win32.ERROR_INVALID_PARAMETER, "a file whose port is closed")
}

func notOverlappedFile(s *scene) {
	h := s.openFile(s.fileNamed("abc"), readWrite, 0)
	s.notAssociated(h, s.newPort(1), win32.ERROR_INVALID_PARAMETER, "a file that is not overlapped")
	buf := make([]byte, 3)
	var n uint32
	s.must(win32.ReadFile(h, buf, &n, nil), "reading")
	s.check(n == 3 && string(buf) == "abc", "read %q, %d", buf, n)
}

func consoleCannotBeAssociated(s *scene) {
	h, err := win32.CreateFile("CONOUT$", readWrite, shareAll, win32.OPEN_EXISTING, win32.FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		s.skip("this process has no console: %v", err)
	}
	s.closing(h)
	s.notAssociated(h, s.newPort(1), win32.ERROR_INVALID_PARAMETER, "a console")
}

func anonymousPipeCannotBeAssociated(s *scene) {
	var r, w win32.HANDLE
	s.must(win32.CreatePipe(&r, &w, 0), "creating a pipe")
	s.closing(r)
	s.closing(w)
	port := s.newPort(1)
	s.notAssociated(r, port, win32.ERROR_INVALID_PARAMETER, "the end to read from")
	s.notAssociated(w, port, win32.ERROR_INVALID_PARAMETER, "the end to write to")
}

func mailslotCanBeAssociated(s *scene) {
	name := fmt.Sprintf(`\\.\mailslot\win32test-%d-%d`, os.Getpid(), names.Add(1))
	slot, err := win32.CreateMailslot(name, 0, win32.INFINITE)
	s.must(err, "creating a mailslot")
	s.closing(slot)
	port, ov := s.newPort(1), new(win32.OVERLAPPED)
	s.associate(slot, port, diskKey)
	buf := make([]byte, 8)
	s.code(win32.ReadFile(slot, buf, nil, ov), win32.ERROR_IO_PENDING, "reading an empty mailslot")
	client := s.openFile(name, win32.GENERIC_WRITE, 0)
	s.must(win32.WriteFile(client, []byte("abc"), nil, nil), "writing")
	s.expect(port, ov, 3, diskKey, 0)
	s.check(string(buf[:3]) == "abc", "read %q", buf)
}

func directoriesCanBeAssociated(s *scene) {
	d := s.openDir() // associates it
	h := s.openFile(d.name, win32.FILE_LIST_DIRECTORY, win32.FILE_FLAG_BACKUP_SEMANTICS)
	s.notAssociated(h, d.port, win32.ERROR_INVALID_PARAMETER, "a directory that is not overlapped")
	_, err := win32.CreateFile(d.name, win32.FILE_LIST_DIRECTORY, shareAll, win32.OPEN_EXISTING, win32.FILE_FLAG_OVERLAPPED, 0)
	s.code(err, win32.ERROR_ACCESS_DENIED, "opening a directory without BACKUP_SEMANTICS")
}

// nullDevice opens the device that takes everything.
func (s *scene) nullDevice() *diskFile {
	s.Helper()
	f := &diskFile{scene: s, h: s.openFile("NUL", readWrite, win32.FILE_FLAG_OVERLAPPED), port: s.newPort(1)}
	s.associate(f.h, f.port, diskKey)
	return f
}

func nullDeviceTakes(s *scene) {
	f, ov := s.nullDevice(), at(0)
	var n uint32
	s.must(win32.WriteFile(f.h, []byte("abc"), &n, ov), "writing to the null device")
	s.check(n == 3, "%d bytes, want 3", n)
	f.takes(ov, 3, 0)
	f.none()
}

func nullDeviceHasNothing(s *scene) {
	f := s.nullDevice()
	f.refuses(win32.ReadFile(f.h, make([]byte, 3), nil, at(0)), win32.ERROR_HANDLE_EOF, "reading the null device")
}

func noRightIsNeeded(s *scene) {
	f := s.onDisk("abc")
	for _, access := range []uint32{0, win32.GENERIC_READ, win32.GENERIC_WRITE} {
		f.again(access)
	}
}
