// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"sync/atomic"
	"time"

	"iocp/win32"
)

var _ = group(
	rule{id: "B01", run: packetOfASuccess},
	rule{id: "B02", run: nothingDequeued},
	rule{id: "B03", run: packetOfAFailure},
	rule{id: "B04", run: portClosedDuringTheWait, wine: "a waiter waits on when its port is closed (W8:G10)"},
	rule{id: "B05", run: failureWithoutOverlapped},
	rule{id: "B06", run: timeoutZeroPolls},
	rule{id: "B07", run: finiteTimeout},
	rule{id: "B08", run: cannot("a machine that sleeps cannot be had in a test; the clock is CLOCK_MONOTONIC, which stands still then")},
	rule{id: "B09", run: infiniteWaits},
	rule{id: "B10", run: largeTimeoutsAreFinite},
	rule{id: "B11", run: outputsUntouched},
	rule{id: "B12", run: badPortForGet},
	rule{id: "B13", run: wrongTypeForGet},
	rule{id: "B14", run: successWithoutOverlapped},
	rule{id: "B15", run: firstInFirstOut},
	rule{id: "B16", run: onePacketWakesOne},
	rule{id: "B17", run: anyThreadMayGet},
	rule{id: "B18", run: outputsMayBeNil},
	rule{id: "B20", run: statusBecomesLastError},
	rule{id: "B21", run: informationIsSuccess},
	rule{id: "B22", run: countIsADword},
	rule{id: "B23", run: duplicateSharesTheQueue},
)

func packetOfASuccess(s *scene) {
	port, ov := s.newPort(1), new(win32.OVERLAPPED)
	s.must(win32.PostQueuedCompletionStatus(port, 3, 4, ov), "posting")
	s.expect(port, ov, 3, 4, 0)
}

func nothingDequeued(s *scene) {
	port := s.newPort(1)
	p := s.get(port, 0)
	s.code(p.err, win32.WAIT_TIMEOUT, "an empty port")
	s.check(p.ov == nil, "the OVERLAPPED is %p, want nil", p.ov)
}

func packetOfAFailure(s *scene) {
	port, ov := s.newPort(1), new(win32.OVERLAPPED)
	s.nt(win32.NtSetIoCompletion(port, 4, ov, win32.STATUS_CANCELLED, 3))
	s.expect(port, ov, 3, 4, win32.ERROR_OPERATION_ABORTED)
}

func (s *scene) nt(status win32.NTSTATUS) {
	s.Helper()
	s.check(status == win32.STATUS_SUCCESS, "status %#x, want success", uint32(status))
}

func portClosedDuringTheWait(s *scene) {
	port := s.newPort(2)
	var waiting []*getting
	for range 3 {
		waiting = append(waiting, s.getOn(s.newThread(), port, win32.INFINITE))
	}
	s.close(port)
	for _, g := range waiting {
		p := s.got(g)
		s.code(p.err, win32.ERROR_ABANDONED_WAIT_0, "a waiter of a closed port")
		s.check(p.ov == nil, "the OVERLAPPED is %p, want nil", p.ov)
	}
	s.code(s.get(port, 0).err, win32.ERROR_INVALID_HANDLE, "who comes later")
}

func failureWithoutOverlapped(s *scene) {
	port := s.newPort(1)
	s.nt(win32.NtSetIoCompletion(port, 7, nil, win32.STATUS_END_OF_FILE, 5))
	s.expect(port, nil, 5, 7, win32.ERROR_HANDLE_EOF)
}

func timeoutZeroPolls(s *scene) {
	port := s.newPort(1)
	start := time.Now()
	for range 100 {
		s.code(s.get(port, 0).err, win32.WAIT_TIMEOUT, "a poll")
	}
	s.check(time.Since(start) < stepLimit/10, "100 polls took %v", time.Since(start))
}

func finiteTimeout(s *scene) {
	port := s.newPort(1)
	for _, ms := range []uint32{1, 10, 50} {
		start := time.Now()
		s.code(s.get(port, ms).err, win32.WAIT_TIMEOUT, "an empty port")
		d := time.Since(start)
		// Windows counts in ticks of its clock, the first of which may be nearly over.
		s.check(d >= time.Duration(ms)*time.Millisecond-clockTick, "%d ms were over after %v", ms, d)
		s.check(d < stepLimit, "%d ms took %v", ms, d)
	}
}

func infiniteWaits(s *scene) { s.waitsForAPost(win32.INFINITE) }

func largeTimeoutsAreFinite(s *scene) {
	for _, ms := range []uint32{0xFFFFFFFE, 0x80000000, 0x7FFFFFFF} {
		s.waitsForAPost(ms)
	}
}

// waitsForAPost fails if a wait of ms ends before a packet comes.
func (s *scene) waitsForAPost(ms uint32) {
	s.Helper()
	port := s.newPort(1)
	g := s.getOn(s.newThread(), port, ms)
	s.empty(s.newPort(1)) // some time goes by
	s.check(g.isWaiting(), "a wait of %#x ms is over: %v", ms, g.err)
	s.post(port, 1)
	p := s.got(g)
	s.must(p.err, "the packet")
	s.check(p.key == 1, "key %#x", p.key)
}

func outputsUntouched(s *scene) {
	port := s.newPort(1)
	for _, h := range []win32.HANDLE{port, 0} {
		p := packet{bytes: 0xAAAA, key: 0xBBBB, ov: new(win32.OVERLAPPED)}
		err := win32.GetQueuedCompletionStatus(h, &p.bytes, &p.key, &p.ov, 0)
		s.check(err != nil && p.bytes == 0xAAAA && p.key == 0xBBBB && p.ov == nil,
			"handle %#x: %v, bytes %#x, key %#x, overlapped %p", h, err, p.bytes, p.key, p.ov)
	}
}

// badHandles are no handles of any object: 0, INVALID_HANDLE_VALUE, one that is closed, garbage.
func (s *scene) badHandles() []win32.HANDLE {
	closed := s.newPort(1)
	s.close(closed)
	return []win32.HANDLE{0, win32.INVALID_HANDLE_VALUE, closed, 0x7FFFFFF0}
}

func badPortForGet(s *scene) {
	for _, h := range s.badHandles() {
		p := s.get(h, 0)
		s.code(p.err, win32.ERROR_INVALID_HANDLE, "a bad port")
		s.check(p.ov == nil, "the OVERLAPPED is %p", p.ov)
	}
}

func (s *scene) newEvent() win32.HANDLE {
	s.Helper()
	h, err := win32.CreateEvent(true, false)
	s.must(err, "creating an event")
	return s.closing(h)
}

func wrongTypeForGet(s *scene) {
	s.code(s.get(s.newEvent(), 0).err, win32.ERROR_INVALID_HANDLE, "an event as port")
}

func successWithoutOverlapped(s *scene) {
	port := s.newPort(1)
	s.post(port, 9)
	s.expect(port, nil, 0, 9, 0)
}

func firstInFirstOut(s *scene) {
	port := s.newPort(1)
	for key := range uintptr(1000) {
		s.post(port, key)
	}
	for key := range uintptr(1000) {
		s.expect(port, nil, 0, key, 0)
	}
}

// onePacketWakesOne: on a busy machine the time may be up for threads before the packet comes. If none of them
// has taken it then, they are given more.
func onePacketWakesOne(s *scene) {
	port := s.newPort(20)
	for ms := uint32(1000); ; ms *= 2 {
		var waiting []*getting
		began := time.Now()
		for range 10 {
			waiting = append(waiting, s.getOn(s.newThread(), port, ms))
		}
		s.post(port, 1)
		late := time.Since(began) >= time.Duration(ms)*time.Millisecond
		got := 0
		for _, g := range waiting {
			if p := s.got(g); p.err == nil {
				s.check(p.key == 1, "the packet's key is %d", p.key)
				got++
			} else {
				s.code(p.err, win32.WAIT_TIMEOUT, "a thread without a packet")
			}
		}
		if got == 1 {
			return
		}
		s.check(got == 0 && late && ms < stepMS, "%d threads of %d ms got the packet", got, ms)
		s.expect(port, nil, 0, 1, 0)
	}
}

func anyThreadMayGet(s *scene) {
	port := s.newPort(2)
	var taken atomic.Int32
	for range 4 {
		s.post(port, 1)
		s.newThread().do(func() {
			if s.get(port, stepMS).err == nil {
				taken.Add(1)
			}
		})
	}
	s.check(taken.Load() == 4, "%d of 4 threads got a packet", taken.Load())
}

func outputsMayBeNil(s *scene) {
	port := s.newPort(1)
	s.post(port, 1)
	s.must(win32.GetQueuedCompletionStatus(port, nil, nil, nil, 0), "no outputs")
}

func statusBecomesLastError(s *scene) {
	port := s.newPort(1)
	for status, code := range map[win32.NTSTATUS]win32.Errno{
		win32.STATUS_CANCELLED:           win32.ERROR_OPERATION_ABORTED,
		win32.STATUS_END_OF_FILE:         win32.ERROR_HANDLE_EOF,
		win32.STATUS_PIPE_BROKEN:         win32.ERROR_BROKEN_PIPE,
		win32.STATUS_CONNECTION_REFUSED:  win32.ERROR_CONNECTION_REFUSED,
		win32.STATUS_INVALID_PARAMETER:   win32.ERROR_INVALID_PARAMETER,
		win32.STATUS_ACCESS_DENIED:       win32.ERROR_ACCESS_DENIED,
		win32.STATUS_PORT_UNREACHABLE:    win32.ERROR_PORT_UNREACHABLE,
		win32.STATUS_NETWORK_UNREACHABLE: win32.ERROR_NETWORK_UNREACHABLE,
	} {
		s.nt(win32.NtSetIoCompletion(port, 1, nil, status, 2))
		s.expect(port, nil, 2, 1, code)
	}
}

func informationIsSuccess(s *scene) {
	port := s.newPort(1)
	for _, status := range []win32.NTSTATUS{win32.STATUS_PENDING, win32.STATUS_TIMEOUT} {
		s.nt(win32.NtSetIoCompletion(port, 1, nil, status, 2))
		s.expect(port, nil, 2, 1, 0)
	}
	s.nt(win32.NtSetIoCompletion(port, 1, nil, win32.STATUS_BUFFER_OVERFLOW, 2))
	s.expect(port, nil, 2, 1, win32.ERROR_MORE_DATA) // a warning is none
}

func countIsADword(s *scene) {
	port := s.newPort(1)
	wide := uint64(0x1_2345_6789)
	s.nt(win32.NtSetIoCompletion(port, 1, nil, win32.STATUS_SUCCESS, uintptr(wide)))
	s.expect(port, nil, 0x2345_6789, 1, 0)
}

// duplicate makes another handle that is closed at the end.
func (s *scene) duplicate(h win32.HANDLE, access, options uint32) win32.HANDLE {
	s.Helper()
	var d win32.HANDLE
	me := win32.GetCurrentProcess()
	s.must(win32.DuplicateHandle(me, h, me, &d, access, false, options), "duplicating a handle")
	return s.closing(d)
}

func duplicateSharesTheQueue(s *scene) {
	port := s.newPort(1)
	d := s.duplicate(port, 0, win32.DUPLICATE_SAME_ACCESS)
	s.post(port, 1)
	s.expect(d, nil, 0, 1, 0)
	s.post(d, 2)
	s.close(port)
	s.code(s.get(port, 0).err, win32.ERROR_INVALID_HANDLE, "the closed handle")
	s.expect(d, nil, 0, 2, 0)
}
