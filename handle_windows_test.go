// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"iocp/internal/sys"

	"golang.org/x/sys/windows"
)

// reading is the operation of a program that reads by itself, with what the system needs meanwhile.
type reading struct {
	op
	buf  [16]byte
	done uint32
}

// begin is what Do calls: a read at off.
func (r *reading) begin(off uint32) func(uintptr, *windows.Overlapped) error {
	return func(h uintptr, ov *windows.Overlapped) error {
		ov.Offset = off
		return windows.ReadFile(windows.Handle(h), r.buf[:], &r.done, ov)
	}
}

func TestDoSendsOnePacket(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, p, []byte("0123456789"))
	r := &reading{}
	for range 50 {
		ok(t, f.Do(r, r.begin(4)))
		if c := get(t, p); c.Op != r || c.Bytes != 6 || c.Err != nil || string(r.buf[:6]) != "456789" {
			t.Fatalf("%+v, %q", c, r.buf)
		}
	}
	quiet(t, p)
}

func TestDoThatFailsAtOnceSendsNone(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, p, []byte("x"))
	why := errors.New("no reason")
	r := &reading{}
	for range 50 {
		fails(t, p, f.Do(r, func(uintptr, *windows.Overlapped) error { return why }), why)
		ok(t, f.Do(r, r.begin(0))) // the same place at the engine
		if c := get(t, p); c.Bytes != 1 || c.Err != nil {
			t.Fatalf("%+v", c)
		}
	}
	fails(t, p, f.Do(r, nil), ErrInvalidParameter)
}

func TestDoSendsItsPacketWithSkipOnSuccess(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	ok(t, c.SkipOnSuccess())
	if _, err := far.Write([]byte("data")); err != nil {
		t.Fatal(err)
	}
	r := &receiving{}
	ok(t, c.Do(r, r.begin))
	if k := get(t, p); k.Op != r || k.Bytes != 4 || k.Err != nil {
		t.Fatalf("%+v", k)
	}
}

// receiving is a receive of a program's own.
type receiving struct {
	op
	buf   [16]byte
	wsa   windows.WSABuf
	flags uint32
	done  uint32
}

func (r *receiving) begin(h uintptr, ov *windows.Overlapped) error {
	r.wsa = windows.WSABuf{Len: uint32(len(r.buf)), Buf: &r.buf[0]}
	return windows.WSARecv(windows.Handle(h), &r.wsa, 1, &r.done, &r.flags, ov, nil)
}

func TestDoCanBeCancelled(t *testing.T) {
	p := newPort(t)
	c, far := tcpPair(t, p)
	r := &receiving{}
	for range 20 {
		ok(t, c.Do(r, r.begin))
		ok(t, r.Cancel())
		if k := get(t, p); k.Op != r || !errors.Is(k.Err, ErrCanceled) {
			t.Fatalf("%+v", k)
		}
	}
	r.SetTimeout(5 * time.Millisecond)
	ok(t, c.Do(r, r.begin))
	if k := get(t, p); !errors.Is(k.Err, os.ErrDeadlineExceeded) {
		t.Fatalf("%+v", k)
	}
	r.SetTimeout(0)
	ok(t, c.Do(r, r.begin))
	ok(t, c.Close())
	if k := get(t, p); !errors.Is(k.Err, os.ErrClosed) {
		t.Fatalf("%+v", k)
	}
	far.Close()
}

// A cancel that comes while the call is being made ends the operation all the same.
func TestDoCancelledBeforeItBegins(t *testing.T) {
	p := newPort(t)
	c, _ := tcpPair(t, p)
	r := &receiving{}
	ok(t, c.Do(r, func(h uintptr, ov *windows.Overlapped) error {
		if err := r.Cancel(); err != nil {
			t.Errorf("Cancel: %v", err)
		}
		p.Flush()
		return r.begin(h, ov)
	}))
	if k := get(t, p); k.Op != r || !errors.Is(k.Err, ErrCanceled) {
		t.Fatalf("%+v", k)
	}
}

// What a pipe needs before it is one: ConnectNamedPipe has no method here.
func TestDoConnectsANamedPipe(t *testing.T) {
	p := newPort(t)
	name := fmt.Sprintf(`\\.\pipe\iocp-do-%d-%d`, os.Getpid(), time.Now().UnixNano())
	path, err := windows.UTF16PtrFromString(name)
	ok(t, err)
	server, err := windows.CreateNamedPipe(path, windows.PIPE_ACCESS_INBOUND|windows.FILE_FLAG_OVERLAPPED, windows.PIPE_TYPE_BYTE, 1, 4096, 4096, 0, nil)
	ok(t, err)
	f := pipeFile(t, server)
	associate(t, p, f, "pipe")
	o := &op{}
	ok(t, f.Do(o, func(h uintptr, ov *windows.Overlapped) error {
		return windows.ConnectNamedPipe(windows.Handle(h), ov)
	}))
	client, err := windows.CreateFile(path, windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING, 0, 0)
	ok(t, err)
	defer windows.CloseHandle(client)
	expect(t, p, o, 0, nil)
	var n uint32
	ok(t, windows.WriteFile(client, []byte("hello"), &n, nil))
	buf := make([]byte, 8)
	ok(t, f.Read(o, buf, 0))
	expect(t, p, o, 5, nil)
}

// pipeFile is a File on a handle that package os has never seen.
func pipeFile(t *testing.T, h windows.Handle) *File {
	o, err := describeFile(sys.Host, int32(h), "pipe")
	if err != nil {
		t.Fatal(err)
	}
	return &File{Handle: Handle{o: o}}
}

func TestDoNeedsAnAssociation(t *testing.T) {
	f, err := OpenFile(os.DevNull, os.O_RDWR, 0)
	ok(t, err)
	defer f.Close()
	r := &reading{}
	if err := f.Do(r, r.begin(0)); !errors.Is(err, ErrNotAssociated) {
		t.Errorf("%v", err)
	}
}
