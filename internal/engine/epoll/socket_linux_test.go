// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"bytes"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// Two descriptors of one socket wait each for itself.
func TestDuplicatedDescriptors(t *testing.T) {
	p := newPort(t)
	a, b := pair(t)
	c, err := syscall.Dup(a)
	if err != nil {
		t.Fatal(err)
	}
	one, two := opOn(engine.Recv, a, make([]byte, 1)), opOn(engine.Recv, c, make([]byte, 1))
	p.start(one, two)
	p.none()
	write(t, b, "x")
	first := p.wait(1)[0]
	p.none()
	write(t, b, "y")
	second := p.wait(1)[0]
	if first.Res != 1 || second.Res != 1 || first.Op == second.Op {
		t.Errorf("%+v, %+v", first, second)
	}
	p.start(one)
	p.none()
	if res := p.do(&engine.Op{Kind: engine.Close, FD: int32(c)}); res != 0 {
		t.Fatalf("close: %d", res)
	}
	write(t, b, "z") // the other one is not concerned
	if got := p.wait(1)[0]; got.Op != one || got.Res != 1 {
		t.Errorf("%+v", got)
	}
}

// The number of a closed descriptor comes back, while a copy keeps the old socket alive.
func TestNumberIsUsedAgain(t *testing.T) {
	for _, how := range []string{"close", "forget"} {
		t.Run(how, func(t *testing.T) {
			p := newPort(t)
			a, b := pair(t)
			const number = 500 // that nobody else gets
			if err := syscall.Dup3(a, number, syscall.O_CLOEXEC); err != nil {
				t.Skip(err)
			}
			write(t, b, "1")
			p.do(opOn(engine.Recv, number, make([]byte, 1)))
			if how == "close" {
				p.do(&engine.Op{Kind: engine.Close, FD: number})
			} else {
				p.Forget(number)
				syscall.Close(number)
			}
			c, d := pair(t)
			if err := syscall.Dup3(c, number, syscall.O_CLOEXEC); err != nil {
				t.Fatal(err)
			}
			defer syscall.Close(number)
			next := opOn(engine.Recv, number, make([]byte, 1))
			p.start(next)
			write(t, b, "2") // to the old one
			p.none()
			if n, err := syscall.Read(a, make([]byte, 8)); n != 1 || err != nil {
				t.Errorf("the byte is gone: %d, %v", n, err)
			}
			write(t, d, "3")
			if got := p.wait(1)[0]; got.Op != next || got.Res != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestRequestsOfAClosedDescriptorEnd(t *testing.T) {
	p := newPort(t)
	r, _ := blockingPipe(t)
	fd, err := syscall.Dup(r)
	if err != nil {
		t.Fatal(err)
	}
	read, poll := streamOp(engine.Read, fd, make([]byte, 1)), &engine.Op{Kind: engine.Poll, FD: int32(fd), Flags: unix.POLLIN}
	p.start(read, poll)
	p.start(&engine.Op{Kind: engine.Close, FD: int32(fd)})
	for _, c := range p.wait(3) {
		if want := errno(syscall.EBADF); c.Op.Kind != engine.Close && c.Res != want {
			t.Errorf("%v ended with %d, want -EBADF", c.Op.Kind, c.Res)
		}
	}
}

// tcpPair returns two connected sockets of TCP.
func tcpPair(t *testing.T) (a, b int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	x, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	y, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	fd := func(c net.Conn) int {
		f, err := c.(*net.TCPConn).File()
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		t.Cleanup(func() { f.Close() })
		return int(f.Fd()) // blocking
	}
	return fd(x), fd(y)
}

// Receives of one socket are filled in the order in which they were queued.
func TestRequestsOfOneDirectionKeepTheirOrder(t *testing.T) {
	p := newPort(t)
	a, b := tcpPair(t)
	var ops []*engine.Op
	for range 5 {
		ops = append(ops, opOn(engine.Recv, a, make([]byte, 2)))
	}
	p.start(ops...)
	p.none()
	p.cancel(ops[1])
	p.wait(1)
	write(t, b, "00223344")
	for i, c := range p.wait(4) {
		want := []int{0, 2, 3, 4}[i]
		if got := *(*byte)(c.Op.Addr); c.Op != ops[want] || got != byte('0'+want) {
			t.Errorf("completion %d: %q", i, got)
		}
	}
}

// A receive that stops before urgent data has not emptied the socket.
func TestReceiveBehindUrgentData(t *testing.T) {
	p := newPort(t)
	a, b := tcpPair(t)
	write(t, b, "ab")
	if err := unix.Sendto(b, []byte("!"), unix.MSG_OOB, nil); err != nil {
		t.Fatal(err)
	}
	write(t, b, "cd")
	eventually(t, "all is there", func() bool {
		n, err := unix.IoctlGetInt(a, unix.TIOCINQ)
		return n >= 2 && err == nil
	})
	got := ""
	for len(got) < 4 {
		buf := make([]byte, 16)
		res := p.do(opOn(engine.Recv, a, buf))
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
	a, b := tcpPair(t)
	for _, first := range []bool{true, false} {
		if first {
			write(t, b, "x")
		}
		op := opOn(engine.Recv, a, make([]byte, 8))
		p.start(op)
		if !first {
			syscall.Shutdown(b, syscall.SHUT_WR)
		}
		if c := p.wait(1)[0]; first && c.Res != 1 || !first && c.Res != 0 {
			t.Errorf("first %v: ended with %d", first, c.Res)
		}
	}
	if res := p.do(opOn(engine.Recv, a, make([]byte, 8))); res != 0 {
		t.Errorf("ended with %d, want the end again", res)
	}
}

// A send with MSG_WAITALL is over when all is sent, however long the peer takes.
func TestSendGoesOnUntilAllIsSent(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	for _, kind := range []engine.Kind{engine.Send, engine.SendMsg} {
		t.Run(kind.String(), func(t *testing.T) {
			p := newPort(t)
			a, b := tcpPair(t)
			op := opOn(kind, a, content)
			if kind == engine.SendMsg {
				v, n := iovecs(content[:100], content[100:1<<20], nil, content[1<<20:])
				h := &unix.Msghdr{Iov: v}
				h.SetIovlen(int(n))
				op = &engine.Op{Kind: kind, FD: int32(a), Addr: unsafe.Pointer(h)}
			}
			op.Flags = unix.MSG_WAITALL | unix.MSG_NOSIGNAL
			p.start(op)
			p.none()
			got := make(chan []byte)
			f := os.NewFile(uintptr(dup(t, b)), "peer")
			go func() {
				buf := make([]byte, len(content))
				n, _ := io.ReadFull(f, buf)
				f.Close()
				got <- buf[:n]
			}()
			if c := p.wait(1)[0]; c.Res != int32(len(content)) {
				t.Errorf("result %d, want %d", c.Res, len(content))
			}
			if !bytes.Equal(<-got, content) {
				t.Error("other bytes came than were sent")
			}
		})
	}
}

func dup(t *testing.T, fd int) int {
	t.Helper()
	n, err := syscall.Dup(fd)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestCancelledSendSaysWhatItHadSent(t *testing.T) {
	p := newPort(t)
	a, b := tcpPair(t)
	op := opOn(engine.Send, a, make([]byte, 1<<24))
	op.Flags = unix.MSG_WAITALL | unix.MSG_NOSIGNAL
	p.start(op)
	p.cancel(op)
	sent := p.wait(1)[0].Res
	if sent <= 0 || sent == 1<<24 {
		t.Fatalf("result %d, want a part", sent)
	}
	syscall.Shutdown(a, syscall.SHUT_WR)
	n, err := io.Copy(io.Discard, os.NewFile(uintptr(dup(t, b)), "peer"))
	if n != int64(sent) || err != nil {
		t.Errorf("%d bytes came, %v; the result was %d", n, err, sent)
	}
}

func TestReceiveWaitsForAllWithMsgWaitall(t *testing.T) {
	for _, kind := range []engine.Kind{engine.Recv, engine.RecvMsg} {
		p := newPort(t)
		a, b := tcpPair(t)
		x, y := make([]byte, 3), make([]byte, 3)
		op := opOn(kind, a, x)
		if kind == engine.RecvMsg {
			v, n := iovecs(x, y)
			h := &unix.Msghdr{Iov: v}
			h.SetIovlen(int(n))
			op = &engine.Op{Kind: kind, FD: int32(a), Addr: unsafe.Pointer(h)}
		}
		op.Flags = unix.MSG_WAITALL
		p.start(op)
		write(t, b, "a")
		p.none()
		write(t, b, "bcdef")
		want := int32(3)
		if kind == engine.RecvMsg {
			want = 6
		}
		if c := p.wait(1)[0]; c.Res != want || string(x) != "abc" || kind == engine.RecvMsg && string(y) != "def" {
			t.Errorf("%v: %d %q %q", kind, c.Res, x, y)
		}
	}
}

func TestImpatientRequestsDoNotWait(t *testing.T) {
	p := newPort(t)
	a, _ := pair(t)
	r, _ := blockingPipe(t)
	recv, read := opOn(engine.Recv, a, make([]byte, 1)), streamOp(engine.Read, r, make([]byte, 1))
	recv.Flags, read.Flags = unix.MSG_DONTWAIT, unix.RWF_NOWAIT
	for _, op := range []*engine.Op{recv, read} {
		if res := p.do(op); res != errno(syscall.EAGAIN) {
			t.Errorf("%v: %d, want -EAGAIN", op.Kind, res)
		}
	}
}

// Somebody else accepts on the same, blocking, socket and takes the connection.
func TestAcceptSharesItsListener(t *testing.T) {
	p := newPort(t)
	l, addr := loopback(t)
	other := dup(t, l)
	defer syscall.Close(other)
	acc := &engine.Op{Kind: engine.Accept, FD: int32(l), Flags: unix.SOCK_CLOEXEC}
	p.start(acc)
	for range 3 {
		syscall.SetNonblock(other, false) // a careless neighbour
		c := dial(t, addr)
		s, _, err := syscall.Accept(other)
		if err != nil {
			t.Fatal(err)
		}
		p.none()
		syscall.Close(s)
		syscall.Close(c)
	}
	c := dial(t, addr)
	defer syscall.Close(c)
	if got := p.wait(1)[0]; got.Res < 0 {
		t.Errorf("accept: %d", got.Res)
	} else {
		syscall.Close(int(got.Res))
	}
}

func dial(t *testing.T, addr *unix.RawSockaddrInet4) int {
	t.Helper()
	c, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	port := (*[2]byte)(unsafe.Pointer(&addr.Port))
	if err := unix.Connect(c, &unix.SockaddrInet4{Addr: addr.Addr, Port: int(port[0])<<8 | int(port[1])}); err != nil {
		t.Fatal(err)
	}
	return c
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
		p.start(&engine.Op{Kind: engine.Connect, FD: int32(c), Addr: rawUnix(name), Off: int64(3 + len(name))})
	}
	for range 3 {
		s, _, err := unix.Accept(l)
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(s)
	}
	for _, c := range p.wait(3) {
		if c.Res != 0 {
			t.Errorf("connect: %d, want 0", c.Res)
		}
	}
}

func TestCloseOfALingeringSocketBlocksNobody(t *testing.T) {
	p := newPort(t)
	a, b := tcpPair(t)
	fd := dup(t, a)
	syscall.Shutdown(a, syscall.SHUT_RD)
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: 1}); err != nil {
		t.Fatal(err)
	}
	op := &engine.Op{Kind: engine.Close, FD: int32(fd)}
	p.start(op)
	if s := p.Stats(); s.Threads != 1 {
		t.Errorf("%d threads, want the one that closes", s.Threads)
	}
	if c := p.wait(1)[0]; c.Op != op || c.Res != 0 {
		t.Errorf("%+v", c)
	}
	write(t, b, "x")
}

func rawUnix(name string) unsafe.Pointer {
	sa := &unix.RawSockaddrUnix{Family: unix.AF_UNIX}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&sa.Path)), len(sa.Path)), name)
	return unsafe.Pointer(sa)
}
