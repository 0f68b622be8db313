// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
	"iocp/internal/engine/pool"
	"iocp/internal/sys/nt"
)

func newPort(t testing.TB) *enginetest.Port {
	t.Helper()
	if info := Probe(); !info.Available {
		t.Skip(info.Err)
	}
	e, err := newEngine(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return enginetest.NewPort(t, e)
}

// stats are those of p's engine.
func stats(p *enginetest.Port) (s Stats) {
	p.Locked(func() { s = p.Engine.(*Engine).Stats() })
	return s
}

// anonymousPipe is what CreatePipe makes, whose handles are not overlapped.
func anonymousPipe(p *enginetest.Port) (r, w int32) {
	p.Helper()
	var hr, hw windows.Handle
	if err := windows.CreatePipe(&hr, &hw, nil, 0); err != nil {
		p.Fatal(err)
	}
	p.Adopt(int32(hr))
	p.Adopt(int32(hw))
	return int32(hr), int32(hw)
}

func TestHandlesThatAreNotOverlapped(t *testing.T) {
	p := newPort(t)
	r, w := anonymousPipe(p)
	b := make([]byte, 8)
	read := enginetest.Stream(engine.Read, r, b)
	p.Start(read)
	p.None()
	p.Start(enginetest.Stream(engine.Write, w, []byte("late")))
	for _, c := range p.Wait(2) {
		p.Is(c.Op.Kind.String(), c.Res, 4)
	}
	if string(b[:4]) != "late" {
		t.Errorf("read %q, want \"late\"", b)
	}
	p.Start(read)
	p.None()
	p.Start(&engine.Op{Kind: engine.Close, FD: w})
	for _, c := range p.Wait(2) {
		p.Is(c.Op.Kind.String(), c.Res, 0)
	}
	p.Gone(w)
}

func TestFileThatIsNotOverlapped(t *testing.T) {
	p := newPort(t)
	f, err := os.CreateTemp("", "nt")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	h := int32(f.Fd())
	write := enginetest.Op(engine.Write, h, []byte("abc"))
	write.Off = 2
	p.Is("write", p.Do(write), 3)
	write.Flags = nt.ToEnd
	p.Is("append", p.Do(write), 3)
	list := &engine.Op{Kind: engine.Readv, FD: h, Off: 1}
	x, y := make([]byte, 3), make([]byte, 8)
	list.Addr, list.Len = enginetest.Vectors(x, nil, y)
	if res := p.Do(list); res != 7 || string(x)+string(y[:4]) != "\x00abcabc" {
		t.Errorf("readv: %d %q %q", res, x, y)
	}
	list.Off = 99
	p.Is("readv behind the end", p.Do(list), 0)
}

func TestCancelOfWhatAThreadHasBegun(t *testing.T) {
	p := newPort(t)
	r, _ := anonymousPipe(p)
	for range 20 {
		read := enginetest.Stream(engine.Read, r, make([]byte, 8))
		p.Start(read)
		p.CancelAll(read)
		p.Is("read", p.WaitFor(read), aborted)
	}
}

func TestCancelOfWhatWaitsForAThread(t *testing.T) {
	p := newPort(t)
	r, _ := anonymousPipe(p)
	var reads []*engine.Op
	for range pool.MaxThreads + 3 {
		reads = append(reads, enginetest.Stream(engine.Read, r, make([]byte, 8)))
	}
	p.Start(reads...)
	for i := len(reads) - 1; i >= 0; i-- {
		p.CancelAll(reads[i])
		p.Is("read", p.WaitFor(reads[i]), aborted)
	}
	if n := stats(p).Threads; n > pool.MaxThreads {
		t.Errorf("%d threads, want %d at most", n, pool.MaxThreads)
	}
}

func TestAppendGoesToTheEnd(t *testing.T) {
	p := newPort(t)
	f := p.File("01234")
	for _, s := range []string{"ab", "cd"} {
		o := enginetest.Op(engine.Write, f, []byte(s))
		o.Flags = nt.ToEnd
		p.Is("append", p.Do(o), 2)
	}
	b := make([]byte, 16)
	if res := p.Do(enginetest.Op(engine.Read, f, b)); string(b[:res]) != "01234abcd" {
		t.Errorf("the file is %q", b[:res])
	}
}

// datagrams returns two sockets for datagrams, with addresses of their own.
func datagrams(t *testing.T) (s [2]windows.Handle, at [2]windows.RawSockaddrInet4) {
	t.Helper()
	for i := range s {
		h, err := windows.WSASocket(windows.AF_INET, windows.SOCK_DGRAM, windows.IPPROTO_UDP, nil, 0, windows.WSA_FLAG_OVERLAPPED)
		if err == nil {
			err = windows.Bind(h, &windows.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { windows.Closesocket(h) })
		s[i], at[i] = h, nameOf(t, h)
	}
	return s, at
}

func nameOf(t *testing.T, h windows.Handle) windows.RawSockaddrInet4 {
	t.Helper()
	sa, err := windows.Getsockname(h)
	if err != nil {
		t.Fatal(err)
	}
	in := sa.(*windows.SockaddrInet4)
	raw := windows.RawSockaddrInet4{Family: windows.AF_INET, Addr: in.Addr}
	*(*[2]byte)(unsafe.Pointer(&raw.Port)) = [2]byte{byte(in.Port >> 8), byte(in.Port)}
	return raw
}

type message struct {
	windows.WSAMsg
	name windows.RawSockaddrAny
}

func messageOp(kind engine.Kind, h windows.Handle, b []byte) (*engine.Op, *message) {
	m := &message{WSAMsg: *(*windows.WSAMsg)(enginetest.Message(b))}
	m.Name, m.Namelen = (*syscall.RawSockaddrAny)(unsafe.Pointer(&m.name)), int32(unsafe.Sizeof(m.name))
	return &engine.Op{Kind: kind, FD: int32(h), Addr: unsafe.Pointer(m)}, m
}

func TestDatagramsHaveSendersAndReceivers(t *testing.T) {
	p := newPort(t)
	s, at := datagrams(t)
	b := make([]byte, 8)
	recv, from := messageOp(engine.RecvMsg, s[1], b)
	p.Start(recv)
	p.None()
	send, to := messageOp(engine.SendMsg, s[0], []byte("hello"))
	*(*windows.RawSockaddrInet4)(unsafe.Pointer(&to.name)), to.Namelen = at[1], int32(unsafe.Sizeof(at[1]))
	p.Start(send)
	for _, c := range p.Wait(2) {
		p.Is(c.Op.Kind.String(), c.Res, 5)
	}
	if is := *(*windows.RawSockaddrInet4)(unsafe.Pointer(&from.name)); string(b[:5]) != "hello" || is != at[0] {
		t.Errorf("received %q from %v, want \"hello\" from %v", b, is, at[0])
	}
}

func TestADatagramTooLongForItsBuffer(t *testing.T) {
	p := newPort(t)
	s, at := datagrams(t)
	connect := &engine.Op{Kind: engine.Connect, FD: int32(s[0]), Addr: unsafe.Pointer(&at[1]), Off: int64(unsafe.Sizeof(at[1]))}
	p.Is("connect", p.Do(connect), 0)
	for _, early := range []bool{true, false} { // the receive is there first, or finds the datagram
		for _, flags := range []uint32{0, nt.MsgTrunc} {
			recv := enginetest.Op(engine.Recv, int32(s[1]), make([]byte, 3))
			recv.Flags = flags
			if early {
				p.Start(recv)
				p.None()
			}
			p.Send(int32(s[0]), "hello")
			if !early {
				p.Start(recv)
			}
			if res := p.WaitFor(recv); (res > 3) != (flags != 0) || res < 3 {
				t.Errorf("flags %#x, early %v: result %d", flags, early, res)
			}
		}
	}
}

func TestConnectWithoutAFamilyDissolves(t *testing.T) {
	if wine() != "" {
		t.Skip("Wine hands the address of zeros to its host, whose system connects to itself then")
	}
	p := newPort(t)
	s, at := datagrams(t)
	connect := &engine.Op{Kind: engine.Connect, FD: int32(s[0]), Addr: unsafe.Pointer(&at[1]), Off: int64(unsafe.Sizeof(at[1]))}
	p.Is("connect", p.Do(connect), 0)
	p.Is("send", p.Do(enginetest.Op(engine.Send, int32(s[0]), []byte("x"))), 1)
	connect.Addr, connect.Off = unsafe.Pointer(&windows.RawSockaddrAny{}), 2
	p.Is("connect", p.Do(connect), 0)
	if res := p.Do(enginetest.Op(engine.Send, int32(s[0]), []byte("x"))); res >= 0 {
		t.Errorf("send: %d, and it is connected to nobody", res)
	}
}

func TestPollOfASocketThatListens(t *testing.T) {
	p := newPort(t)
	l, at := p.Listen()
	poll := &engine.Op{Kind: engine.Poll, FD: l, Flags: nt.PollIn}
	p.Start(poll)
	p.None()
	connect := &engine.Op{Kind: engine.Connect, FD: p.Socket(), Addr: at.Addr, Off: at.Len}
	p.Start(connect)
	for _, c := range p.Wait(2) {
		if c.Op == poll && c.Res&nt.PollIn == 0 || c.Op == connect && c.Res != 0 {
			t.Errorf("%v: %d", c.Op.Kind, c.Res)
		}
	}
}

func TestPollOfAFileIsRefused(t *testing.T) {
	p := newPort(t)
	p.Is("poll", p.Do(&engine.Op{Kind: engine.Poll, FD: p.File("x"), Flags: nt.PollIn}), -int32(windows.ERROR_INVALID_PARAMETER))
}

func TestCloseOfASocketThatLingers(t *testing.T) {
	p := newPort(t)
	a, b := p.TCP()
	err := windows.SetsockoptLinger(windows.Handle(a), windows.SOL_SOCKET, windows.SO_LINGER, &windows.Linger{Onoff: 1, Linger: 2})
	if err != nil {
		t.Skip(err)
	}
	p.Is("send", p.Do(enginetest.Op(engine.Send, a, []byte("x"))), 1)
	p.Is("close", p.CloseFD(a), 0)
	p.Holds(b, "x")
	p.Holds(b, "")
}

func TestASocketOfAnotherPortIsRefused(t *testing.T) {
	p, q := newPort(t), newPort(t)
	a, b := p.Pair()
	o := enginetest.Op(engine.Recv, a, make([]byte, 1))
	p.Start(o)
	p.Send(b, "x")
	p.Is("recv", p.WaitFor(o), 1)
	q.Is("recv on the other port", q.Do(o), -int32(windows.ERROR_INVALID_PARAMETER))
}

// A file may have been associated elsewhere, for good, and is of use here all the same.
func TestAFileOnDiskOfAnotherPortIsRead(t *testing.T) {
	p, q := newPort(t), newPort(t)
	f := p.File("content")
	o := enginetest.Op(engine.Read, f, make([]byte, 8))
	p.Is("read", p.Do(o), 7)
	for range 3 {
		q.Is("read on the other port", q.Do(o), 7)
	}
	o.Off = 7
	q.Is("read at the end", q.Do(o), 0)
	p.None()
}

func TestProbeSaysWhatIsThere(t *testing.T) {
	info := Probe()
	if !info.Available || info.Err != nil || !strings.HasPrefix(info.Kernel, "Windows ") {
		t.Errorf("%+v", info)
	}
	for _, s := range info.Lacks {
		t.Log(s)
	}
}

// Under Wine a cancel may have to be repeated.
func TestCancelOfATransmitFile(t *testing.T) {
	e, err := newEngine(Options{TransmitFile: true})
	if err != nil {
		t.Skip(err)
	}
	p := enginetest.NewPort(t, e)
	a, b := p.TCP()
	content := strings.Repeat("0123456789", 1<<20)
	part := &engine.FilePart{File: p.File(content), Head: []byte("head")}
	send := &engine.Op{Kind: engine.SendFile, FD: a, Addr: unsafe.Pointer(part), Len: uint32(len(content))}
	p.Start(send)
	if got := string(p.Drain(b, 8)); got != "head0123" {
		t.Errorf("the other side received %q", got)
	}
	p.Eventually("it is over", func() (over bool) {
		p.CancelAll(send)
		p.Locked(func() { over = p.Ready() == 1 })
		return over
	})
	res := p.WaitFor(send)
	p.Is("close", p.CloseFD(a), 0)
	if rest := p.Drain(b, len(content)); int(res) != 8+len(rest) || string(rest) != content[4:4+len(rest)] {
		t.Errorf("the result is %d, and the other side received %d bytes", res, 8+len(rest))
	}
}

func TestFilesThatHaveToBeRead(t *testing.T) {
	e, err := newEngine(Options{TransmitFile: true})
	if err != nil {
		t.Skip(err)
	}
	p := enginetest.NewPort(t, e)
	a, _ := p.TCP()
	f, err := os.CreateTemp("", "nt")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	name, _ := windows.UTF16PtrFromString(f.Name())
	dir, _ := windows.UTF16PtrFromString(os.TempDir())
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	open := func(name *uint16, flags uint32) int32 {
		h, err := windows.CreateFile(name, windows.GENERIC_READ, share, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED|flags, 0)
		if err != nil {
			t.Fatal(err)
		}
		p.Adopt(int32(h))
		return int32(h)
	}
	for what, h := range map[string]int32{
		"not overlapped": int32(f.Fd()),
		"not buffered":   open(name, windows.FILE_FLAG_NO_BUFFERING),
		"a directory":    open(dir, windows.FILE_FLAG_BACKUP_SEMANTICS),
	} {
		part := &engine.FilePart{File: h, Head: []byte("head")}
		send := &engine.Op{Kind: engine.SendFile, FD: a, Addr: unsafe.Pointer(part), Len: 1}
		p.Is(what, p.Do(send), -int32(unsuited))
	}
}
