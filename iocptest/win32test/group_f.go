// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"runtime"

	"iocp/win32"
)

var _ = group(
	rule{id: "F01", run: onePacketForAPendingOperation},
	rule{id: "F02", run: onePacketForASuccessAtOnce},
	rule{id: "F03", part: "right", run: noPacketWithoutTheRight},
	rule{id: "F03", part: "closed", run: noPacketFromAClosedPipe},
	rule{id: "F04", run: warningSendsAPacket},
	rule{id: "F05", part: "Internal", run: pendingStatus},
	rule{id: "F05", part: "InternalHigh", run: pendingLeavesTheCount},
	rule{id: "F06", run: statusBlockOfTheEnd},
	rule{id: "F07", run: statusBlockWithThePacket},
	rule{id: "F08", part: "Internal", run: statusOfARefusal},
	rule{id: "F08", part: "InternalHigh", run: refusalLeavesTheCount},
	rule{id: "F14", part: "pipe", run: overlappedNeeded, wine: "it waits for the pipe"},
	rule{id: "F14", part: "file", run: overlappedNeededOnAFile},
	rule{id: "F16", part: "two ends", run: oneOverlappedTwice},
	rule{id: "F16", part: "cancel", run: cancelOfOneOverlappedTwice},
	rule{id: "F19", run: duplicatesNotify},
	rule{id: "F20", run: operationOutlivesItsThread},
	rule{id: "F21", run: cannot("a Go slice is memory that can be used")},
	rule{id: "F22", run: buffersStayValid},
	rule{id: "F23", run: callsWithoutPackets},
	rule{id: "F27", part: "file", run: countOfThePendingCall},
	rule{id: "F28", run: everyOperationEnds},
)

func onePacketForAPendingOperation(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	buf := e.read(ov, 8)
	e.none()
	e.feed("hello")
	e.takes(ov, 5, 0)
	s.check(string(buf[:5]) == "hello", "read %q", buf)
	e.none()
}

func onePacketForASuccessAtOnce(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	var n uint32
	s.must(win32.WriteFile(e.h, []byte("abc"), &n, ov), "a write that fits")
	s.check(n == 3, "%d bytes", n)
	e.takes(ov, 3, 0)
	e.feed("xy")
	s.must(win32.ReadFile(e.h, make([]byte, 8), &n, ov), "a read with data there")
	s.check(n == 2, "%d bytes", n)
	e.takes(ov, 2, 0)
	e.none()
}

func noPacketWithoutTheRight(s *scene) {
	server, name := s.serverEnd(win32.PIPE_TYPE_BYTE)
	h, err := win32.CreateFile(name, win32.GENERIC_WRITE, 0, win32.OPEN_EXISTING, win32.FILE_FLAG_OVERLAPPED, 0)
	s.must(err, "opening a pipe for writing")
	e := &end{scene: s, h: s.closing(h), peer: server, port: s.newPort(1)}
	s.associate(h, e.port, endKey)
	s.code(win32.ReadFile(h, make([]byte, 1), nil, new(win32.OVERLAPPED)), win32.ERROR_ACCESS_DENIED, "reading")
	e.none()
}

func noPacketFromAClosedPipe(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	e.closePeer()
	s.code(win32.ReadFile(e.h, make([]byte, 1), nil, ov), win32.ERROR_BROKEN_PIPE, "reading")
	s.code(win32.WriteFile(e.h, make([]byte, 1), nil, ov), win32.ERROR_NO_DATA, "writing")
	e.none()
}

func warningSendsAPacket(s *scene) {
	e, ov := s.newEndOf(win32.PIPE_TYPE_MESSAGE|win32.PIPE_READMODE_MESSAGE), new(win32.OVERLAPPED)
	e.port = s.newPort(1)
	s.associate(e.h, e.port, endKey)
	e.feed("sixsix")
	err := win32.ReadFile(e.h, make([]byte, 4), nil, ov)
	if err == nil {
		s.Fatal("a part of a message was a success")
	}
	if err != win32.ERROR_IO_PENDING { // Windows 8 and later may say that
		s.code(err, win32.ERROR_MORE_DATA, "a part of a message")
	}
	e.takes(ov, 4, win32.ERROR_MORE_DATA)
	s.settled(ov, win32.STATUS_BUFFER_OVERFLOW, 4)
	s.must(win32.ReadFile(e.h, make([]byte, 4), nil, ov), "the rest")
	e.takes(ov, 2, 0)
	e.none()
}

func pendingStatus(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	e.read(ov, 8)
	s.check(win32.NTSTATUS(ov.Internal) == win32.STATUS_PENDING, "Internal is %#x", ov.Internal)
	s.check(!win32.HasOverlappedIoCompleted(ov), "it is completed")
	e.feed("x")
	e.takes(ov, 1, 0)
	s.check(win32.HasOverlappedIoCompleted(ov), "it is not completed")
}

func pendingLeavesTheCount(s *scene) {
	e, ov := s.newPortEnd(), &win32.OVERLAPPED{InternalHigh: 0x77}
	e.read(ov, 8)
	s.settled(ov, win32.STATUS_PENDING, 0x77)
	e.feed("x")
	e.takes(ov, 1, 0)
	s.settled(ov, win32.STATUS_SUCCESS, 1)
}

func statusBlockOfTheEnd(s *scene) {
	e, good, bad := s.newEnd(), new(win32.OVERLAPPED), new(win32.OVERLAPPED)
	good.HEvent, bad.HEvent = s.manualEvent(), s.manualEvent()
	e.read(good, 8)
	e.read(bad, 8)
	e.feed("xyz")
	s.becomesSet(good.HEvent, "the event of the first read")
	s.settled(good, win32.STATUS_SUCCESS, 3)
	e.closePeer()
	s.becomesSet(bad.HEvent, "the event of the second read")
	s.settled(bad, win32.STATUS_PIPE_BROKEN, 0)
}

func statusBlockWithThePacket(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	e.read(ov, 8)
	e.feed("xyz")
	e.takes(ov, 3, 0)
	s.settled(ov, win32.STATUS_SUCCESS, 3)
}

func statusOfARefusal(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	e.closePeer()
	s.code(win32.ReadFile(e.h, make([]byte, 1), nil, ov), win32.ERROR_BROKEN_PIPE, "reading")
	s.check(win32.NTSTATUS(ov.Internal) == win32.STATUS_PENDING && !win32.HasOverlappedIoCompleted(ov), "Internal is %#x", ov.Internal)
}

func refusalLeavesTheCount(s *scene) {
	e, ov := s.newPortEnd(), &win32.OVERLAPPED{InternalHigh: 0x77}
	e.closePeer()
	s.code(win32.ReadFile(e.h, make([]byte, 1), nil, ov), win32.ERROR_BROKEN_PIPE, "reading")
	s.settled(ov, win32.STATUS_PENDING, 0x77)
}

func overlappedNeeded(s *scene) {
	e := s.newPortEnd()
	s.code(win32.ReadFile(e.h, make([]byte, 1), nil, nil), win32.ERROR_INVALID_PARAMETER, "reading without an OVERLAPPED")
	s.code(win32.WriteFile(e.h, make([]byte, 1), nil, nil), win32.ERROR_INVALID_PARAMETER, "writing without one")
	e.none()
}

func overlappedNeededOnAFile(s *scene) {
	port, f := s.newPort(1), s.overlappedFile("abc")
	s.associate(f, port, 1)
	s.code(win32.ReadFile(f, make([]byte, 1), nil, nil), win32.ERROR_INVALID_PARAMETER, "reading without an OVERLAPPED")
	s.code(win32.WriteFile(f, make([]byte, 1), nil, nil), win32.ERROR_INVALID_PARAMETER, "writing without one")
	s.empty(port)
}

func oneOverlappedTwice(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	first, second := e.read(ov, 2), e.read(ov, 2)
	e.feed("abcd")
	e.takes(ov, 2, 0)
	e.takes(ov, 2, 0)
	s.check(string(first)+string(second) == "abcd", "read %q and %q", first, second)
	e.none()
}

func cancelOfOneOverlappedTwice(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	e.read(ov, 2)
	e.read(ov, 2)
	s.must(win32.CancelIoEx(e.h, ov), "cancelling")
	e.takes(ov, 0, win32.ERROR_OPERATION_ABORTED)
	e.takes(ov, 0, win32.ERROR_OPERATION_ABORTED)
	e.none()
}

func duplicatesNotify(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	e.h = s.duplicate(e.h, 0, win32.DUPLICATE_SAME_ACCESS)
	e.read(ov, 4)
	e.feed("ab")
	e.takes(ov, 2, 0)
}

// F20: the port keeps the operation alive.
func operationOutlivesItsThread(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	th := s.newThread()
	th.do(func() { e.read(ov, 4) })
	th.exit()
	e.none()
	e.feed("ab")
	e.takes(ov, 2, 0)
}

// F22: nothing that an operation needs goes while it pends, even if the program forgets it.
func buffersStayValid(s *scene) {
	e := s.newPortEnd()
	type request struct {
		win32.OVERLAPPED
		data []byte
	}
	for range 8 {
		r := new(request)
		r.data = e.read(&r.OVERLAPPED, 64)
	}
	garbage := make([][]byte, 0, 1000)
	for range 3 {
		runtime.GC()
		for range cap(garbage) {
			garbage = append(garbage, make([]byte, 64))
		}
		garbage = garbage[:0]
	}
	for range 8 {
		e.feed("0123456789")
		p := s.get(e.port, stepMS)
		s.check(p.err == nil && p.bytes == 10 && p.ov.InternalHigh == 10, "%d bytes, %v", p.bytes, p.err)
	}
}

// F23: what does not take an OVERLAPPED sends no packet.
func callsWithoutPackets(s *scene) {
	port, f := s.newPort(1), s.overlappedFile("abc")
	s.associate(f, port, 1)
	var size int64
	s.must(win32.FlushFileBuffers(f), "FlushFileBuffers")
	s.must(win32.GetFileSizeEx(f, &size), "GetFileSizeEx")
	s.must(win32.SetFilePointerEx(f, 1, nil, win32.FILE_BEGIN), "SetFilePointerEx")
	s.must(win32.SetEndOfFile(f), "SetEndOfFile")
	s.check(size == 3, "the size is %d", size)
	s.empty(port)
}

// F27: files set it to zero.
func countOfThePendingCall(s *scene) {
	e, ov := s.newPortEnd(), new(win32.OVERLAPPED)
	n := uint32(0xAAAA)
	s.code(win32.ReadFile(e.h, make([]byte, 4), &n, ov), win32.ERROR_IO_PENDING, "a read")
	s.check(n == 0, "the count is %d", n)
	e.feed("ab")
	e.takes(ov, 2, 0)
	s.check(n == 0, "the count is %d", n)
}

// F28: in whatever order.
func everyOperationEnds(s *scene) {
	e := s.newPortEnd()
	open := make(map[*win32.OVERLAPPED]bool)
	for range 8 {
		ov := new(win32.OVERLAPPED)
		s.pending(win32.WriteFile(e.h, []byte("x"), nil, ov), "a write")
		open[ov] = true
	}
	for range 8 {
		p := s.get(e.port, stepMS)
		s.check(p.err == nil && p.bytes == 1 && open[p.ov], "packet %+v", p)
		delete(open, p.ov)
	}
	e.none()
}
