// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix

package portable

import (
	"bytes"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

func socketFor(t *testing.T, family, typ int) int32 {
	t.Helper()
	fd, err := unix.Socket(family, typ, 0)
	if err != nil {
		t.Skip(err)
	}
	unix.CloseOnExec(fd)
	t.Cleanup(func() { unix.Close(fd) })
	return int32(fd)
}

// udp returns two bound sockets for datagrams and their addresses, as a program has them.
func udp(t *testing.T, family int) (fds [2]int32, at [2]unix.Sockaddr) {
	t.Helper()
	for i := range fds {
		fds[i] = socketFor(t, family, unix.SOCK_DGRAM)
		var sa unix.Sockaddr = &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
		if family == unix.AF_INET6 {
			sa = &unix.SockaddrInet6{Addr: [16]byte{15: 1}}
		}
		if err := unix.Bind(int(fds[i]), sa); err != nil {
			t.Skip(err)
		}
		sa, err := unix.Getsockname(int(fds[i]))
		if err != nil {
			t.Fatal(err)
		}
		at[i] = sa
	}
	return fds, at
}

func portOf(sa unix.Sockaddr) int {
	if sa, ok := sa.(*unix.SockaddrInet6); ok {
		return sa.Port
	}
	return sa.(*unix.SockaddrInet4).Port
}

// message is one with room for an address.
func message(name *unix.RawSockaddrAny, b ...[]byte) *unix.Msghdr {
	m := (*unix.Msghdr)(enginetest.Message(b...))
	m.Name, m.Namelen = (*byte)(unsafe.Pointer(name)), uint32(unsafe.Sizeof(*name))
	return m
}

// A receive tells the sender, and the address it wrote can be sent to.
func TestDatagramsHaveAddresses(t *testing.T) {
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		p := newPort(t)
		fds, at := udp(t, family)
		var name unix.RawSockaddrAny
		b, c := make([]byte, 2), make([]byte, 5)
		m := message(&name, b, c)
		recv := &engine.Op{Kind: engine.RecvMsg, FD: fds[0], Addr: unsafe.Pointer(m)}
		p.Start(recv)
		p.None()
		if err := unix.Sendto(int(fds[1]), []byte("hello"), 0, at[0]); err != nil {
			t.Fatal(err)
		}
		p.Is("recvmsg", p.WaitFor(recv), 5)
		if string(b)+string(c[:3]) != "hello" {
			t.Errorf("received %q %q", b, c)
		}
		raw := (*unix.RawSockaddrInet4)(unsafe.Pointer(&name)) // both families have the port here
		got := (*[2]byte)(unsafe.Pointer(&raw.Port))
		if port := int(got[0])<<8 | int(got[1]); int(raw.Family) != family || port != portOf(at[1]) || m.Namelen == 0 {
			t.Errorf("the sender is family %d, port %d, want %d, %d", raw.Family, port, family, portOf(at[1]))
		}
		answer := (*unix.Msghdr)(enginetest.Message([]byte("an"), []byte("swer")))
		answer.Name, answer.Namelen = m.Name, m.Namelen
		p.Is("sendmsg", p.Do(&engine.Op{Kind: engine.SendMsg, FD: fds[0], Addr: unsafe.Pointer(answer)}), 6)
		buf := make([]byte, 10)
		p.Is("recv", p.Do(enginetest.Op(engine.Recv, fds[1], buf)), 6)
		if string(buf[:6]) != "answer" {
			t.Errorf("the answer is %q", buf)
		}
	}
}

// With MSG_TRUNC the result of a receive is greater than the room, if the datagram is.
func TestDatagramThatIsCutShort(t *testing.T) {
	for _, kind := range []engine.Kind{engine.Recv, engine.RecvMsg} {
		for size, whole := range map[int]bool{9: false, 4: true, 3: true} {
			p := newPort(t)
			fds, at := udp(t, unix.AF_INET)
			b := make([]byte, 4)
			op := enginetest.Op(kind, fds[0], b)
			if kind == engine.RecvMsg {
				op = &engine.Op{Kind: kind, FD: fds[0], Addr: enginetest.Message(b[:1], b[1:])}
			}
			op.Flags = unix.MSG_TRUNC
			p.Start(op)
			content := []byte("datagrams")[:size]
			if err := unix.Sendto(int(fds[1]), content, 0, at[0]); err != nil {
				t.Fatal(err)
			}
			res := p.WaitFor(op)
			if whole && int(res) != size || !whole && res <= 4 {
				t.Errorf("%v of %d bytes into 4: %d", kind, size, res)
			}
			if n := min(size, 4); !bytes.Equal(b[:n], content[:n]) {
				t.Errorf("%v received %q", kind, b)
			}
		}
	}
}

// Sockets of the file system: the connect is a thread's.
func TestUnixSockets(t *testing.T) {
	p := newPort(t)
	name := t.TempDir() + "/s"
	l, c := socketFor(t, unix.AF_UNIX, unix.SOCK_STREAM), socketFor(t, unix.AF_UNIX, unix.SOCK_STREAM)
	if err := unix.Bind(int(l), &unix.SockaddrUnix{Name: name}); err != nil {
		t.Skip(err)
	}
	if err := unix.Listen(int(l), 1); err != nil {
		t.Fatal(err)
	}
	sa := &unix.RawSockaddrUnix{Family: unix.AF_UNIX}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&sa.Path)), len(sa.Path)), name)
	length := int64(unsafe.Offsetof(sa.Path)) + int64(len(name)) + 1
	accept := &engine.Op{Kind: engine.Accept, FD: l}
	connect := &engine.Op{Kind: engine.Connect, FD: c, Addr: unsafe.Pointer(sa), Off: length}
	p.Start(accept)
	p.None()
	p.Start(connect)
	for _, done := range p.Wait(2) {
		if done.Res < 0 {
			t.Fatalf("%v: %d", done.Op.Kind, done.Res)
		}
		if done.Op == accept {
			p.Adopt(done.Res)
			p.Send(done.Res, "hello")
		}
	}
	p.Holds(c, "hello")
}

// What Go's poller does not wait for itself (urgent data) is found when something can be read.
func TestPollInBothDirections(t *testing.T) {
	p := newPort(t)
	a, b := p.TCP()
	p.Is("poll", p.Do(&engine.Op{Kind: engine.Poll, FD: a, Flags: unix.POLLIN | unix.POLLOUT}), unix.POLLOUT)
	full := enginetest.Op(engine.Send, a, make([]byte, 1<<24))
	full.Flags = unix.MSG_WAITALL
	p.Start(full)
	both := &engine.Op{Kind: engine.Poll, FD: a, Flags: unix.POLLIN | unix.POLLOUT}
	p.Start(both)
	p.None()
	if n := p.Stats().Waiting; n != 2 {
		t.Errorf("%d goroutines wait, want one for each direction", n)
	}
	p.Send(b, "x")
	p.Is("poll", p.WaitFor(both)&unix.POLLIN, unix.POLLIN)
	p.Start(both) // ready at once
	p.WaitFor(both)
	p.CancelAll(full)
	p.WaitFor(full)
	p.Eventually("the goroutines leave", func() bool { return p.Stats().Waiting == 0 })
}

// A direction that was blocked once is tried at once again when it has become free.
func TestDirectionBecomesReadyAgain(t *testing.T) {
	p := newPort(t)
	a, b := p.TCP()
	full := enginetest.Op(engine.Send, a, make([]byte, 1<<24))
	full.Flags = unix.MSG_WAITALL
	p.Start(full)
	p.None()
	for n, buf := 0, make([]byte, 1<<20); n < 1<<24; {
		m, err := p.Read(b, buf)
		if m <= 0 || err != nil {
			t.Fatal(m, err)
		}
		n += m
	}
	p.Is("send", p.WaitFor(full), 1<<24)
	p.Eventually("the goroutine leaves", func() bool { return p.Stats().Waiting == 0 })
	small := enginetest.Op(engine.Send, a, make([]byte, 1))
	p.Start(small)
	if n := p.Ready(); n != 1 {
		t.Error("a send that need not wait has been left to a goroutine")
	}
	p.WaitFor(small)
}
