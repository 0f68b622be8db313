// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"bytes"
	"runtime"
	"unsafe"

	"iocp/win32"
)

var _ = group(
	rule{id: "F01", part: "lock", run: pendingLockSendsOnePacket, wine: lockPackets},
	rule{id: "F01", part: "directory", run: pendingRequestSendsOnePacket},
	rule{id: "F02", part: "file", run: fileOperationSendsOnePacket},
	rule{id: "F03", part: "file", run: fileWithoutTheRightSendsNone},
	rule{id: "F05", part: "directory", run: statusBlockWhilePending},
	rule{id: "F06", part: "file", run: statusBlockOfAFile},
	rule{id: "F07", part: "file", run: completedBeforeThePacketIsTaken},
	rule{id: "F08", part: "file", run: statusBlockOfAFailure},
	rule{id: "F14", part: "file", run: fileNeedsOverlapped},
	rule{id: "F16", part: "file", run: oneOverlappedReadsTwice},
	rule{id: "F16", part: "locks", run: oneOverlappedWaitsTwice, wine: lockPackets},
	rule{id: "F22", part: "file", run: forgottenOperation},
	rule{id: "F23", part: "file", run: synchronousFunctionsOfFiles},
	rule{id: "F24", part: "file", run: fileResultLeavesThePacket},
	rule{id: "F25", part: "directory", run: resultNotReady},
	rule{id: "F27", part: "file", run: countOfTheCall},
	rule{id: "F28", part: "file", run: severalWrites},
	rule{id: "J06", part: "file", run: cancelAfterTheEnd},
	rule{id: "J12", part: "file", run: packetOutlivesTheDiskFile},
)

func pendingLockSendsOnePacket(s *scene) {
	f := s.onDisk("abc")
	other := f.again(readWrite)
	first, second := at(0), at(0)
	s.pending(f.lockRange(f.h, win32.LOCKFILE_EXCLUSIVE_LOCK, 1, first), "locking")
	f.takes(first, 0, 0)
	s.code(f.lockRange(other, win32.LOCKFILE_EXCLUSIVE_LOCK, 1, second), win32.ERROR_IO_PENDING, "locking what is locked")
	s.close(f.h)
	f.takes(second, 0, 0)
	f.none()
}

func pendingRequestSendsOnePacket(s *scene) {
	d, ov := s.openDir(), new(win32.OVERLAPPED)
	d.changes(ov, 4096, false)
	d.none()
	d.touch("ab")
	d.takes(ov, 16, 0)
	d.none()
}

func fileOperationSendsOnePacket(s *scene) {
	f := s.onDisk("abc")
	for range 50 { // from the cache, some are done at once
		f.reads(0, 3, "abc")
	}
	f.none()
}

func fileWithoutTheRightSendsNone(s *scene) {
	f := s.onDisk("abc")
	f.refuses(win32.ReadFile(f.again(win32.GENERIC_WRITE), make([]byte, 1), nil, at(0)), win32.ERROR_ACCESS_DENIED, "reading")
}

func statusBlockWhilePending(s *scene) {
	d := s.openDir()
	ov := &win32.OVERLAPPED{Internal: 0x55}
	d.changes(ov, 4096, false)
	s.check(!win32.HasOverlappedIoCompleted(ov), "a pending request is over") // InternalHigh is the system's now
	d.touch("a")
	d.takes(ov, 14, 0)
	s.settled(ov, win32.STATUS_SUCCESS, 14)
}

func statusBlockOfAFile(s *scene) {
	f, ov := s.onDisk("abc"), at(1)
	s.pending(win32.ReadFile(f.h, make([]byte, 8), nil, ov), "reading")
	f.takes(ov, 2, 0)
	s.settled(ov, win32.STATUS_SUCCESS, 2)
	f.ends(3, 8)
}

func completedBeforeThePacketIsTaken(s *scene) {
	f, ov := s.onDisk("abc"), at(0)
	s.pending(win32.ReadFile(f.h, make([]byte, 3), nil, ov), "reading")
	s.eventually(func() bool { return win32.HasOverlappedIoCompleted(ov) }, "the end of a read")
	f.takes(ov, 3, 0)
	s.check(win32.HasOverlappedIoCompleted(ov), "not over with its packet")
}

func statusBlockOfAFailure(s *scene) {
	f := s.onDisk("abc")
	ov := &win32.OVERLAPPED{Internal: 0x55, InternalHigh: 0x77}
	f.refuses(win32.ReadFile(f.again(win32.GENERIC_WRITE), make([]byte, 1), nil, ov), win32.ERROR_ACCESS_DENIED, "reading")
	s.settled(ov, win32.STATUS_PENDING, 0x77)
	s.check(!win32.HasOverlappedIoCompleted(ov), "a call that failed is over")
}

func fileNeedsOverlapped(s *scene) {
	f := s.onDisk("abc")
	n := uint32(0xAAAA)
	f.refuses(win32.ReadFile(f.h, make([]byte, 1), &n, nil), win32.ERROR_INVALID_PARAMETER, "reading")
	f.refuses(win32.WriteFile(f.h, make([]byte, 1), &n, nil), win32.ERROR_INVALID_PARAMETER, "writing")
	s.check(n == 0, "%d bytes, want 0", n)
	f.content("abc")
}

func oneOverlappedReadsTwice(s *scene) {
	f, ov := s.onDisk("abc"), at(0)
	s.pending(win32.ReadFile(f.h, make([]byte, 2), nil, ov), "reading")
	s.pending(win32.ReadFile(f.h, make([]byte, 2), nil, ov), "reading with the same OVERLAPPED")
	f.takes(ov, 2, 0)
	f.takes(ov, 2, 0)
	f.none()
}

func oneOverlappedWaitsTwice(s *scene) {
	f := s.onDisk("abc")
	other := f.again(readWrite)
	first, shared := at(0), at(0)
	s.pending(f.lockRange(f.h, win32.LOCKFILE_EXCLUSIVE_LOCK, 3, first), "locking")
	f.takes(first, 0, 0)
	for range 2 {
		s.code(f.lockRange(other, 0, 1, shared), win32.ERROR_IO_PENDING, "locking what is locked")
	}
	s.must(win32.CancelIoEx(other, shared), "cancelling")
	f.takes(shared, 0, win32.ERROR_OPERATION_ABORTED)
	f.takes(shared, 0, win32.ERROR_OPERATION_ABORTED)
	f.none()
}

// request is what programs do: an OVERLAPPED with what belongs to it.
type request struct {
	win32.OVERLAPPED
	buf []byte
}

func forgottenOperation(s *scene) {
	f := s.onDisk("0123456789")
	const count = 8
	for i := range count {
		r := &request{buf: make([]byte, 1)}
		r.Offset = uint32(i)
		s.pending(win32.ReadFile(f.h, r.buf, nil, &r.OVERLAPPED), "reading")
	}
	runtime.GC() // nothing of this package knows of the requests
	runtime.GC()
	var seen [count]bool
	for range count {
		p := s.get(f.port, stepMS)
		s.must(p.err, "the packet of a read")
		r := (*request)(unsafe.Pointer(p.ov))
		s.check(r.Offset < count && !seen[r.Offset] && len(r.buf) == 1 && r.buf[0] == '0'+byte(r.Offset),
			"read %q at %d", r.buf, r.Offset)
		seen[r.Offset] = true
	}
}

func synchronousFunctionsOfFiles(s *scene) {
	f := s.onDisk("abcdef")
	s.must(win32.SetFilePointerEx(f.h, 3, nil, win32.FILE_BEGIN), "moving the file pointer")
	s.must(win32.SetEndOfFile(f.h), "setting the end of the file")
	s.must(win32.FlushFileBuffers(f.h), "flushing")
	var size int64
	s.must(win32.GetFileSizeEx(f.h, &size), "asking for the size")
	s.check(size == 3, "the size is %d, want 3", size)
	kind, err := win32.GetFileType(f.h)
	s.must(err, "asking for the type")
	s.check(kind == win32.FILE_TYPE_DISK, "the type is %d", kind)
	f.content("abc")
	f.none()
}

func fileResultLeavesThePacket(s *scene) {
	f, ov := s.onDisk("abc"), at(0)
	s.pending(win32.ReadFile(f.h, make([]byte, 8), nil, ov), "reading")
	n := uint32(0xAAAA)
	s.must(win32.GetOverlappedResult(f.h, ov, &n, true), "waiting for the result")
	s.check(n == 3, "%d bytes, want 3", n)
	f.takes(ov, 3, 0)
	f.none()
}

func resultNotReady(s *scene) {
	d, ov := s.openDir(), new(win32.OVERLAPPED)
	ev, err := win32.CreateEvent(true, false)
	s.must(err, "creating an event")
	ov.HEvent = s.closing(ev)
	d.changes(ov, 4096, false)
	n := uint32(0xAAAA)
	s.code(win32.GetOverlappedResult(d.h, ov, &n, false), win32.ERROR_IO_INCOMPLETE, "the result of a pending request")
	s.code(win32.GetOverlappedResultEx(d.h, ov, &n, 0, false), win32.ERROR_IO_INCOMPLETE, "without a wait")
	s.code(win32.GetOverlappedResultEx(d.h, ov, &n, quietMS, false), win32.WAIT_TIMEOUT, "with a wait")
	s.check(n == 0xAAAA, "the count became %d", n)
	d.touch("a")
	s.must(win32.GetOverlappedResult(d.h, ov, &n, true), "the result")
	s.check(n == 14, "%d bytes, want 14", n)
	d.takes(ov, 14, 0)
}

func countOfTheCall(s *scene) {
	f, ov := s.onDisk("abc"), at(0)
	n := uint32(0xAAAA)
	err := win32.ReadFile(f.h, make([]byte, 8), &n, ov)
	s.check(err == nil && n == 3 || isOneOf(err, win32.ERROR_IO_PENDING) && n == 0, "%d bytes with %v", n, err)
	f.takes(ov, 3, 0)
	n = 0xAAAA
	s.code(win32.ReadFile(f.again(win32.GENERIC_WRITE), make([]byte, 8), &n, at(0)), win32.ERROR_ACCESS_DENIED, "reading")
	s.check(n == 0, "%d bytes of a call that failed", n)
}

func severalWrites(s *scene) {
	const count, size = 16, 4096
	f := s.onDisk("")
	left := make(map[*win32.OVERLAPPED]bool)
	for i := range count {
		ov := at(int64(i * size))
		left[ov] = true
		s.pending(win32.WriteFile(f.h, bytes.Repeat([]byte{'a' + byte(i)}, size), nil, ov), "writing")
	}
	for range count { // in whatever order
		p := s.get(f.port, stepMS)
		s.must(p.err, "the packet of a write")
		s.check(left[p.ov] && p.bytes == size, "%p with %d bytes", p.ov, p.bytes)
		delete(left, p.ov)
	}
	f.reads((count-1)*size-1, 2, "op")
}

func cancelAfterTheEnd(s *scene) {
	f, ov := s.onDisk("abc"), at(0)
	s.pending(win32.ReadFile(f.h, make([]byte, 3), nil, ov), "reading")
	s.eventually(func() bool { return win32.HasOverlappedIoCompleted(ov) }, "the end of a read")
	s.code(win32.CancelIoEx(f.h, ov), win32.ERROR_NOT_FOUND, "cancelling what is over")
	f.takes(ov, 3, 0)
}

func packetOutlivesTheDiskFile(s *scene) {
	f, ov := s.onDisk("abc"), at(0)
	s.pending(win32.ReadFile(f.h, make([]byte, 3), nil, ov), "reading")
	s.eventually(func() bool { return win32.HasOverlappedIoCompleted(ov) }, "the end of a read")
	s.close(f.h)
	f.takes(ov, 3, 0)
	f.none()
}
