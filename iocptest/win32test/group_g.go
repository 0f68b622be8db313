// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"math"
	"os"

	"iocp/win32"
)

const failedPackets = "a file operation that fails at once still sends a packet"

var _ = group(
	rule{id: "G01", run: readAndWrite},
	rule{id: "G02", run: offsetOfTheRequest},
	rule{id: "G03", run: filePointerStays},
	rule{id: "G04", run: readAtTheEnd},
	rule{id: "G05", run: readAcrossTheEnd},
	rule{id: "G06", run: readNothing},
	rule{id: "G07", run: writeNothingPastTheEnd},
	rule{id: "G08", part: "gap", run: writePastTheEnd},
	rule{id: "G08", part: "4 GiB", run: writeFarOut},
	rule{id: "G09", run: appendAtTheEnd},
	rule{id: "G10", run: appendOnlyHandle},
	rule{id: "G11", run: negativeOffsets, wine: failedPackets},
	rule{id: "G12", run: overflowingOffset, wine: failedPackets},
	rule{id: "G13", run: wrongDirection},
	rule{id: "G14", run: scatterAndGather},
	rule{id: "G20", run: closeRightAfterTheStart},
	rule{id: "G21", run: cancelOfAFileOperation},
)

func readAndWrite(s *scene) {
	f := s.onDisk("")
	f.writes(0, "hello")
	f.content("hello")
	f.reads(0, 5, "hello")
	f.none()
}

func offsetOfTheRequest(s *scene) {
	f := s.onDisk("abcdef")
	f.reads(2, 2, "cd")
	f.reads(2, 2, "cd")
	f.reads(0, 2, "ab")
	f.writes(4, "XY")
	f.content("abcdXY")
	ov := at(3)
	ov.OffsetHigh = 0
	s.pending(win32.ReadFile(f.h, make([]byte, 2), nil, ov), "reading")
	f.takes(ov, 2, 0)
	s.check(ov.Offset == 3 && ov.OffsetHigh == 0, "the offset became %d, %d", ov.Offset, ov.OffsetHigh)
}

func filePointerStays(s *scene) {
	f := s.onDisk("abcdef")
	s.must(win32.SetFilePointerEx(f.h, 4, nil, win32.FILE_BEGIN), "moving the file pointer")
	f.reads(0, 3, "abc")
	f.writes(0, "x")
	pos := int64(-1)
	s.must(win32.SetFilePointerEx(f.h, 0, &pos, win32.FILE_CURRENT), "asking for the file pointer")
	s.check(pos == 4, "the file pointer is at %d, want 4", pos)
}

func readAtTheEnd(s *scene) {
	f := s.onDisk("abc")
	f.ends(3, 1)
	f.ends(100, 4096)
	f.ends(1<<33, 1)
	f.none()
}

func readAcrossTheEnd(s *scene) {
	f := s.onDisk("abcdef")
	f.reads(4, 10, "ef")
	f.reads(0, 10, "abcdef")
}

func readNothing(s *scene) {
	f := s.onDisk("abc")
	for _, off := range []int64{0, 3, 100} {
		f.reads(off, 0, "")
	}
	f.none()
}

func writeNothingPastTheEnd(s *scene) {
	f := s.onDisk("abc")
	f.writes(100, "")
	f.content("abc")
}

func writePastTheEnd(s *scene) {
	f := s.onDisk("abc")
	f.writes(6, "x")
	f.content("abc\x00\x00\x00x")
}

func writeFarOut(s *scene) {
	const far = 1<<32 + 7
	f := s.onDisk("")
	s.must(win32.DeviceIoControl(s.openFile(f.name, win32.GENERIC_WRITE, 0), win32.FSCTL_SET_SPARSE, nil, nil, nil, nil),
		"making the file sparse")
	f.writes(far, "x")
	var size int64
	s.must(win32.GetFileSizeEx(f.h, &size), "asking for the size")
	s.check(size == far+1, "the size is %d, want %d", size, int64(far+1))
	f.reads(far-1, 9, "\x00x")
}

func appendAtTheEnd(s *scene) {
	f := s.onDisk("abc")
	f.writes(-1, "de")
	f.writes(-1, "f")
	f.content("abcdef")
	var ovs [8]win32.OVERLAPPED
	for i := range ovs { // none overwrites another
		ovs[i] = *at(-1)
		s.pending(win32.WriteFile(f.h, []byte("1234"), nil, &ovs[i]), "appending")
	}
	for range ovs {
		p := s.get(f.port, stepMS)
		s.must(p.err, "the packet of an append")
	}
	var size int64
	s.must(win32.GetFileSizeEx(f.h, &size), "asking for the size")
	s.check(size == 6+4*8, "the size is %d, want %d", size, 6+4*8)
}

func appendOnlyHandle(s *scene) {
	f := s.onDisk("abc")
	f.h = f.again(win32.FILE_APPEND_DATA | win32.SYNCHRONIZE)
	f.writes(0, "de")
	f.writes(1, "f")
	f.content("abcdef")
}

func negativeOffsets(s *scene) {
	f := s.onDisk("abc")
	buf := make([]byte, 1)
	for _, off := range []int64{-1, -2, -3, math.MinInt64} {
		f.refuses(win32.ReadFile(f.h, buf, nil, at(off)), win32.ERROR_INVALID_PARAMETER, "reading at a negative offset")
		if off != -1 {
			f.refuses(win32.WriteFile(f.h, buf, nil, at(off)), win32.ERROR_INVALID_PARAMETER, "writing at a negative offset")
		}
	}
	f.content("abc")
}

func overflowingOffset(s *scene) {
	f := s.onDisk("abc")
	f.refuses(win32.WriteFile(f.h, make([]byte, 2), nil, at(math.MaxInt64)), win32.ERROR_INVALID_PARAMETER, "writing at 2^63-1")
	f.refuses(win32.ReadFile(f.h, make([]byte, 2), nil, at(math.MaxInt64)), win32.ERROR_INVALID_PARAMETER, "reading at 2^63-1")
	f.content("abc")
}

func wrongDirection(s *scene) {
	f := s.onDisk("abc")
	buf := make([]byte, 1)
	f.refuses(win32.ReadFile(f.again(win32.GENERIC_WRITE), buf, nil, at(0)), win32.ERROR_ACCESS_DENIED, "reading what is open to write")
	f.refuses(win32.WriteFile(f.again(win32.GENERIC_READ), buf, nil, at(0)), win32.ERROR_ACCESS_DENIED, "writing what is open to read")
	none := f.again(0)
	f.refuses(win32.ReadFile(none, buf, nil, at(0)), win32.ERROR_ACCESS_DENIED, "reading without rights")
	f.refuses(win32.WriteFile(none, buf, nil, at(0)), win32.ERROR_ACCESS_DENIED, "writing without rights")
}

func scatterAndGather(s *scene) {
	page := os.Getpagesize()
	f := s.onDisk("")
	h, err := win32.CreateFile(f.name, readWrite, shareAll, win32.OPEN_EXISTING, win32.FILE_FLAG_OVERLAPPED|win32.FILE_FLAG_NO_BUFFERING, 0)
	if isOneOf(err, win32.ERROR_INVALID_PARAMETER) {
		s.skip("the file system of %s has no way past the cache", f.name)
	}
	s.must(err, "opening a file without buffering")
	s.closing(h)
	s.associate(h, f.port, diskKey)
	mem := s.memory(uintptr(4 * page))
	one, two := mem[:page], mem[2*page:3*page]
	copy(one, "one")
	copy(two, "two")
	ov := at(0)
	s.pending(win32.WriteFileGather(h, [][]byte{two, one}, uint32(2*page), nil, ov), "gathering")
	f.takes(ov, uint32(2*page), 0)
	f.reads(0, 3, "two")
	f.reads(int64(page), 3, "one")
	got := [][]byte{mem[page : 2*page], mem[3*page:]}
	ov = at(0)
	s.pending(win32.ReadFileScatter(h, got, uint32(2*page), nil, ov), "scattering")
	f.takes(ov, uint32(2*page), 0)
	s.check(string(got[0][:3]) == "two" && string(got[1][:3]) == "one", "read %q and %q", got[0][:3], got[1][:3])
	f.none()
}

func closeRightAfterTheStart(s *scene) {
	f := s.onDisk("abc")
	for i := range 20 {
		h := f.again(readWrite)
		r, w := at(0), at(int64(i))
		buf := make([]byte, 1)
		s.pending(win32.ReadFile(h, buf, nil, r), "reading")
		s.pending(win32.WriteFile(h, []byte("x"), nil, w), "writing")
		s.close(h)
		for range 2 {
			p := s.get(f.port, stepMS)
			s.check(p.ov == r || p.ov == w, "no packet after the close: %v", p.err)
			s.check(p.err == nil && p.bytes == 1 || isOneOf(p.err, win32.ERROR_OPERATION_ABORTED), "%d bytes, %v", p.bytes, p.err)
		}
	}
	f.none()
}

func cancelOfAFileOperation(s *scene) {
	f := s.onDisk("abc")
	for range 20 {
		ov := at(0)
		s.pending(win32.ReadFile(f.h, make([]byte, 3), nil, ov), "reading")
		err := win32.CancelIoEx(f.h, ov)
		s.check(err == nil || isOneOf(err, win32.ERROR_NOT_FOUND), "cancelling: %v", err)
		p := s.get(f.port, stepMS)
		s.check(p.ov == ov, "no packet after cancelling: %v", p.err)
		s.check(p.err == nil && p.bytes == 3 || isOneOf(p.err, win32.ERROR_OPERATION_ABORTED), "%d bytes, %v", p.bytes, p.err)
	}
	s.code(win32.CancelIoEx(f.h, at(0)), win32.ERROR_NOT_FOUND, "cancelling what was not started")
	f.none()
}
