// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32test

import (
	"fmt"
	"os"
	"sync/atomic"

	"iocp/win32"
)

// pipeEnds is the two pipeEnds of a named pipe. The server's is overlapped and associated with port.
type pipeEnds struct {
	name           string
	port           win32.HANDLE
	server, client win32.HANDLE
}

const (
	serverKey = 0x44
	message   = win32.PIPE_TYPE_MESSAGE | win32.PIPE_READMODE_MESSAGE
	roomy     = 512 // a quota that is no matter
)

var pipeCount atomic.Uint32

// pipeName is a name that nobody else uses.
func pipeName() string {
	return fmt.Sprintf(`\\.\pipe\iocp-%d-%d`, os.Getpid(), pipeCount.Add(1))
}

// listener makes the server's end of a pipe, which listens, and its port.
func (s *scene) listener(mode, quota uint32) *pipeEnds {
	s.Helper()
	e := &pipeEnds{name: pipeName(), port: s.newPort(0)}
	e.server = s.instance(e.name, mode, quota)
	s.associate(e.server, e.port, serverKey)
	return e
}

// instance makes the server's end of a pipe.
func (s *scene) instance(name string, mode, quota uint32) win32.HANDLE {
	s.Helper()
	const access = win32.PIPE_ACCESS_DUPLEX | win32.FILE_FLAG_OVERLAPPED
	h, err := win32.CreateNamedPipe(name, access, mode, win32.PIPE_UNLIMITED_INSTANCES, quota, quota, 0)
	s.must(err, "CreateNamedPipe")
	return s.closing(h)
}

// client opens the client's end.
func (s *scene) client(name string, flags uint32) win32.HANDLE {
	s.Helper()
	h, err := win32.CreateFile(name, win32.GENERIC_READ|win32.GENERIC_WRITE, 0, win32.OPEN_EXISTING, flags, 0)
	s.must(err, "CreateFile")
	return s.closing(h)
}

// pipe makes both pipeEnds; the client's waits in every call.
func (s *scene) pipe(mode, quota uint32) *pipeEnds {
	s.Helper()
	e := s.listener(mode, quota)
	e.client = s.client(e.name, 0)
	return e
}

// overlappedPipe makes both pipeEnds, of which the client's is overlapped, too.
func (s *scene) overlappedPipe(mode, quota uint32) *pipeEnds {
	s.Helper()
	e := s.listener(mode, quota)
	e.client = s.client(e.name, win32.FILE_FLAG_OVERLAPPED)
	if mode&win32.PIPE_READMODE_MESSAGE != 0 {
		m := uint32(win32.PIPE_READMODE_MESSAGE)
		s.must(win32.SetNamedPipeHandleState(e.client, &m, nil, nil), "reading messages")
	}
	return e
}

// pipeCall is one overlapped call and what it returned.
type pipeCall struct {
	win32.OVERLAPPED
	buf []byte
	n   uint32
	err error
}

func reading(h win32.HANDLE, size int) *pipeCall {
	r := &pipeCall{buf: make([]byte, size), n: 0xAAAA}
	r.err = win32.ReadFile(h, r.buf, &r.n, &r.OVERLAPPED)
	return r
}

func writing(h win32.HANDLE, data string) *pipeCall {
	r := &pipeCall{buf: []byte(data), n: 0xAAAA}
	r.err = win32.WriteFile(h, r.buf, &r.n, &r.OVERLAPPED)
	return r
}

func connecting(h win32.HANDLE) *pipeCall {
	r := new(pipeCall)
	r.err = win32.ConnectNamedPipe(h, &r.OVERLAPPED)
	return r
}

// goesOn fails unless the requests are pending.
func (s *scene) goesOn(rs ...*pipeCall) {
	s.Helper()
	for _, r := range rs {
		s.code(r.err, win32.ERROR_IO_PENDING, "a request that has to wait")
		s.check(!win32.HasOverlappedIoCompleted(&r.OVERLAPPED), "the request is over")
	}
}

// refused fails unless the request failed at once, with this code.
func (s *scene) refused(r *pipeCall, want win32.Errno) {
	s.Helper()
	s.code(r.err, want, "a request that cannot start")
}

// told takes the packet of a request of the server.
func (s *scene) told(e *pipeEnds, r *pipeCall, n int, code win32.Errno) {
	s.Helper()
	s.expect(e.port, &r.OVERLAPPED, uint32(n), serverKey, code)
}

// brought takes the packet of a read of the server that succeeded.
func (s *scene) brought(e *pipeEnds, r *pipeCall, want string) {
	s.Helper()
	s.told(e, r, len(want), 0)
	s.check(string(r.buf[:len(want)]) == want, "read %q, want %q", r.buf[:len(want)], want)
}

// result fails unless the request is over with this outcome, without a look at packets.
func (s *scene) result(h win32.HANDLE, r *pipeCall, n int, code win32.Errno) {
	s.Helper()
	s.eventually(func() bool { return win32.HasOverlappedIoCompleted(&r.OVERLAPPED) }, "the end of a request")
	got := uint32(0xAAAA)
	err := win32.GetOverlappedResult(h, &r.OVERLAPPED, &got, false)
	if code == 0 {
		s.must(err, "the result")
	} else {
		s.code(err, code, "the result")
	}
	s.check(int(got) == n, "%d bytes, want %d", got, n)
}

// sends writes at the end that waits.
func (s *scene) sends(h win32.HANDLE, data string) {
	s.Helper()
	var n uint32
	s.must(win32.WriteFile(h, []byte(data), &n, nil), "writing")
	s.check(int(n) == len(data), "wrote %d bytes of %d", n, len(data))
}

// receives reads at the end that waits; what is there must be this.
func (s *scene) receives(h win32.HANDLE, size int, want string) {
	s.Helper()
	buf := make([]byte, size)
	var n uint32
	s.must(win32.ReadFile(h, buf, &n, nil), "reading")
	s.check(string(buf[:n]) == want, "read %q, want %q", buf[:n], want)
}

// cancelled ends a request that a rule leaves pending.
func (s *scene) cancelled(e *pipeEnds, r *pipeCall) {
	s.Helper()
	s.must(win32.CancelIoEx(e.server, &r.OVERLAPPED), "CancelIoEx")
	s.told(e, r, 0, win32.ERROR_OPERATION_ABORTED)
}
