// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"iocp/internal/sys"

	"golang.org/x/sys/unix"
)

// adopted returns a Socket on a descriptor of its own for the same socket as c's, which is closed.
func adopted(t testing.TB, p *Port, c *net.TCPConn, nonblocking bool) *Socket {
	t.Helper()
	fd, err := adopt(c)
	ok(t, err)
	ok(t, c.Close())
	ok(t, unix.SetNonblock(int(fd), nonblocking))
	s, err := AdoptSocket(int(fd))
	ok(t, err)
	return associate(t, p, s, "socket")
}

func TestNewSocketRefuses(t *testing.T) {
	checkLeaks(t)
	for _, v := range [][3]int{{unix.AF_PACKET, sys.SockStream, 0}, {sys.AFInet, unix.SOCK_RAW, 0}, {-1, -1, -1}} {
		if _, err := NewSocket(v[0], v[1], v[2]); !isError(err, ErrInvalidParameter) {
			t.Errorf("NewSocket%v: %v", v, err)
		}
	}
	if _, err := NewSocket(sys.AFInet, sys.SockStream, unix.IPPROTO_UDP); !isError(err, syscall.EPROTONOSUPPORT) {
		t.Errorf("a stream over UDP: %v", err)
	}
	if _, err := AdoptSocket(-1); !isError(err, syscall.EBADF) {
		t.Errorf("descriptor -1: %v", err)
	}
	s := newTestSocket(t, nil, sys.SockDgram)
	ok(t, s.endpoint().control(func(_ sys.System, fd int32) error {
		if long := int64(fd) + 1<<32; int64(int(long)) == long { // the number of s with a bit more
			_, err := AdoptSocket(int(long))
			refuses(t, err, syscall.EBADF)
		}
		return nil
	}))
	if _, err := AdoptSocket(0); err == nil {
		t.Error("the standard input is a socket")
	}
	var zero Socket
	for _, err := range []error{zero.Bind(loopback), zero.Listen(1), zero.Recv(&op{}, nil, 0), zero.Close(), (*Socket)(nil).Send(&op{}, nil)} {
		if !isError(err, ErrInvalidHandle) {
			t.Errorf("the zero Socket answers %v", err)
		}
	}
	if zero.Family() != 0 || zero.Type() != 0 || zero.State() != (SocketState{}) || zero.RemoteAddr().IsValid() {
		t.Error("the zero Socket is something")
	}
}

func TestAdoptedSocketKeepsItsNumber(t *testing.T) {
	p := newPort(t)
	pair, err := unix.Socketpair(sys.AFUnix, sys.SockStream|unix.SOCK_CLOEXEC, 0)
	ok(t, err)
	a, err := AdoptSocket(pair[0])
	ok(t, err)
	associate(t, p, a, nil)
	b, err := AdoptSocket(pair[1])
	ok(t, err)
	associate(t, p, b, nil)
	if a.Family() != sys.AFUnix || a.Type() != sys.SockStream || !a.State().Connected {
		t.Errorf("the socket is of family %d and type %d, %+v", a.Family(), a.Type(), a.State())
	}
	recv, send, buf := &op{}, &op{}, make([]byte, 5)
	ok(t, b.Recv(recv, buf, 0))
	if _, err := syscall.Write(pair[0], []byte("he")); err != nil { // the caller may still use it
		t.Fatal(err)
	}
	expect(t, p, recv, 2, nil)
	ok(t, a.Send(send, []byte("llo")))
	expect(t, p, send, 3, nil)
	ok(t, b.Recv(recv, buf, 0))
	expect(t, p, recv, 3, nil)
	ok(t, a.Close())
	eventually(t, "the descriptor to be closed", func() bool { return unix.SetNonblock(pair[0], false) == syscall.EBADF })
}

func TestSocketPeek(t *testing.T) {
	p := newPort(t)
	s, far := socketPair(t, p)
	o, buf := &op{}, make([]byte, 3)
	ok(t, s.Recv(o, buf, sys.MsgPeek))
	flushed(t, p)
	far.Write([]byte("abc"))
	expect(t, p, o, 3, nil) // I18
	clear(buf)
	ok(t, s.Recv(o, buf, 0))
	expect(t, p, o, 3, nil)
	same(t, buf, []byte("abc"))
	refuses(t, s.Recv(o, buf, sys.MsgPeek|sys.MsgWaitAll), syscall.EOPNOTSUPP)
	fails(t, p, s.Recv(o, buf, unix.MSG_OOB), ErrInvalidParameter)
}

// The program may end the sending of an adopted descriptor itself, with shutdown(2). Later sends
// fail, and receives go on; they do not take it for a reset (I21).
func TestShutdownOfAnAdoptedDescriptor(t *testing.T) {
	p := newPort(t)
	s, far := socketPair(t, p)
	rc, err := s.SyscallConn()
	ok(t, err)
	ok(t, rc.Control(func(fd uintptr) { err = unix.Shutdown(int(fd), sys.ShutWrite) }))
	ok(t, err)
	send, recv, buf := &op{}, &op{}, make([]byte, 8)
	ok(t, s.Send(send, []byte("x")))
	expect(t, p, send, 0, syscall.EPIPE)
	fails(t, p, s.Send(send, []byte("x")), syscall.ESHUTDOWN)
	ok(t, s.Recv(recv, buf, 0))
	_, err = far.Write([]byte("abc"))
	ok(t, err)
	expect(t, p, recv, 3, nil)
	reset(t, far)
	ok(t, s.Recv(recv, buf, 0))
	expect(t, p, recv, 0, syscall.ECONNRESET)
}

// socketPair returns a connected socket that is associated with p, and its other end.
func socketPair(t testing.TB, p *Port) (*Socket, *net.TCPConn) {
	t.Helper()
	near, far := netPair(t)
	return adopted(t, p, near, false), far
}

// A non-blocking descriptor does not change anything (I22).
func TestSocketOnANonBlockingDescriptor(t *testing.T) {
	p := newPort(t)
	near, far := netPair(t)
	s := adopted(t, p, near, true)
	o, buf := &op{}, make([]byte, 1<<20)
	ok(t, s.Recv(o, buf, 0))
	flushed(t, p)
	far.Write([]byte("late"))
	expect(t, p, o, 4, nil)
	ok(t, s.Send(o, buf))
	if _, err := io.ReadFull(far, make([]byte, len(buf))); err != nil {
		t.Fatal(err)
	}
	expect(t, p, o, int64(len(buf)), nil)
	ok(t, s.Recv(o, buf, sys.MsgWaitAll))
	go far.Write(make([]byte, len(buf)))
	expect(t, p, o, int64(len(buf)), nil)
}

func TestSocketReceivesFillInOrder(t *testing.T) {
	p := newPort(t)
	s, far := socketPair(t, p)
	ops, buf := make([]op, 3), make([]byte, 6)
	ok(t, s.Recv(&ops[0], buf[:2], 0))
	ok(t, s.Recvv(&ops[1], [][]byte{buf[2:3], buf[3:4]}, 0))
	ok(t, s.RecvFrom(&ops[2], [][]byte{buf[4:]}, 0, new(netip.AddrPort)))
	far.Write([]byte("aabbcc"))
	for i := range ops {
		expect(t, p, &ops[i], 2, nil) // I17
	}
	same(t, buf, []byte("aabbcc"))
}

func TestSocketWaitsForAll(t *testing.T) {
	p := newPort(t)
	s, far := socketPair(t, p)
	o, buf := &op{}, make([]byte, 6)
	for _, vectors := range []bool{false, true} {
		clear(buf)
		start := func() {
			if vectors {
				ok(t, s.Recvv(o, [][]byte{buf[:1], nil, buf[1:]}, sys.MsgWaitAll))
			} else {
				ok(t, s.Recv(o, buf, sys.MsgWaitAll))
			}
		}
		start()
		far.Write([]byte("abc"))
		flushed(t, p) // I19
		far.Write([]byte("defg"))
		expect(t, p, o, 6, nil)
		same(t, buf, []byte("abcdef"))
		ok(t, s.Recv(o, buf, 0))
		expect(t, p, o, 1, nil)
	}
	ok(t, s.Recv(o, buf, sys.MsgWaitAll))
	far.Write([]byte("abc"))
	ok(t, far.CloseWrite())
	expect(t, p, o, 3, nil) // all there is
	ok(t, s.Recv(o, buf, sys.MsgWaitAll))
	expect(t, p, o, 0, io.EOF)
}

func TestSocketZeroLengthReceiveIsAProbe(t *testing.T) {
	p := newPort(t)
	s, far := socketPair(t, p)
	o, buf := &op{}, make([]byte, 3)
	ok(t, s.Recv(o, nil, 0))
	flushed(t, p)
	far.Write([]byte("abc"))
	expect(t, p, o, 0, nil) // I11
	ok(t, s.Recvv(o, [][]byte{nil, {}}, 0))
	expect(t, p, o, 0, nil)
	ok(t, s.Recv(o, buf, 0))
	expect(t, p, o, 3, nil)
	ok(t, s.Readable(o))
	reset(t, far)
	expect(t, p, o, 0, syscall.ECONNRESET)
}

func TestSocketEndOfStream(t *testing.T) {
	p := newPort(t)
	s, far := socketPair(t, p)
	o := &op{}
	ok(t, s.Recv(o, make([]byte, 1), 0))
	ok(t, far.CloseWrite())
	expect(t, p, o, 0, io.EOF) // I04
	ok(t, s.Recv(o, make([]byte, 1), 0))
	expect(t, p, o, 0, io.EOF)
	ok(t, s.Send(o, []byte("x")))
	expect(t, p, o, 1, nil)
}

func TestSocketReset(t *testing.T) {
	p := newPort(t)
	s, far := socketPair(t, p)
	recv, buf := &op{}, make([]byte, 1)
	ok(t, s.Recv(recv, buf, 0))
	reset(t, far)
	expect(t, p, recv, 0, syscall.ECONNRESET) // I05
	fails(t, p, s.Recv(recv, buf, 0), syscall.ECONNRESET)
	fails(t, p, s.Readable(recv), syscall.ECONNRESET)
	fails(t, p, s.Send(recv, buf), syscall.ECONNRESET) // I07
	if !s.RemoteAddr().IsValid() {
		t.Error("the peer's address is lost with the connection")
	}
}

// The reset is the answer to our own send (I06).
func TestSocketResetByItsOwnSend(t *testing.T) {
	p := newPort(t)
	s, far := socketPair(t, p)
	o, buf := &op{}, make([]byte, 1)
	ok(t, far.Close())
	ok(t, s.Recv(o, buf, 0))
	expect(t, p, o, 0, io.EOF)
	ok(t, s.Send(o, buf))
	expect(t, p, o, 1, nil)
	var err error
	eventually(t, "the reset", func() bool {
		if err = s.Recv(o, buf, 0); err == nil {
			expect(t, p, o, 0, io.EOF)
		}
		return err != nil
	})
	fails(t, p, err, syscall.ECONNABORTED)
	fails(t, p, s.Send(o, buf), syscall.ECONNRESET)
	fails(t, p, s.Recv(o, buf, 0), syscall.ECONNABORTED)
}

func TestSocketShutdownOfReceives(t *testing.T) {
	p := newPort(t)
	s, far := socketPair(t, p)
	o, other, buf := &op{}, &op{}, make([]byte, 3)
	ok(t, s.Recv(o, buf, 0))
	ok(t, s.Shutdown(ShutdownRecv))
	flushed(t, p)
	refuses(t, s.Recv(other, make([]byte, 1), 0), syscall.ESHUTDOWN)
	far.Write([]byte("abc"))
	expect(t, p, o, 3, nil) // I20
	same(t, buf, []byte("abc"))
	ok(t, s.Send(o, []byte("x")))
	expect(t, p, o, 1, nil)
	refuses(t, s.Shutdown(ShutdownMode(7)), ErrInvalidParameter)
}

func TestSocketShutdownOfSends(t *testing.T) {
	p := newPort(t)
	s, far := socketPair(t, p)
	o, big := &op{}, pattern(8<<20)
	ok(t, s.Send(o, big))
	ok(t, s.Shutdown(ShutdownSend))
	refuses(t, s.Send(&op{}, big), syscall.ESHUTDOWN) // I21
	got, err := io.ReadAll(far)
	ok(t, err)
	same(t, got, big)
	expect(t, p, o, int64(len(big)), nil) // I03
}

func TestSocketClosedWithOperations(t *testing.T) {
	p := newPort(t)
	s, _ := socketPair(t, p)
	twin, err := s.Duplicate()
	ok(t, err)
	ops := make([]op, 3)
	for i := range ops {
		ok(t, s.Recv(&ops[i], make([]byte, 1), 0))
	}
	ok(t, s.Close())
	flushed(t, p) // J11
	ok(t, twin.Close())
	for _, c := range gather(t, p, 3) {
		compare(t, c, 0, os.ErrClosed)
	}
	refuses(t, twin.Recv(&ops[0], nil, 0), net.ErrClosed)
	refuses(t, twin.Bind(loopback), net.ErrClosed)
	refuses(t, twin.Listen(1), net.ErrClosed)
	refuses(t, twin.Shutdown(ShutdownBoth), net.ErrClosed)
	if _, err := twin.Duplicate(); !isError(err, net.ErrClosed) {
		t.Errorf("a closed socket is duplicated: %v", err)
	}
}

func TestSocketSendFile(t *testing.T) {
	p := newPort(t)
	s, far := socketPair(t, p)
	content := pattern(5000)
	f, o := tempFile(t, p, content), &op{}
	ok(t, s.SendFile(o, f, 0, -1, []byte("head"), []byte("tail!")))
	got := make([]byte, 5009)
	_, err := io.ReadFull(far, got)
	ok(t, err)
	expect(t, p, o, 5009, nil) // I43
	same(t, got, append(append([]byte("head"), content...), "tail!"...))
	refuses(t, newTestSocket(t, p, sys.SockDgram).SendFile(o, f, 0, -1, nil, nil), ErrInvalidParameter)
}

func TestSocketTransfersNow(t *testing.T) {
	p := newPort(t)
	s, far := socketPair(t, p)
	buf, o := make([]byte, 4), &op{}
	now := func(want int, wrong error) {
		t.Helper()
		if n, err := s.RecvNow([][]byte{buf}, 0, nil); n != want || !isError(err, wrong) {
			t.Errorf("RecvNow: %d, %v; want %d, %v", n, err, want, wrong)
		}
	}
	now(0, syscall.EAGAIN)
	if n, err := s.SendNow([][]byte{[]byte("hel"), []byte("lo")}, netip.AddrPort{}); n != 5 || err != nil {
		t.Errorf("SendNow: %d, %v", n, err)
	}
	io.ReadFull(far, make([]byte, 5))
	ok(t, s.Recv(o, buf, 0))
	far.Write([]byte("first"))
	expect(t, p, o, 4, nil)
	now(1, nil)
	ok(t, s.Recv(o, buf, 0))
	now(0, syscall.EAGAIN) // the operation comes first
	reset(t, far)
	expect(t, p, o, 0, syscall.ECONNRESET)
	now(0, syscall.ECONNRESET)
	if d, is := s.ConnectedFor(); !is || d < 0 {
		t.Errorf("connected for %v, %v", d, is)
	}
}
