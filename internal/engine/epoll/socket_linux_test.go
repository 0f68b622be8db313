// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

func TestRequestsOfAClosedDescriptorEnd(t *testing.T) {
	p := newPort(t)
	r, _ := p.Pipe()
	fd := p.Dup(r)
	read, poll := enginetest.Stream(engine.Read, fd, make([]byte, 1)), &engine.Op{Kind: engine.Poll, FD: fd, Flags: unix.POLLIN}
	p.Start(read, poll)
	p.Start(&engine.Op{Kind: engine.Close, FD: fd})
	p.Gone(fd)
	for _, c := range p.Wait(3) {
		if want := -int32(syscall.EBADF); c.Op.Kind != engine.Close && c.Res != want {
			t.Errorf("%v ended with %d, want -EBADF", c.Op.Kind, c.Res)
		}
	}
}

// Receives of one socket are filled in the order in which they were queued.
func TestRequestsOfOneDirectionKeepTheirOrder(t *testing.T) {
	p := newPort(t)
	a, b := p.TCP()
	var ops []*engine.Op
	for range 5 {
		ops = append(ops, enginetest.Op(engine.Recv, a, make([]byte, 2)))
	}
	p.Start(ops...)
	p.None()
	p.CancelAll(ops[1])
	p.Wait(1)
	p.Send(b, "00223344")
	for i, c := range p.Wait(4) {
		want := []int{0, 2, 3, 4}[i]
		if got := *(*byte)(c.Op.Addr); c.Op != ops[want] || got != byte('0'+want) {
			t.Errorf("completion %d: %q", i, got)
		}
	}
}

// A receive that stops before urgent data has not emptied the socket.
func TestReceiveBehindUrgentData(t *testing.T) {
	p := newPort(t)
	a, b := p.TCP()
	p.Send(b, "ab")
	if err := unix.Sendto(int(b), []byte("!"), unix.MSG_OOB, nil); err != nil {
		t.Fatal(err)
	}
	p.Send(b, "cd")
	p.Eventually("all is there", func() bool {
		n, err := unix.IoctlGetInt(int(a), unix.TIOCINQ)
		return n >= 2 && err == nil
	})
	got := ""
	for len(got) < 4 {
		buf := make([]byte, 16)
		res := p.Do(enginetest.Op(engine.Recv, a, buf))
		if res <= 0 {
			t.Fatalf("ended with %d", res)
		}
		got += string(buf[:res])
	}
	if got != "abcd" {
		t.Errorf("received %q", got)
	}
}

func TestEndAfterAShortReceive(t *testing.T) {
	p := newPort(t)
	a, b := p.TCP()
	for _, first := range []bool{true, false} {
		if first {
			p.Send(b, "x")
		}
		op := enginetest.Op(engine.Recv, a, make([]byte, 8))
		p.Start(op)
		if !first {
			p.Shutdown(b, syscall.SHUT_WR)
		}
		if c := p.Wait(1)[0]; first && c.Res != 1 || !first && c.Res != 0 {
			t.Errorf("first %v: ended with %d", first, c.Res)
		}
	}
	if res := p.Do(enginetest.Op(engine.Recv, a, make([]byte, 8))); res != 0 {
		t.Errorf("ended with %d, want the end again", res)
	}
}

func TestImpatientReadsDoNotWait(t *testing.T) {
	p := newPort(t)
	if !p.noWait {
		t.Skip("no preadv2(2) here, whose flag RWF_NOWAIT is")
	}
	r, _ := p.Pipe()
	read := enginetest.Stream(engine.Read, r, make([]byte, 1))
	read.Flags = unix.RWF_NOWAIT
	// EAGAIN, or EOPNOTSUPP where pipes do not know the flag, as in Linux 6.1.
	_, want := unix.Preadv2(int(r), [][]byte{make([]byte, 1)}, -1, unix.RWF_NOWAIT)
	p.Is("read", p.Do(read), -int32(want.(syscall.Errno)))
}

// Somebody else accepts on the same, blocking, socket and takes the connection.
func TestAcceptSharesItsListener(t *testing.T) {
	p := newPort(t)
	l, at := p.Listen()
	other := int(p.Dup(l))
	acc := &engine.Op{Kind: engine.Accept, FD: l, Flags: unix.SOCK_CLOEXEC}
	p.Start(acc)
	for range 3 {
		syscall.SetNonblock(other, false) // a careless neighbour
		dial(p, at)
		s, _, err := syscall.Accept(other)
		if err != nil {
			t.Fatal(err)
		}
		p.None()
		syscall.Close(s)
	}
	dial(p, at)
	if got := p.Wait(1)[0]; got.Res < 0 {
		t.Errorf("accept: %d", got.Res)
	} else {
		syscall.Close(int(got.Res))
	}
}

func dial(p *port, at enginetest.Address) {
	p.Helper()
	if errno := connectBlocking(p.Socket(), at.Addr, at.Len); errno != 0 {
		p.Fatal(errno)
	}
}

// A connect to a socket in the file system waits for the listener's backlog.
func TestConnectWaitsForTheBacklog(t *testing.T) {
	p := newPort(t)
	name := t.TempDir() + "/socket"
	l, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(l)
	if unix.Bind(l, &unix.SockaddrUnix{Name: name}) != nil || unix.Listen(l, 0) != nil {
		t.Fatal("no listener")
	}
	for range 3 {
		c, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(c)
		p.Start(&engine.Op{Kind: engine.Connect, FD: int32(c), Addr: rawUnix(name), Off: int64(3 + len(name))})
	}
	for range 3 {
		s, _, err := unix.Accept(l)
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(s)
	}
	for _, c := range p.Wait(3) {
		if c.Res != 0 {
			t.Errorf("connect: %d, want 0", c.Res)
		}
	}
}

func TestCloseOfALingeringSocketBlocksNobody(t *testing.T) {
	p := newPort(t)
	a, b := p.TCP()
	fd := p.Dup(a)
	p.Shutdown(a, syscall.SHUT_RD)
	if err := unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: 1}); err != nil {
		t.Fatal(err)
	}
	op := &engine.Op{Kind: engine.Close, FD: fd}
	p.Start(op)
	p.Gone(fd)
	if s := p.Stats(); s.Threads != 1 {
		t.Errorf("%d threads, want the one that closes", s.Threads)
	}
	if c := p.Wait(1)[0]; c.Op != op || c.Res != 0 {
		t.Errorf("%+v", c)
	}
	p.Send(b, "x")
}

func rawUnix(name string) unsafe.Pointer {
	sa := &unix.RawSockaddrUnix{Family: unix.AF_UNIX}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&sa.Path)), len(sa.Path)), name)
	return unsafe.Pointer(sa)
}
