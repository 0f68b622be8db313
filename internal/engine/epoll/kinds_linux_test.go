// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"io"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

func TestNop(t *testing.T) {
	p := newPort(t)
	if res := p.do(&engine.Op{Kind: engine.Nop, FD: -1}); res != 0 {
		t.Errorf("result %d, want 0", res)
	}
}

func TestNopIgnoresTheOtherFields(t *testing.T) {
	p := newPort(t)
	op := &engine.Op{Kind: engine.Nop, Len: 7, Flags: ^uint32(0), Off: -1}
	if res := p.do(op); res != 0 {
		t.Errorf("result %d, want 0", res)
	}
}

func TestUnknownKindEndsWithEINVAL(t *testing.T) {
	p := newPort(t)
	if res := p.do(&engine.Op{Kind: 200}); res != errno(syscall.EINVAL) {
		t.Errorf("result %d, want -EINVAL", res)
	}
}

func TestReadAndWriteAtAnOffset(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, "0123456789")
	w := opOn(engine.Write, int(f.Fd()), []byte("abc"))
	w.Off = 4
	if res := p.do(w); res != 3 {
		t.Fatalf("write: %d, want 3", res)
	}
	b := make([]byte, 5)
	r := opOn(engine.Read, int(f.Fd()), b)
	r.Off = 3
	if res := p.do(r); res != 5 || string(b) != "3abc7" {
		t.Errorf("read: %d %q, want 5 \"3abc7\"", res, b)
	}
	r.Off = 10
	if res := p.do(r); res != 0 {
		t.Errorf("read at the end: %d, want 0", res)
	}
}

func TestReadFlagsReachTheKernel(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, "x")
	r := opOn(engine.Read, int(f.Fd()), make([]byte, 1))
	r.Flags = 1 << 30 // no such RWF_ flag
	if res := p.do(r); res != errno(syscall.EOPNOTSUPP) && res != errno(syscall.EINVAL) {
		t.Errorf("result %d, want -EOPNOTSUPP or -EINVAL", res)
	}
}

func TestReadAndWriteOnAPipe(t *testing.T) {
	p := newPort(t)
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fds[0])
	defer syscall.Close(fds[1])
	w := opOn(engine.Write, fds[1], []byte("stream"))
	w.Off = -1
	if res := p.do(w); res != 6 {
		t.Fatalf("write: %d, want 6", res)
	}
	b := make([]byte, 16)
	r := opOn(engine.Read, fds[0], b)
	r.Off = -1
	if res := p.do(r); res != 6 || string(b[:6]) != "stream" {
		t.Errorf("read: %d %q", res, b)
	}
}

func TestStreamOffsetUsesTheFilePosition(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, "0123456789")
	if _, err := f.Seek(2, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 3)
	r := opOn(engine.Read, int(f.Fd()), b)
	r.Off = -1
	for _, want := range []string{"234", "567"} {
		if res := p.do(r); res != 3 || string(b) != want {
			t.Errorf("read: %d %q, want 3 %q", res, b, want)
		}
	}
}

func iovecs(parts ...[]byte) (*unix.Iovec, uint32) {
	v := make([]unix.Iovec, len(parts))
	for i, b := range parts {
		v[i].Base = unsafe.SliceData(b)
		v[i].SetLen(len(b))
	}
	return &v[0], uint32(len(v))
}

func TestReadvAndWritev(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, "")
	v, n := iovecs([]byte("ab"), []byte("cde"))
	w := &engine.Op{Kind: engine.Writev, FD: int32(f.Fd()), Addr: unsafe.Pointer(v), Len: n, Off: 1}
	if res := p.do(w); res != 5 {
		t.Fatalf("writev: %d, want 5", res)
	}
	x, y := make([]byte, 4), make([]byte, 4)
	v, n = iovecs(x, y)
	r := &engine.Op{Kind: engine.Readv, FD: int32(f.Fd()), Addr: unsafe.Pointer(v), Len: n}
	if res := p.do(r); res != 6 || string(x) != "\x00abc" || string(y[:2]) != "de" {
		t.Errorf("readv: %d %q %q", res, x, y)
	}
}

func TestRecvAndSend(t *testing.T) {
	p := newPort(t)
	a, b := pair(t)
	buf := make([]byte, 8)
	r := opOn(engine.Recv, a, buf)
	p.start(r)
	p.none()
	s := opOn(engine.Send, b, []byte("hello"))
	s.Flags = unix.MSG_NOSIGNAL | unix.MSG_WAITALL
	p.start(s)
	for _, c := range p.wait(2) {
		if c.Res != 5 {
			t.Errorf("%v: %d, want 5", c.Op.Kind, c.Res)
		}
	}
	if string(buf[:5]) != "hello" {
		t.Errorf("received %q", buf)
	}
}

func TestRecvPeeksWithMsgPeek(t *testing.T) {
	p := newPort(t)
	a, b := pair(t)
	write(t, b, "x")
	r := opOn(engine.Recv, a, make([]byte, 1))
	r.Flags = unix.MSG_PEEK
	for range 2 {
		if res := p.do(r); res != 1 {
			t.Errorf("peek: %d, want 1", res)
		}
	}
}

func TestRecvAtTheEndOfAStreamIsZero(t *testing.T) {
	p := newPort(t)
	a, b := pair(t)
	r := opOn(engine.Recv, a, make([]byte, 1))
	p.start(r)
	if err := syscall.Shutdown(b, syscall.SHUT_WR); err != nil {
		t.Fatal(err)
	}
	if c := p.wait(1); c[0].Res != 0 {
		t.Errorf("result %d, want 0", c[0].Res)
	}
}

func TestSendToAClosedPeerIsEPIPE(t *testing.T) {
	p := newPort(t)
	a, b := pair(t)
	if err := syscall.Shutdown(b, syscall.SHUT_RD); err != nil {
		t.Fatal(err)
	}
	s := opOn(engine.Send, a, []byte("x"))
	s.Flags = unix.MSG_NOSIGNAL
	if res := p.do(s); res != errno(syscall.EPIPE) {
		t.Errorf("result %d, want -EPIPE", res)
	}
}

func TestRecvMsgAndSendMsg(t *testing.T) {
	p := newPort(t)
	a, b := pair(t)
	msg := func(parts ...[]byte) unsafe.Pointer {
		v, n := iovecs(parts...)
		h := &unix.Msghdr{Iov: v}
		h.SetIovlen(int(n))
		return unsafe.Pointer(h)
	}
	s := &engine.Op{Kind: engine.SendMsg, FD: int32(b), Addr: msg([]byte("ab"), []byte("c")), Flags: unix.MSG_NOSIGNAL}
	if res := p.do(s); res != 3 {
		t.Fatalf("sendmsg: %d, want 3", res)
	}
	x, y := make([]byte, 1), make([]byte, 4)
	r := &engine.Op{Kind: engine.RecvMsg, FD: int32(a), Addr: msg(x, y)}
	if res := p.do(r); res != 3 || string(x) != "a" || string(y[:2]) != "bc" {
		t.Errorf("recvmsg: %d %q %q", res, x, y)
	}
}

func TestConnectAcceptShutdown(t *testing.T) {
	p := newPort(t)
	l, addr := loopback(t)
	acc := &engine.Op{Kind: engine.Accept, FD: int32(l), Flags: unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK}
	p.start(acc)
	c, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(c)
	p.start(&engine.Op{Kind: engine.Connect, FD: int32(c), Addr: unsafe.Pointer(addr), Off: int64(unsafe.Sizeof(*addr))})
	s := -1
	for _, done := range p.wait(2) {
		if done.Res < 0 {
			t.Fatalf("%v: %v", done.Op.Kind, syscall.Errno(-done.Res))
		}
		if done.Op == acc {
			s = int(done.Res)
		}
	}
	defer unix.Close(s)
	if fl, err := unix.FcntlInt(uintptr(s), unix.F_GETFD, 0); err != nil || fl&unix.FD_CLOEXEC == 0 {
		t.Errorf("the accepted socket is not close-on-exec: %#x, %v", fl, err)
	}
	if fl, err := unix.FcntlInt(uintptr(s), unix.F_GETFL, 0); err != nil || fl&unix.O_NONBLOCK == 0 {
		t.Errorf("the accepted socket is not nonblocking: %#x, %v", fl, err)
	}
	r := opOn(engine.Recv, s, make([]byte, 1))
	p.start(r)
	p.start(&engine.Op{Kind: engine.Shutdown, FD: int32(c), Len: unix.SHUT_WR})
	for _, done := range p.wait(2) {
		if done.Res != 0 {
			t.Errorf("%v: %d, want 0", done.Op.Kind, done.Res)
		}
	}
}

func TestConnectToNobodyIsRefused(t *testing.T) {
	p := newPort(t)
	l, addr := loopback(t)
	unix.Shutdown(l, unix.SHUT_RDWR) // the port stays ours, and nobody listens
	c, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(c)
	op := &engine.Op{Kind: engine.Connect, FD: int32(c), Addr: unsafe.Pointer(addr), Off: int64(unsafe.Sizeof(*addr))}
	if res := p.do(op); res != errno(syscall.ECONNREFUSED) {
		t.Errorf("result %d, want -ECONNREFUSED", res)
	}
}

func TestSync(t *testing.T) {
	p := newPort(t)
	f := tempFile(t, "data")
	for flags, want := range []int32{0, 0, errno(syscall.EINVAL)} {
		if res := p.do(&engine.Op{Kind: engine.Sync, FD: int32(f.Fd()), Flags: uint32(flags)}); res != want {
			t.Errorf("flags %d: %d, want %d", flags, res, want)
		}
	}
}

func TestPollIsOneShot(t *testing.T) {
	p := newPort(t)
	a, b := pair(t)
	in := &engine.Op{Kind: engine.Poll, FD: int32(a), Flags: unix.POLLIN | unix.POLLRDHUP}
	p.start(in)
	p.none()
	write(t, b, "x")
	if c := p.wait(1); c[0].Res != unix.POLLIN {
		t.Errorf("events %#x, want POLLIN", c[0].Res)
	}
	write(t, b, "y")
	p.none()
	out := &engine.Op{Kind: engine.Poll, FD: int32(a), Flags: unix.POLLOUT}
	if res := p.do(out); res != unix.POLLOUT {
		t.Errorf("events %#x, want POLLOUT", res)
	}
}

func TestCloseClosesTheDescriptor(t *testing.T) {
	p := newPort(t)
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fds[0])
	if res := p.do(&engine.Op{Kind: engine.Close, FD: int32(fds[1])}); res != 0 {
		t.Fatalf("close: %d, want 0", res)
	}
	if n, err := syscall.Read(fds[0], make([]byte, 1)); n != 0 || err != nil {
		t.Errorf("read from the pipe: %d, %v, want the end: its writer is closed", n, err)
	}
}

func TestBadDescriptorIsACompletion(t *testing.T) {
	p := newPort(t)
	if res := p.do(opOn(engine.Read, -1, make([]byte, 1))); res != errno(syscall.EBADF) {
		t.Errorf("result %d, want -EBADF", res)
	}
}
