// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import "iocp/win32"

var _ = group(
	rule{id: "O05", run: countOfAPart},
	rule{id: "O06", part: "bytes", run: func(s *scene) { writesEndWhenTheyFit(s, 0) }},
	rule{id: "O06", part: "messages", run: func(s *scene) { writesEndWhenTheyFit(s, message) }},
	rule{id: "O07", part: "unread", run: cancelledWriteIsGone},
	rule{id: "O07", part: "partly read", run: cancelledRestIsGone},
	rule{id: "O07", part: "flush", run: cancelReleasesFlush},
	rule{id: "O08", part: "read", run: flushWaits},
	rule{id: "O08", part: "closed", run: func(s *scene) {
		flushFails(s, win32.ERROR_BROKEN_PIPE, func(e *pipeEnds) { s.close(e.server) })
	}},
	rule{id: "O08", part: "disconnected", run: func(s *scene) {
		flushFails(s, win32.ERROR_PIPE_NOT_CONNECTED, func(e *pipeEnds) {
			s.must(win32.DisconnectNamedPipe(e.server), "DisconnectNamedPipe")
		})
	}},
	rule{id: "O09", run: serversBusiness},
)

func countOfAPart(s *scene) {
	e := s.pipe(message, roomy)
	s.sends(e.client, "abcdef")
	r := reading(e.server, 4)
	s.code(r.err, win32.ERROR_MORE_DATA, "part of a message")
	s.check(r.n == 0, "the call says %d bytes", r.n)
	s.result(e.server, r, 4, win32.ERROR_MORE_DATA)
	s.told(e, r, 4, win32.ERROR_MORE_DATA)
}

func writesEndWhenTheyFit(s *scene, mode uint32) {
	e := s.overlappedPipe(mode, 10)
	a := writing(e.server, "01234567")
	s.must(a.err, "writing what fits")
	s.told(e, a, 8, 0)
	b, c := writing(e.server, "abcdefghij"), writing(e.server, "x")
	s.goesOn(b, c)
	d := writing(e.server, "")
	s.must(d.err, "writing nothing")
	s.told(e, d, 0, 0)
	s.empty(e.port)
	s.result(e.client, reading(e.client, 8), 8, 0)
	s.told(e, b, 10, 0)
	s.empty(e.port)
	s.goesOn(c)
	part := reading(e.client, 1)
	if mode == message {
		s.result(e.client, part, 1, win32.ERROR_MORE_DATA)
	} else {
		s.result(e.client, part, 1, 0)
	}
	s.told(e, c, 1, 0)
	s.empty(e.port)
}

func cancelledWriteIsGone(s *scene) {
	e := s.overlappedPipe(0, 4)
	a, b := writing(e.server, "0123456789"), writing(e.server, "x")
	s.goesOn(a, b)
	s.must(win32.CancelIoEx(e.server, &a.OVERLAPPED), "CancelIoEx")
	s.told(e, a, 0, win32.ERROR_OPERATION_ABORTED)
	r := reading(e.client, 10)
	s.result(e.client, r, 1, 0)
	s.check(r.buf[0] == 'x', "read %q", r.buf[:1])
	s.told(e, b, 1, 0)
}

func cancelledRestIsGone(s *scene) {
	e := s.overlappedPipe(0, 4)
	a, b := writing(e.server, "0123456789"), writing(e.server, "x")
	s.goesOn(a, b)
	s.result(e.client, reading(e.client, 2), 2, 0)
	s.goesOn(a)
	s.must(win32.CancelIoEx(e.server, &a.OVERLAPPED), "CancelIoEx")
	s.told(e, a, 0, win32.ERROR_OPERATION_ABORTED)
	r := reading(e.client, 10)
	s.result(e.client, r, 1, 0)
	s.check(r.buf[0] == 'x', "read %q", r.buf[:1])
	s.told(e, b, 1, 0)
}

// flushing is a flush on a thread of its own.
type flushing struct {
	done <-chan struct{}
	err  error
}

// flush starts a flush, which must wait.
func (s *scene) flush(h win32.HANDLE) *flushing {
	s.Helper()
	f, th := new(flushing), s.newThread()
	f.done = th.start(func() { f.err = win32.FlushFileBuffers(h) })
	s.waits(th, f.done)
	select {
	case <-f.done:
		s.Fatalf("the flush has not waited: %v", f.err)
	default:
	}
	return f
}

func cancelReleasesFlush(s *scene) {
	e := s.overlappedPipe(0, 4)
	w := writing(e.server, "0123456789")
	s.goesOn(w)
	f := s.flush(e.server)
	s.must(win32.CancelIoEx(e.server, &w.OVERLAPPED), "CancelIoEx")
	s.told(e, w, 0, win32.ERROR_OPERATION_ABORTED)
	s.await(f.done, "the flush")
	s.must(f.err, "the flush")
}

func flushWaits(s *scene) {
	e := s.overlappedPipe(0, roomy)
	s.must(win32.FlushFileBuffers(e.client), "flushing nothing")
	w := writing(e.client, "abc")
	s.result(e.client, w, 3, 0)
	f := s.flush(e.client)
	r := reading(e.server, 3)
	s.must(r.err, "reading")
	s.brought(e, r, "abc")
	s.await(f.done, "the flush")
	s.must(f.err, "the flush")
}

// flushFails expects that what end does ends a flush of the client with code.
func flushFails(s *scene, code win32.Errno, end func(*pipeEnds)) {
	e := s.overlappedPipe(0, roomy)
	w := writing(e.client, "abc")
	s.result(e.client, w, 3, 0)
	f := s.flush(e.client)
	end(e)
	s.await(f.done, "the flush")
	s.code(f.err, code, "the flush")
}

func serversBusiness(s *scene) {
	e := s.overlappedPipe(0, roomy)
	s.refused(connecting(e.client), win32.ERROR_INVALID_FUNCTION)
	w := writing(e.client, "lost")
	s.result(e.client, w, 4, 0)
	s.must(win32.DisconnectNamedPipe(e.server), "DisconnectNamedPipe")
	s.code(win32.DisconnectNamedPipe(e.server), win32.ERROR_PIPE_NOT_CONNECTED, "disconnecting again")
	s.refused(reading(e.server, 4), win32.ERROR_PIPE_NOT_CONNECTED)
	r := connecting(e.server)
	s.goesOn(r)
	next := s.client(e.name, 0)
	s.told(e, r, 0, 0)
	s.sends(next, "next")
	got := reading(e.server, 9)
	s.must(got.err, "reading from the next client")
	s.brought(e, got, "next")
}
