// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import "iocp/win32"

// What the rules of files in general mean for pipes and mailslots, as far as the other groups do not
// ask it of pipes anyway.
var _ = group(
	rule{id: "A17", part: "pipe", run: func(s *scene) { s.notAssociable(s.pipe(0, roomy).client) }},
	rule{id: "A19", run: anonymousPipeIsNotOverlapped},
	rule{id: "A21", run: mailslotOnAPort, wine: "it refuses mailslots, 87 (W8:C20,Y01)"},
	rule{id: "A34", part: "pipe", run: readBeforeAssociation},
	rule{id: "F23", part: "pipe", run: peekAndFlushAreSilent},
	rule{id: "K14", part: "answer", run: transactionOnAPort},
	rule{id: "K14", part: "cancel", run: transactionCancelled},
	rule{id: "N02", part: "pipe", run: readsWaitInOrder},
	rule{id: "N02", part: "mailslot", run: mailslotOnAPort, wine: "it refuses mailslots, 87 (W8:C20,Y01)"},
)

func (s *scene) notAssociable(h win32.HANDLE) {
	s.Helper()
	_, err := win32.CreateIoCompletionPort(h, 0, 0, 0)
	s.code(err, win32.ERROR_INVALID_PARAMETER, "associating")
}

func anonymousPipeIsNotOverlapped(s *scene) {
	var r, w win32.HANDLE
	s.must(win32.CreatePipe(&r, &w, 0), "CreatePipe")
	s.closing(r)
	s.closing(w)
	s.notAssociable(r)
	s.notAssociable(w)
	s.sends(w, "hello")
	s.receives(r, 9, "hello")
	s.close(w)
	s.code(win32.ReadFile(r, make([]byte, 1), new(uint32), nil), win32.ERROR_BROKEN_PIPE, "reading from a closed pipe")
}

func mailslotOnAPort(s *scene) {
	name := `\\.\mailslot\` + pipeName()[len(`\\.\pipe\`):]
	slot, err := win32.CreateMailslot(name, 0, win32.MAILSLOT_WAIT_FOREVER)
	s.must(err, "CreateMailslot")
	s.closing(slot)
	e := &pipeEnds{port: s.newPort(0), server: slot}
	s.associate(slot, e.port, serverKey)
	w, err := win32.CreateFile(name, win32.GENERIC_WRITE, win32.FILE_SHARE_READ, win32.OPEN_EXISTING, 0, 0)
	s.must(err, "opening a mailslot")
	s.closing(w)
	r := reading(slot, 9)
	s.goesOn(r)
	s.sends(w, "hello")
	s.brought(e, r, "hello")
	s.sends(w, "a")
	s.sends(w, "bc")
	for _, want := range []string{"a", "bc"} {
		r := reading(slot, 9)
		s.pending(r.err, "reading a message that is there")
		s.brought(e, r, want)
	}
	s.empty(e.port)
}

func readBeforeAssociation(s *scene) {
	name := pipeName()
	e := &pipeEnds{port: s.newPort(0), server: s.instance(name, 0, roomy)}
	client := s.client(name, 0)
	r := reading(e.server, 9)
	s.goesOn(r)
	s.associate(e.server, e.port, serverKey)
	s.sends(client, "abc")
	s.brought(e, r, "abc")
}

func peekAndFlushAreSilent(s *scene) {
	e := s.pipe(message, roomy)
	s.sends(e.client, "abcdef")
	s.sends(e.client, "gh")
	buf := make([]byte, 4)
	var n, all, left uint32
	s.must(win32.PeekNamedPipe(e.server, buf, &n, &all, &left), "PeekNamedPipe")
	s.check(string(buf[:n]) == "abcd" && all == 8 && left == 2, "peeked %q of %d, %d left", buf[:n], all, left)
	s.must(win32.FlushFileBuffers(e.server), "FlushFileBuffers")
	s.empty(e.port)
	s.close(e.client)
	for _, want := range []string{"abcdef", "gh"} {
		r := reading(e.server, 9)
		s.must(r.err, "reading what was peeked at")
		s.brought(e, r, want)
	}
	s.code(win32.PeekNamedPipe(e.server, nil, &n, nil, nil), win32.ERROR_BROKEN_PIPE, "peeking at nothing")
}

func transacting(h win32.HANDLE, data string, size int) *pipeCall {
	r := &pipeCall{buf: make([]byte, size)}
	r.err = win32.TransactNamedPipe(h, []byte(data), r.buf, &r.n, &r.OVERLAPPED)
	return r
}

func transactionOnAPort(s *scene) {
	e := s.pipe(message, roomy)
	r := transacting(e.server, "question", 9)
	s.code(r.err, win32.ERROR_IO_PENDING, "a transaction")
	s.receives(e.client, 9, "question")
	s.empty(e.port)
	s.sends(e.client, "answer")
	s.brought(e, r, "answer")
	r = transacting(e.server, "question", 4)
	s.code(r.err, win32.ERROR_IO_PENDING, "a transaction")
	s.receives(e.client, 9, "question")
	s.sends(e.client, "answer")
	s.told(e, r, 4, win32.ERROR_MORE_DATA)
	rest := reading(e.server, 9)
	s.must(rest.err, "the rest of the answer")
	s.brought(e, rest, "er")
	s.empty(e.port)
}

func transactionCancelled(s *scene) {
	e := s.pipe(message, roomy)
	r := transacting(e.server, "question", 9)
	s.code(r.err, win32.ERROR_IO_PENDING, "a transaction")
	s.cancelled(e, r)
	s.receives(e.client, 9, "question")
}
