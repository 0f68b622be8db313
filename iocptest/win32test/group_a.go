// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"math"
	"path/filepath"

	"iocp/win32"
)

var _ = group(
	rule{id: "A01", run: createOnly},
	rule{id: "A02", run: keyIgnoredWhenOnlyCreating},
	rule{id: "A03", run: noFileWithAPort},
	rule{id: "A04", run: associateWithAPort},
	rule{id: "A05", run: createAndAssociate},
	rule{id: "A06", run: failureIsZero},
	rule{id: "A09", run: badPortLeavesTheFile},
	rule{id: "A10", run: wrongTypeAsPort},
	rule{id: "A12", run: pseudoHandleCreates},
	rule{id: "A15", run: failedCreateLeaksNoPort},
	rule{id: "A26", run: rightsOfAPort},
	rule{id: "A27", run: keyIsKeptVerbatim},
	rule{id: "A28", run: keyNeedNotBeUnique},
	rule{id: "A29", run: anyConcurrency},
	rule{id: "A30", run: concurrencyIgnoredWithAPort},
	rule{id: "A32", run: severalFiles},
	rule{id: "A33", run: filesKeepThePort},
	rule{id: "A35", run: cannot("replacing an association is a call of the NT kernel alone (NtSetInformationFile), which package win32 does not have")},
	rule{id: "A36", run: manyPorts},
	rule{id: "A37", run: lowBitsOfAHandle},
	rule{id: "A38", run: closeTwice},
)

func createOnly(s *scene) {
	h, err := win32.CreateIoCompletionPort(win32.INVALID_HANDLE_VALUE, 0, 0, 1)
	s.must(err, "creating a port")
	s.check(h != 0 && h != win32.INVALID_HANDLE_VALUE, "the handle is %#x", h)
	s.empty(h)
	s.close(h)
}

func keyIgnoredWhenOnlyCreating(s *scene) {
	for _, key := range []uintptr{0, 1, ^uintptr(0)} {
		h, err := win32.CreateIoCompletionPort(win32.INVALID_HANDLE_VALUE, 0, key, 1)
		s.must(err, "creating a port with a key")
		s.must(win32.PostQueuedCompletionStatus(h, 1, 2, nil), "posting")
		s.expect(h, nil, 1, 2, 0)
		s.close(h)
	}
}

// newFile makes a file of its own that is open for overlapped reading and writing.
func (s *scene) newFile() win32.HANDLE {
	s.Helper()
	h, err := win32.CreateFile(filepath.Join(s.TempDir(), "file"), win32.GENERIC_READ|win32.GENERIC_WRITE,
		win32.FILE_SHARE_READ|win32.FILE_SHARE_WRITE, win32.CREATE_NEW, win32.FILE_FLAG_OVERLAPPED, 0)
	s.must(err, "creating a file")
	return s.closing(h)
}

// writes writes n bytes to the file and fails unless the packet comes to port with key.
func (s *scene) writes(file, port win32.HANDLE, key uintptr, n int) {
	s.Helper()
	ov := new(win32.OVERLAPPED)
	s.pending(win32.WriteFile(file, make([]byte, n), nil, ov), "writing")
	s.expect(port, ov, uint32(n), key, 0)
}

func noFileWithAPort(s *scene) {
	port := s.newPort(1)
	_, err := win32.CreateIoCompletionPort(win32.INVALID_HANDLE_VALUE, port, 1, 0)
	s.code(err, win32.ERROR_INVALID_PARAMETER, "no file, with a port")
	s.post(port, 1)
	s.expect(port, nil, 0, 1, 0)
}

func associateWithAPort(s *scene) {
	port := s.newPort(1)
	d := s.duplicate(port, 0, win32.DUPLICATE_SAME_ACCESS)
	for key, h := range []win32.HANDLE{port, d} {
		file := s.newFile()
		s.associate(file, h, uintptr(key)) // returns the very handle
		s.writes(file, port, uintptr(key), 3)
	}
}

func createAndAssociate(s *scene) {
	file := s.newFile()
	port, err := win32.CreateIoCompletionPort(file, 0, 25, 0)
	s.must(err, "creating and associating in one call")
	s.closing(port)
	s.writes(file, port, 25, 3)
}

func failureIsZero(s *scene) {
	h, err := win32.CreateIoCompletionPort(0, 0, 0, 0)
	s.check(h == 0 && err != nil, "got %#x, %v", h, err)
	h, err = win32.CreateIoCompletionPort(0, s.newPort(1), 0, 0)
	s.check(h == 0 && err != nil, "got %#x, %v", h, err)
}

func badPortLeavesTheFile(s *scene) {
	file := s.newFile()
	for _, h := range s.badHandles() {
		if h == 0 {
			continue // creates
		}
		got, err := win32.CreateIoCompletionPort(file, h, 1, 0)
		s.code(err, win32.ERROR_INVALID_HANDLE, "associating with a bad port")
		s.check(got == 0, "got %#x", got)
	}
	port := s.newPort(1)
	s.associate(file, port, 2)
	s.writes(file, port, 2, 1)
}

func wrongTypeAsPort(s *scene) {
	file := s.newFile()
	for _, h := range []win32.HANDLE{s.newEvent(), file} {
		_, err := win32.CreateIoCompletionPort(file, h, 1, 0)
		s.code(err, win32.ERROR_INVALID_HANDLE, "associating with what is no port")
	}
	s.associate(file, s.newPort(1), 2)
}

func pseudoHandleCreates(s *scene) {
	s.check(win32.GetCurrentProcess() == win32.INVALID_HANDLE_VALUE, "the pseudo handle is %#x", win32.GetCurrentProcess())
	h, err := win32.CreateIoCompletionPort(win32.GetCurrentProcess(), 0, 0, 1)
	s.must(err, "the pseudo handle as file")
	s.close(h)
}

// failedCreateLeaksNoPort is about what the suite compares after every rule, and here there is
// plenty of it.
func failedCreateLeaksNoPort(s *scene) {
	file := s.newFile()
	s.associate(file, s.newPort(1), 1)
	for range 100 {
		_, err := win32.CreateIoCompletionPort(file, 0, 1, 0)
		s.code(err, win32.ERROR_INVALID_PARAMETER, "a new port for a file that has one")
	}
}

func rightsOfAPort(s *scene) {
	port := s.newPort(1)
	look := s.duplicate(port, win32.IO_COMPLETION_QUERY_STATE, 0)
	_, err := win32.CreateIoCompletionPort(s.newFile(), look, 1, 0)
	s.code(err, win32.ERROR_ACCESS_DENIED, "associating")
	s.code(s.get(look, 0).err, win32.ERROR_ACCESS_DENIED, "getting")
	s.code(win32.GetQueuedCompletionStatusEx(look, make([]win32.OVERLAPPED_ENTRY, 1), nil, 0, false), win32.ERROR_ACCESS_DENIED, "getting a batch")
	s.code(win32.PostQueuedCompletionStatus(look, 0, 0, nil), win32.ERROR_ACCESS_DENIED, "posting")
	s.post(port, 1)
	s.depth(look, 1)
	modify := s.duplicate(port, win32.IO_COMPLETION_MODIFY_STATE, 0)
	_, status := win32.NtQueryIoCompletion(modify)
	s.check(status == win32.STATUS_ACCESS_DENIED, "the depth through a handle that may not look: %#x", uint32(status))
	s.expect(modify, nil, 0, 1, 0)
}

var anyKeys = []uintptr{0, 1, 1 << 31, math.MaxUint32, ^uintptr(0)}

func keyIsKeptVerbatim(s *scene) {
	port := s.newPort(1)
	for _, key := range anyKeys {
		file := s.newFile()
		s.associate(file, port, key)
		s.writes(file, port, key, 1)
	}
}

func keyNeedNotBeUnique(s *scene) {
	port := s.newPort(1)
	for range 3 {
		file := s.newFile()
		s.associate(file, port, 5)
		s.writes(file, port, 5, 1)
	}
}

func anyConcurrency(s *scene) {
	for _, n := range []uint32{0, 1, 2, 1 << 31, math.MaxUint32} {
		port := s.newPort(n)
		s.post(port, 1)
		s.expect(port, nil, 0, 1, 0)
	}
}

func concurrencyIgnoredWithAPort(s *scene) {
	port := s.newPort(1)
	file := s.newFile()
	_, err := win32.CreateIoCompletionPort(file, port, 1, 77)
	s.must(err, "associating with a concurrency value")
	s.writes(file, port, 1, 1)
}

func severalFiles(s *scene) {
	port := s.newPort(1)
	var files []win32.HANDLE
	for key := range uintptr(10) {
		files = append(files, s.newFile())
		s.associate(files[key], port, key)
	}
	for key, file := range files {
		s.writes(file, port, uintptr(key), 1)
	}
}

func filesKeepThePort(s *scene) {
	port, file := s.newPort(1), s.newFile()
	s.associate(file, port, 1)
	s.close(port)
	ov := new(win32.OVERLAPPED)
	s.pending(win32.WriteFile(file, []byte("abc"), nil, ov), "writing to a file whose port is closed")
	s.eventually(func() bool { return win32.HasOverlappedIoCompleted(ov) }, "the operation ends")
	s.check(ov.Internal == 0 && ov.InternalHigh == 3, "it ended with %#x, %d bytes", ov.Internal, ov.InternalHigh)
	_, err := win32.CreateIoCompletionPort(file, s.newPort(1), 1, 0)
	s.code(err, win32.ERROR_INVALID_PARAMETER, "associating it again")
}

func manyPorts(s *scene) {
	for range 3000 {
		h, err := win32.CreateIoCompletionPort(win32.INVALID_HANDLE_VALUE, 0, 0, 1)
		s.must(err, "creating a port")
		s.close(h)
	}
}

func lowBitsOfAHandle(s *scene) {
	port := s.newPort(1)
	for bits := range win32.HANDLE(4) {
		s.post(port|bits, uintptr(bits))
		s.expect(port|bits, nil, 0, uintptr(bits), 0)
	}
}

func closeTwice(s *scene) {
	port := s.newPort(1)
	s.close(port)
	s.code(win32.CloseHandle(port), win32.ERROR_INVALID_HANDLE, "closing it again")
	for _, h := range []win32.HANDLE{0, 0x7FFFFFF0} {
		s.code(win32.CloseHandle(h), win32.ERROR_INVALID_HANDLE, "closing what is no handle")
	}
}
