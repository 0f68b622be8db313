// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"errors"

	"iocp/win32"
)

const packetFirst = "the packet always comes first, whoever asks (W8:X06)"

var _ = group(
	rule{id: "B19", run: getIsNotAlertable},
	rule{id: "E08", part: "queued", run: callsBeforeAWait},
	rule{id: "E08", part: "waiting", run: callEndsAWait},
	rule{id: "E09", run: callsStayQueued},
	rule{id: "E10", part: "not a worker", run: callBeforePacket, wine: packetFirst},
	rule{id: "E10", part: "a worker", run: packetBeforeCall},
	rule{id: "E10", part: "another port's worker", run: otherWorkersCallFirst, wine: packetFirst},
)

// alertee is a thread that calls are queued to.
type alertee struct {
	*scene
	*thread
	handle win32.HANDLE
	calls  []uintptr // the data of the calls that were made, touched by the thread alone
}

func (s *scene) newAlertee() *alertee {
	a := &alertee{scene: s, thread: s.newThread()}
	a.do(func() {
		p := win32.GetCurrentProcess()
		s.must(win32.DuplicateHandle(p, win32.GetCurrentThread(), p, &a.handle, 0, false, win32.DUPLICATE_SAME_ACCESS),
			"a handle on the thread")
	})
	s.closing(a.handle)
	return a
}

// queue queues a call.
func (a *alertee) queue(data uintptr) {
	a.Helper()
	a.must(win32.QueueUserAPC(func(data uintptr) { a.calls = append(a.calls, data) }, a.handle, data), "queueing a call")
}

// ex is GetQueuedCompletionStatusEx of the thread, alertable or not.
func (a *alertee) ex(port win32.HANDLE, ms uint32, alertable bool) (keys []uintptr, err error) {
	a.do(func() {
		entries := make([]win32.OVERLAPPED_ENTRY, 4)
		var n uint32
		if err = win32.GetQueuedCompletionStatusEx(port, entries, &n, ms, alertable); err == nil {
			for _, e := range entries[:n] {
				keys = append(keys, e.LpCompletionKey)
			}
		}
	})
	return keys, err
}

// made fails unless just these calls have been made.
func (a *alertee) made(want ...uintptr) {
	a.Helper()
	var got []uintptr
	a.do(func() { got = a.calls })
	a.check(len(got) == len(want), "calls made: %v, want %v", got, want)
	for i := range want {
		a.check(got[i] == want[i], "calls made: %v, want %v", got, want)
	}
}

// interrupted fails unless the thread's wait ends for its calls.
func (a *alertee) interrupted(port win32.HANDLE, ms uint32) {
	a.Helper()
	keys, err := a.ex(port, ms, true)
	a.check(len(keys) == 0, "%d packets", len(keys))
	a.code(err, win32.WAIT_IO_COMPLETION, "an alertable wait")
}

// takes fails unless the thread gets the one packet.
func (a *alertee) takes(port win32.HANDLE, key uintptr) {
	a.Helper()
	keys, err := a.ex(port, stepMS, true)
	a.must(err, "an alertable wait")
	a.check(len(keys) == 1 && keys[0] == key, "packets %v, want %d", keys, key)
}

// sleeps makes the thread wait alertably for no time.
func (a *alertee) sleeps(want win32.Errno) {
	a.Helper()
	var got uint32
	a.do(func() { got = win32.SleepEx(0, true) })
	a.check(got == uint32(want), "SleepEx returned %d, want %d", got, uint32(want))
}

// B19: GetQueuedCompletionStatus neither makes calls nor ends because of them.
func getIsNotAlertable(s *scene) {
	port, a := s.newPort(1), s.newAlertee()
	a.queue(1)
	var p packet
	a.do(func() { p = s.get(port, quietMS) })
	s.code(p.err, win32.WAIT_TIMEOUT, "an empty port")
	g := s.getOn(a.thread, port, stepMS)
	a.queue(2)
	s.check(g.isWaiting(), "a call ended the wait")
	s.post(port, 3)
	s.check(s.got(g).key == 3, "the wrong packet")
	a.made()
	a.sleeps(win32.WAIT_IO_COMPLETION)
	a.made(1, 2)
}

// E08: with nothing queued but calls, these are made, also in a poll.
func callsBeforeAWait(s *scene) {
	port, a := s.newPort(1), s.newAlertee()
	for i, ms := range []uint32{0, stepMS, win32.INFINITE} {
		a.queue(uintptr(i))
		a.interrupted(port, ms)
	}
	a.made(0, 1, 2)
	a.queue(3)
	a.queue(4)
	a.interrupted(port, 0) // one wait makes all
	a.made(0, 1, 2, 3, 4)
	_, err := a.ex(port, 0, true)
	s.code(err, win32.WAIT_TIMEOUT, "an empty port without calls")
}

// E08: a call that comes during the wait ends it, for a worker of the port, too.
func callEndsAWait(s *scene) {
	port, a := s.newPort(1), s.newAlertee()
	for i := range uintptr(3) {
		var err error
		done := a.start(func() {
			err = win32.GetQueuedCompletionStatusEx(port, make([]win32.OVERLAPPED_ENTRY, 1), nil, stepMS, true)
		})
		s.waits(a.thread, done)
		a.queue(i)
		s.await(done, "the end of the wait")
		s.code(err, win32.WAIT_IO_COMPLETION, "the wait")
	}
	a.made(0, 1, 2)
}

// E09: not alertable, calls stay where they are.
func callsStayQueued(s *scene) {
	port, a := s.newPort(1), s.newAlertee()
	a.queue(1)
	_, err := a.ex(port, quietMS, false)
	s.code(err, win32.WAIT_TIMEOUT, "an empty port")
	a.made()
	s.post(port, 5)
	keys, err := a.ex(port, 0, false)
	s.check(err == nil && len(keys) == 1, "packets %v, %v", keys, err)
	a.made()
	a.sleeps(win32.WAIT_IO_COMPLETION)
	a.made(1)
}

// E10: who has not asked this port before makes its calls first, and is no worker by that.
func callBeforePacket(s *scene) {
	port, a := s.newPort(1), s.newAlertee()
	s.post(port, 5)
	for i := range uintptr(2) {
		a.queue(i)
		a.interrupted(port, stepMS)
		a.made([]uintptr{0, 1}[:i+1]...)
	}
	a.takes(port, 5)
}

// E10: a worker of the port takes the packet first.
func packetBeforeCall(s *scene) {
	port, a := s.newPort(1), s.newAlertee()
	_, err := a.ex(port, 0, true)
	s.check(errors.Is(err, win32.WAIT_TIMEOUT), "an empty port: %v", err)
	s.post(port, 5)
	a.queue(1)
	a.takes(port, 5)
	a.made()
	a.interrupted(port, stepMS)
	a.made(1)
}

// E10: a worker of another port is no worker of this one.
func otherWorkersCallFirst(s *scene) {
	port, other, a := s.newPort(1), s.newPort(1), s.newAlertee()
	a.ex(port, 0, true)
	a.ex(other, 0, true)
	s.post(port, 5)
	a.queue(1)
	a.interrupted(port, stepMS)
	a.made(1)
	a.takes(port, 5)
}
