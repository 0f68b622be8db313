// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"iocp"
)

// manual is a device whose operations end when the test says so.
type manual struct {
	mu   sync.Mutex
	ops  []*operation
	fail error // what the next start returns
}

func (d *manual) read(op *operation, buf []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		return d.fail
	}
	d.ops = append(d.ops, op)
	return nil
}

func (d *manual) write(op *operation, buf []byte) error { return op.doneNow(STATUS_SUCCESS, len(buf)) }
func (d *manual) endpoint() endpoint                    { return nil }
func (d *manual) close()                                { d.cancel(func(*operation) bool { return true }) }

func (d *manual) cancel(match func(*operation) bool) int {
	d.mu.Lock()
	var ended []*operation
	d.ops = slices.DeleteFunc(d.ops, func(op *operation) bool {
		if match(op) {
			ended = append(ended, op)
		}
		return match(op)
	})
	d.mu.Unlock()
	for _, op := range ended {
		op.complete(STATUS_CANCELLED, 0)
	}
	return len(ended)
}

// end ends the operation that was started first.
func (d *manual) end(status NTSTATUS, n uintptr) {
	d.mu.Lock()
	op := d.ops[0]
	d.ops = slices.Delete(d.ops, 0, 1)
	d.mu.Unlock()
	op.complete(status, n)
}

const allRights = FILE_READ_DATA | FILE_WRITE_DATA

// openManual opens an overlapped file on a manual device.
func openManual(t testing.TB) (HANDLE, *manual) {
	t.Helper()
	d := new(manual)
	return openDevice(t, d, false), d
}

func openDevice(t testing.TB, d device, socket bool) HANDLE {
	t.Helper()
	h, err := open(newFile(d, true, socket), allRights)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { CloseHandle(h) })
	return h
}

// stream is a device on a connection of package iocp.
type stream struct{ c *iocp.TCPConn }

func (d stream) read(op *operation, buf []byte) error {
	op.eof = STATUS_SUCCESS
	return d.c.Recv(op, buf)
}
func (d stream) write(op *operation, buf []byte) error  { return d.c.Send(op, buf) }
func (d stream) cancel(match func(*operation) bool) int { return cancelOperations(d.c, match) }
func (d stream) endpoint() endpoint                     { return d.c }
func (d stream) close()                                 { d.c.Close() }

// openStream opens an overlapped connection, and returns its far end.
func openStream(t testing.TB) (HANDLE, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	c, err := iocp.AdoptTCPConn(near)
	if err != nil {
		t.Fatal(err)
	}
	return openDevice(t, stream{c}, true), far
}

func newTestEvent(t testing.TB, manual bool) HANDLE {
	t.Helper()
	h, err := CreateEvent(manual, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { CloseHandle(h) })
	return h
}

// currentThreadOf makes a handle on the calling goroutine.
func currentThreadOf(t testing.TB) HANDLE {
	t.Helper()
	var h HANDLE
	if err := DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &h, 0, false, DUPLICATE_SAME_ACCESS); err != nil {
		t.Fatal(err)
	}
	return h
}

func expectErr(t testing.TB, got error, want Errno) {
	t.Helper()
	if got != want.err() {
		t.Fatalf("got %v, want %v", got, want.err())
	}
}

func expectWait(t testing.TB, h HANDLE, ms uint32, want uint32) {
	t.Helper()
	if got, err := WaitForSingleObject(h, ms); got != want || err != nil {
		t.Fatalf("the wait returned %#x, %v; want %#x", got, err, want)
	}
}

// untilTrue waits for cond without sleeping.
func untilTrue(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for start := time.Now(); !cond(); runtime.Gosched() {
		if time.Since(start) > 10*time.Second {
			t.Fatal("not after 10 s: ", what)
		}
	}
}

const soon = 10000 // ms: what must happen does so by then
