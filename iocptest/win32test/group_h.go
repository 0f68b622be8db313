// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import "iocp/win32"

var _ = group(
	rule{id: "H01", run: connectPends},
	rule{id: "H02", run: clientWasFirst},
	rule{id: "H03", run: clientCameAndWent},
	rule{id: "H04", run: readsWaitInOrder},
	rule{id: "H05", run: readTakesItsShare},
	rule{id: "H06", run: dataOutliveTheWriter},
	rule{id: "H07", run: peerClosesUnderRead},
	rule{id: "H08", run: writeToClosedPeer},
	rule{id: "H09", run: peerClosesUnderWrite},
	rule{id: "H10", part: "at once", run: messageInParts},
	rule{id: "H10", part: "later", run: messageInPartsLater},
	rule{id: "H11", run: emptyMessage},
	rule{id: "H12", run: emptyWriteToBytePipe},
	rule{id: "H13", part: "bytes", run: emptyReadOfBytes},
	rule{id: "H13", part: "messages", run: emptyReadOfMessages},
	rule{id: "H14", run: writeAboveQuota},
	rule{id: "H15", part: "disconnect", run: disconnectUnderRead},
	rule{id: "H15", part: "listening", run: readWhileListening},
	rule{id: "H16", part: "read", run: serverClosesUnderRead},
	rule{id: "H16", part: "connect", run: serverClosesUnderConnect, wine: "it ends with STATUS_HANDLES_CLOSED (W8:K09)"},
	rule{id: "H17", run: writesAreWhole},
)

func connectPends(s *scene) {
	e := s.listener(0, roomy)
	r := connecting(e.server)
	s.goesOn(r)
	s.empty(e.port)
	s.client(e.name, 0)
	s.told(e, r, 0, 0)
	s.empty(e.port)
}

func clientWasFirst(s *scene) {
	e := s.pipe(0, roomy)
	s.refused(connecting(e.server), win32.ERROR_PIPE_CONNECTED)
	s.empty(e.port)
}

func clientCameAndWent(s *scene) {
	e := s.pipe(0, roomy)
	s.close(e.client)
	s.refused(connecting(e.server), win32.ERROR_NO_DATA)
	s.empty(e.port)
	s.must(win32.DisconnectNamedPipe(e.server), "DisconnectNamedPipe")
	r := connecting(e.server)
	s.goesOn(r)
	s.client(e.name, 0)
	s.told(e, r, 0, 0)
}

func readsWaitInOrder(s *scene) {
	e := s.pipe(0, roomy)
	a, b, c := reading(e.server, 2), reading(e.server, 2), reading(e.server, 2)
	s.goesOn(a, b, c)
	s.empty(e.port)
	s.sends(e.client, "aabb")
	s.brought(e, a, "aa")
	s.brought(e, b, "bb")
	s.goesOn(c)
	s.sends(e.client, "c")
	s.brought(e, c, "c")
	s.empty(e.port)
}

func readTakesItsShare(s *scene) {
	e := s.pipe(0, roomy)
	s.sends(e.client, "world")
	for _, want := range []string{"wor", "ld"} {
		r := reading(e.server, 3)
		s.must(r.err, "reading what is there")
		s.check(int(r.n) == len(want), "%d bytes, want %d", r.n, len(want))
		s.brought(e, r, want)
	}
	s.empty(e.port)
}

func dataOutliveTheWriter(s *scene) {
	e := s.pipe(0, roomy)
	s.sends(e.client, "ab")
	s.close(e.client)
	r := reading(e.server, 10)
	s.must(r.err, "reading what is left")
	s.brought(e, r, "ab")
	s.refused(reading(e.server, 10), win32.ERROR_BROKEN_PIPE)
	s.empty(e.port)
}

func peerClosesUnderRead(s *scene) {
	e := s.pipe(0, roomy)
	r := reading(e.server, 10)
	s.goesOn(r)
	s.close(e.client)
	s.told(e, r, 0, win32.ERROR_BROKEN_PIPE)
	s.check(win32.NTSTATUS(r.Internal) == win32.STATUS_PIPE_BROKEN, "the status is %#x", r.Internal)
}

func writeToClosedPeer(s *scene) {
	e := s.pipe(0, roomy)
	s.close(e.client)
	s.refused(writing(e.server, "x"), win32.ERROR_NO_DATA)
	s.empty(e.port)
}

func peerClosesUnderWrite(s *scene) {
	e := s.pipe(0, 16)
	r := writing(e.server, string(make([]byte, 4096)))
	s.goesOn(r)
	s.receives(e.client, 100, string(make([]byte, 100)))
	s.goesOn(r)
	s.close(e.client)
	p := s.get(e.port, stepMS)
	s.code(p.err, win32.ERROR_BROKEN_PIPE, "the packet of the write")
	s.check(p.ov == &r.OVERLAPPED && p.bytes <= 100, "overlapped %p, %d bytes", p.ov, p.bytes)
}

func messageInParts(s *scene) {
	e := s.pipe(message, roomy)
	s.sends(e.client, "abcdef")
	s.sends(e.client, "gh")
	a := reading(e.server, 4)
	s.code(a.err, win32.ERROR_MORE_DATA, "part of a message")
	s.told(e, a, 4, win32.ERROR_MORE_DATA)
	s.check(string(a.buf) == "abcd", "read %q", a.buf)
	s.check(win32.NTSTATUS(a.Internal) == win32.STATUS_BUFFER_OVERFLOW, "the status is %#x", a.Internal)
	for _, want := range []string{"ef", "gh"} {
		r := reading(e.server, 4)
		s.must(r.err, "the rest of a message")
		s.brought(e, r, want)
	}
	s.empty(e.port)
}

func messageInPartsLater(s *scene) {
	e := s.pipe(message, roomy)
	a := reading(e.server, 4)
	s.goesOn(a)
	s.sends(e.client, "abcdef")
	s.told(e, a, 4, win32.ERROR_MORE_DATA)
	s.check(string(a.buf) == "abcd", "read %q", a.buf)
	b := reading(e.server, 4)
	s.must(b.err, "the rest of a message")
	s.brought(e, b, "ef")
}

func emptyMessage(s *scene) {
	e := s.pipe(message, roomy)
	a := reading(e.server, 4)
	s.goesOn(a)
	s.sends(e.client, "")
	s.told(e, a, 0, 0)
	s.empty(e.port)
}

func emptyWriteToBytePipe(s *scene) {
	e := s.pipe(0, roomy)
	r := reading(e.server, 4)
	s.goesOn(r)
	s.sends(e.client, "")
	s.empty(e.port)
	s.goesOn(r)
	w := writing(e.server, "")
	s.must(w.err, "writing nothing")
	s.told(e, w, 0, 0)
	s.cancelled(e, r)
}

func emptyReadOfBytes(s *scene) {
	e := s.pipe(0, roomy)
	r := reading(e.server, 0)
	s.goesOn(r)
	s.empty(e.port)
	s.sends(e.client, "x")
	s.told(e, r, 0, 0)
	again := reading(e.server, 0)
	s.must(again.err, "reading nothing where something is")
	s.told(e, again, 0, 0)
	last := reading(e.server, 4)
	s.must(last.err, "reading what was left")
	s.brought(e, last, "x")
}

func emptyReadOfMessages(s *scene) {
	e := s.pipe(message, roomy)
	r := reading(e.server, 0)
	s.goesOn(r)
	s.sends(e.client, "xyz")
	s.told(e, r, 0, win32.ERROR_MORE_DATA)
	all := reading(e.server, 4)
	s.must(all.err, "reading the message that stayed")
	s.brought(e, all, "xyz")
	r = reading(e.server, 0)
	s.goesOn(r)
	s.sends(e.client, "")
	s.told(e, r, 0, 0)
}

func writeAboveQuota(s *scene) {
	e := s.pipe(0, 16)
	a := writing(e.server, "01234567")
	s.must(a.err, "writing what fits")
	s.told(e, a, 8, 0)
	b := writing(e.server, string(make([]byte, 100)))
	s.goesOn(b)
	s.empty(e.port)
	s.receives(e.client, 54, "01234567"+string(make([]byte, 46)))
	s.goesOn(b)
	s.receives(e.client, 54, string(make([]byte, 54)))
	s.told(e, b, 100, 0)
}

func disconnectUnderRead(s *scene) {
	e := s.pipe(0, roomy)
	r := reading(e.server, 4)
	s.goesOn(r)
	s.must(win32.DisconnectNamedPipe(e.server), "DisconnectNamedPipe")
	s.told(e, r, 0, win32.ERROR_PIPE_NOT_CONNECTED)
	s.refused(reading(e.server, 4), win32.ERROR_PIPE_NOT_CONNECTED)
	s.empty(e.port)
}

func readWhileListening(s *scene) {
	e := s.listener(0, roomy)
	s.refused(reading(e.server, 4), win32.ERROR_PIPE_LISTENING)
	s.empty(e.port)
}

func serverClosesUnderRead(s *scene) {
	e := s.pipe(0, roomy)
	r := reading(e.server, 4)
	s.goesOn(r)
	s.close(e.server)
	s.told(e, r, 0, win32.ERROR_BROKEN_PIPE)
	s.empty(e.port)
}

func serverClosesUnderConnect(s *scene) {
	e := s.listener(0, roomy)
	r := connecting(e.server)
	s.goesOn(r)
	s.close(e.server)
	p := s.get(e.port, stepMS)
	s.check(p.ov == &r.OVERLAPPED && p.bytes == 0 && p.key == serverKey, "packet %+v", p)
	status := win32.NTSTATUS(r.Internal)
	s.check(status == win32.STATUS_PIPE_BROKEN || status == win32.STATUS_CANCELLED, "the status is %v", status)
	s.empty(e.port)
}

func writesAreWhole(s *scene) {
	e := s.pipe(0, 16)
	for _, n := range []int{1, 16, 17, 1000, 70000} {
		r := writing(e.server, string(make([]byte, n)))
		if n > 16 {
			s.goesOn(r)
		}
		for left := n; left > 0; {
			k := min(left, 999)
			s.receives(e.client, k, string(make([]byte, k)))
			left -= k
		}
		s.told(e, r, n, 0)
	}
	s.empty(e.port)
}
