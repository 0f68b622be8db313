// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"iocp/internal/engine"
)

var loopback = netip.MustParseAddrPort("127.0.0.1:0")

func ok(t testing.TB, errno Errno) {
	t.Helper()
	if errno != 0 {
		t.Fatal(errno)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func socket(t testing.TB, family, typ int) int32 {
	t.Helper()
	fd, errno := Host.Socket(family, typ, 0)
	ok(t, errno)
	t.Cleanup(func() { Host.Close(fd) })
	return fd
}

// listening returns a listening socket of Host and its address.
func listening(t testing.TB) (int32, netip.AddrPort) {
	t.Helper()
	fd := socket(t, AFInet, SockStream)
	ok(t, Host.Bind(fd, loopback))
	ok(t, Host.Listen(fd, 5))
	addr, errno := Host.LocalAddr(fd)
	ok(t, errno)
	return fd, addr
}

// pair returns a connected socket of Host, and its other end.
func pair(t testing.TB) (int32, *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", loopback.String())
	must(t, err)
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	far, err := l.Accept()
	must(t, err)
	t.Cleanup(func() { far.Close() })
	return adopted(t, near.(*net.TCPConn)), far.(*net.TCPConn)
}

// adopted returns a descriptor of our own of what c is, which is closed.
func adopted(t testing.TB, c interface {
	syscall.Conn
	Close() error
}) int32 {
	t.Helper()
	rc, err := c.SyscallConn()
	must(t, err)
	fd := int32(-1)
	must(t, rc.Control(func(s uintptr) { fd, err = Adopt(s) }))
	if errors.Is(err, ErrOwned) {
		t.Skip(err)
	}
	must(t, err)
	must(t, c.Close())
	t.Cleanup(func() { Host.Close(fd) })
	return fd
}

func request(kind engine.Kind, fd int32, buf []byte) *engine.Op {
	return &engine.Op{Kind: kind, FD: fd, Addr: unsafe.Pointer(unsafe.SliceData(buf)), Len: uint32(len(buf))}
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

// try makes a request until it need not wait: data on a loopback device may take a moment.
func try(t testing.TB, op *engine.Op) int32 {
	t.Helper()
	res := -int32(EAGAIN)
	eventually(t, "the request need not wait", func() bool {
		res = Host.Try(op)
		return res != -int32(EAGAIN) && res != -int32(EINTR)
	})
	return res
}

func TestSocketSaysWhatItIs(t *testing.T) {
	for _, family := range []int{AFInet, AFInet6, AFUnix} {
		for _, typ := range []int{SockStream, SockDgram} {
			fd, errno := Host.Socket(family, typ, 0)
			if errno != 0 {
				t.Logf("skip: no socket of family %d and type %d: %v", family, typ, errno)
				continue
			}
			if got, errno := Host.Option(fd, Domain); got != family || errno != 0 {
				t.Errorf("Domain: %d, %v; want %d", got, errno, family)
			}
			if got, errno := Host.Option(fd, Type); got != typ || errno != 0 {
				t.Errorf("Type: %d, %v; want %d", got, errno, typ)
			}
			if _, errno := Host.Option(fd, Protocol); errno != 0 {
				t.Errorf("Protocol: %v", errno)
			}
			ok(t, Host.Close(fd))
		}
	}
	if _, errno := Host.Socket(-1, SockStream, 0); errno == 0 {
		t.Error("there is a socket of an unknown family")
	}
}

func TestOptionsKeepWhatTheyAreSetTo(t *testing.T) {
	fd := socket(t, AFInet, SockStream)
	for _, o := range []Option{NoDelay, KeepAlive, OutOfBand, ReuseAddr} {
		for _, value := range []int{1, 0} {
			ok(t, Host.SetOption(fd, o, value))
			if got, errno := Host.Option(fd, o); (got != 0) != (value != 0) || errno != 0 {
				t.Errorf("option %d: %d, %v; want %d", o, got, errno, value)
			}
		}
	}
	for o, value := range map[Option]int{KeepIdle: 7, KeepInterval: 8, KeepCount: 5} {
		errno := Host.SetOption(fd, o, value)
		if errno == ENOPROTOOPT {
			continue
		}
		if got, _ := Host.Option(fd, o); got != value || errno != 0 {
			t.Errorf("option %d: %d, %v; want %d", o, got, errno, value)
		}
	}
	for _, o := range []Option{RecvBuffer, SendBuffer} {
		ok(t, Host.SetOption(fd, o, 1<<16))
		if got, errno := Host.Option(fd, o); got < 1<<16 || errno != 0 {
			t.Errorf("option %d: %d, %v; want 64 KiB or more", o, got, errno)
		}
	}
	for _, sec := range []int{-1, 0, 5, -1} {
		ok(t, Host.SetOption(fd, Linger, sec))
		if got, errno := Host.Option(fd, Linger); got != sec || errno != 0 {
			t.Errorf("Linger: %d, %v; want %d", got, errno, sec)
		}
	}
	ok(t, Host.SetOption(fd, ReuseLingering, 1))
	ok(t, Host.SetOption(socket(t, AFInet, SockDgram), Broadcast, 1))
}

func TestOptionsThatAreNotThere(t *testing.T) {
	fd := socket(t, AFInet, SockDgram)
	for _, o := range []Option{SocketError, Listening, Type, Domain, Protocol, Protocol + 1} {
		if errno := Host.SetOption(fd, o, 1); errno == 0 {
			t.Errorf("option %d was set", o)
		}
	}
	if _, errno := Host.Option(fd, Protocol+1); errno != ENOPROTOOPT {
		t.Errorf("an unknown option: %v", errno)
	}
	if n, errno := Host.Option(fd, SocketError); n != 0 || errno != 0 {
		t.Errorf("SocketError: %d, %v", n, errno)
	}
}

func TestListening(t *testing.T) {
	fd, addr := listening(t)
	if on, errno := Host.Option(fd, Listening); on == 0 || errno != 0 {
		t.Errorf("Listening: %d, %v", on, errno)
	}
	ok(t, Host.Listen(fd, 6))
	if errno := Host.Bind(socket(t, AFInet, SockStream), addr); errno == 0 {
		t.Error("two sockets have one address")
	}
	c, err := net.Dial("tcp", addr.String())
	must(t, err)
	c.Close()
	if on, errno := Host.Option(socket(t, AFInet, SockStream), Listening); on != 0 || errno != 0 {
		t.Errorf("Listening of another: %d, %v", on, errno)
	}
}

func TestNamesOfAConnection(t *testing.T) {
	fd, far := pair(t)
	at, errno := Host.LocalAddr(fd)
	ok(t, errno)
	peer, errno := Host.PeerAddr(fd)
	ok(t, errno)
	if at.String() != far.RemoteAddr().String() || peer.String() != far.LocalAddr().String() {
		t.Errorf("it is from %v to %v; the other end is from %v to %v", at, peer, far.LocalAddr(), far.RemoteAddr())
	}
	if _, errno := Host.PeerAddr(socket(t, AFInet, SockStream)); errno != ENOTCONN {
		t.Errorf("the peer of nobody: %v", errno)
	}
}

func TestBindIPv6(t *testing.T) {
	fd, errno := Host.Socket(AFInet6, SockDgram, 0)
	if errno != 0 {
		t.Skip("the system has no IPv6: ", errno)
	}
	defer Host.Close(fd)
	ok(t, Host.SetOption(fd, OnlyIPv6, 1))
	if errno := Host.Bind(fd, netip.MustParseAddrPort("[::1]:0")); errno != 0 {
		t.Skip("the system has no address of IPv6: ", errno)
	}
	at, errno := Host.LocalAddr(fd)
	ok(t, errno)
	if at.Addr() != netip.IPv6Loopback() || at.Port() == 0 {
		t.Errorf("it is at %v", at)
	}
}

func TestTryOnAStream(t *testing.T) {
	fd, far := pair(t)
	buf := make([]byte, 8)
	recv := request(engine.Recv, fd, buf)
	if res := Host.Try(recv); res != -int32(EAGAIN) {
		t.Errorf("a receive of nothing: %d, want EAGAIN", res)
	}
	far.Write([]byte("abc"))
	peek := *recv
	peek.Flags = MsgPeek
	if res := try(t, &peek); res != 3 {
		t.Errorf("a peek: %d, want 3", res)
	}
	if res := try(t, recv); res != 3 || string(buf[:3]) != "abc" {
		t.Errorf("a receive: %d, %q", res, buf)
	}
	send := request(engine.Send, fd, []byte("defg"))
	send.Flags = MsgWaitAll | MsgNoSignal
	if res := try(t, send); res != 4 {
		t.Errorf("a send: %d, want 4", res)
	}
	if n, _ := far.Read(buf); string(buf[:n]) != "defg" {
		t.Errorf("the peer has %q", buf[:n])
	}
	must(t, far.CloseWrite())
	if res := try(t, recv); res != 0 {
		t.Errorf("a receive at the end: %d, want 0", res)
	}
	ok(t, Host.Shutdown(fd, ShutWrite))
	if res := Host.Try(send); res != -int32(EPIPE) && res != -int32(ESHUTDOWN) {
		t.Errorf("a send after the end: %d, want EPIPE", res)
	}
}

func TestTryStopsWhenTheBufferIsFull(t *testing.T) {
	fd, _ := pair(t)
	send := request(engine.Send, fd, make([]byte, 1<<20))
	send.Flags = MsgNoSignal
	for range 1000 {
		if res := Host.Try(send); res < 0 {
			if res != -int32(EAGAIN) {
				t.Errorf("a send: %d, want EAGAIN", res)
			}
			return
		}
	}
	t.Error("1000 MiB went to a peer that takes nothing")
}

func TestTryOnDatagrams(t *testing.T) {
	a, b := socket(t, AFInet, SockDgram), socket(t, AFInet, SockDgram)
	ok(t, Host.Bind(a, loopback))
	ok(t, Host.Bind(b, loopback))
	from, errno := Host.LocalAddr(a)
	ok(t, errno)
	to, errno := Host.LocalAddr(b)
	ok(t, errno)

	var m struct {
		Message
		name    Sockaddr
		vectors []Vector
	}
	message := func(kind engine.Kind, fd int32, bufs ...string) (*engine.Op, [][]byte) {
		m.vectors = nil
		var room [][]byte
		for _, s := range bufs {
			room = append(room, []byte(s))
			m.vectors = append(m.vectors, VectorOf(room[len(room)-1]))
		}
		m.Set(m.vectors)
		return &engine.Op{Kind: kind, FD: fd, Addr: unsafe.Pointer(&m.Message)}, room
	}
	send := func() {
		op, _ := message(engine.SendMsg, a, "hel", "lo")
		m.SetName(&m.name, m.name.Put(to))
		if res := try(t, op); res != 5 {
			t.Fatalf("sendmsg: %d", res)
		}
	}
	for _, room := range []string{"12345678", "1234", "12"} {
		send()
		op, bufs := message(engine.RecvMsg, b, room[:1], room[1:])
		op.Flags = MsgTrunc
		m.SetName(&m.name, SizeofSockaddr)
		res := try(t, op)
		if len(room) > 5 && res != 5 || len(room) < 5 && int(res) <= len(room) {
			t.Errorf("recvmsg into %d bytes: %d", len(room), res)
		}
		if got := bytes.Join(bufs, nil); string(got[:min(len(room), 5)]) != "hello"[:min(len(room), 5)] {
			t.Errorf("received %q", got)
		}
		if name, n := m.Name(); n == 0 || name.AddrPort() != from {
			t.Errorf("the sender is %v, want %v", name.AddrPort(), from)
		}
	}
	send()
	op := request(engine.Recv, b, make([]byte, 3))
	op.Flags = MsgTrunc
	if res := try(t, op); res <= 3 {
		t.Errorf("recv into 3 bytes: %d", res)
	}
	if res := Host.Try(op); res != -int32(EAGAIN) {
		t.Errorf("recv of nothing: %d, want EAGAIN", res)
	}
}

func TestTryOfAnotherKindIsRefused(t *testing.T) {
	if res := Host.Try(&engine.Op{Kind: engine.Sync}); res >= 0 {
		t.Errorf("sync: %d", res)
	}
}

func TestTryReadIsAllOrNothing(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	must(t, err)
	f.WriteString("content")
	fd := adopted(t, f)
	buf := make([]byte, 7)
	op := request(engine.Read, fd, buf)
	switch res := Host.Try(op); {
	case res == 7 && string(buf) == "content":
	case res == -int32(EAGAIN) || res == -int32(EOPNOTSUPP):
	default:
		t.Errorf("%d, %q", res, buf)
	}
	op = request(engine.Read, fd, make([]byte, 8))
	if res := Host.Try(op); res >= 0 {
		t.Errorf("a read beyond the end: %d", res)
	}
}

func TestTryAllocatesNothing(t *testing.T) {
	if !triesReads {
		t.Skip("skip: package unix, through which this system is entered, allocates")
	}
	fd, far := pair(t)
	send, recv := request(engine.Send, fd, []byte("x")), request(engine.Recv, fd, make([]byte, 1))
	one := []byte("y")
	if n := testing.AllocsPerRun(100, func() {
		try(t, send)
		far.Write(one)
		try(t, recv)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestHungUp(t *testing.T) {
	fd, far := pair(t)
	ok(t, Host.Shutdown(fd, ShutWrite))
	if Host.HungUp(fd) {
		t.Error("a connection is over that is so in one direction only")
	}
	must(t, far.SetLinger(0))
	must(t, far.Close())
	eventually(t, "a connection that was reset is over", func() bool { return Host.HungUp(fd) })
}

func TestReplaceTakesThePlace(t *testing.T) {
	old, _ := listening(t)
	fd, far := pair(t)
	now, errno := Host.Replace(fd, old)
	ok(t, errno)
	if now != old && now != fd {
		t.Errorf("%d in place of %d is %d", fd, old, now)
	}
	if peer, _ := Host.PeerAddr(now); peer.String() != far.LocalAddr().String() {
		t.Errorf("the descriptor is not the new one: its peer is %v", peer)
	}
}

func TestDissolve(t *testing.T) {
	fd := socket(t, AFInet, SockStream)
	if errno := Host.Dissolve(fd); errno != 0 && errno != EOPNOTSUPP {
		t.Errorf("Dissolve: %v", errno)
	}
	Host.DropErrors(fd) // of a socket without any
}

func TestNothingIsDoneToAClosedDescriptor(t *testing.T) {
	fd, errno := Host.Socket(AFInet, SockStream, 0)
	ok(t, errno)
	ok(t, Host.Close(fd))
	_, name := Host.LocalAddr(fd)
	_, peer := Host.PeerAddr(fd)
	_, option := Host.Option(fd, Type)
	_, domain := Host.Option(fd, Domain)
	_, status := Host.Describe(fd)
	_, size := Host.Size(fd)
	for i, errno := range []Errno{Host.Close(fd), Host.Bind(fd, loopback), Host.Listen(fd, 1), Host.Shutdown(fd, ShutRead), name, peer,
		option, domain, status, size, Host.SetOption(fd, NoDelay, 1), Host.Truncate(fd, 1), Host.Dissolve(fd),
		Errno(-Host.Try(request(engine.Recv, fd, make([]byte, 1))))} {
		if errno == 0 {
			t.Errorf("call %d went well", i)
		}
	}
	if _, err := Host.Stat(fd, "x"); err == nil {
		t.Error("Stat went well")
	}
	if _, err := Adopt(uintptr(fd)); err == nil {
		t.Error("Adopt went well")
	}
}

func TestErrorIsTheNumber(t *testing.T) {
	for _, errno := range []Errno{ECONNRESET, EAGAIN, EINVAL, 9999} {
		if err := Error(errno); !errors.Is(err, errno) {
			t.Errorf("%v is not %v", err, errno)
		}
	}
	if !errors.Is(Error(ECONNRESET), syscall.ECONNRESET) {
		t.Error("a reset is not syscall.ECONNRESET")
	}
}
