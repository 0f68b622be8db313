// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
	"unsafe"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
	"iocp/internal/sys"
)

// connectTo is a connect to addr.
func connectTo(fd int32, addr string) *engine.Op {
	sa := new(sys.Sockaddr)
	n := sa.Put(netip.MustParseAddrPort(addr))
	return &engine.Op{Kind: engine.Connect, FD: fd, Addr: unsafe.Pointer(sa), Off: int64(n)}
}

func TestConnectToNobodyIsRefused(t *testing.T) {
	d := newDesk(t, Config{})
	if res := d.do(connectTo(d.Socket(), "10.1.2.3:4")); res != -int32(sys.ECONNREFUSED) {
		t.Errorf("result %d", res)
	}
}

// TestFullBacklogTimesOut: SYN is sent seven times within two minutes, and then no more.
func TestFullBacklogTimesOut(t *testing.T) {
	d := newDesk(t, Config{})
	l := d.Socket()
	if errno := d.Bind(l, netip.MustParseAddrPort("0.0.0.0:80")); errno != 0 {
		t.Fatal(errno)
	}
	if errno := d.System.Listen(l, 1); errno != 0 {
		t.Fatal(errno)
	}
	if res := d.do(connectTo(d.Socket(), "10.1.2.3:80")); res != 0 {
		t.Fatalf("first connect: %d", res)
	}
	before := d.m.Now()
	if res := d.do(connectTo(d.Socket(), "10.1.2.3:80")); res != -int32(sys.ETIMEDOUT) {
		t.Errorf("connect to a full backlog: %d", res)
	}
	if took := d.m.Now() - before; took < 30*time.Second || took > 3*time.Minute {
		t.Errorf("it timed out after %v", took)
	}
}

// TestDatagramsKeepOrderUnlessDelayed: as on the loopback interface.
func TestDatagramsKeepOrderUnlessDelayed(t *testing.T) {
	inOrder := func(f Faults) (ok bool) {
		d := newDesk(t, Config{Seed: 1, Faults: f})
		var fds [2]int32
		for i := range fds {
			fds[i] = d.must(func() (int32, sys.Errno) { return d.System.Socket(sys.AFInet, sys.SockDgram, 0) })
		}
		if errno := d.Bind(fds[0], netip.MustParseAddrPort("10.0.0.1:80")); errno != 0 {
			t.Fatal(errno)
		}
		if res := d.do(connectTo(fds[1], "10.0.0.1:80")); res != 0 {
			t.Fatalf("connect: %d", res)
		}
		const n = 100
		for i := range n {
			d.Write(fds[1], []byte{byte(i)})
		}
		ok = true
		for i := range n {
			var b [1]byte
			if _, err := d.Read(fds[0], b[:]); err != nil {
				t.Fatal(err)
			}
			ok = ok && int(b[0]) == i
		}
		return ok
	}
	if !inOrder(Faults{}) {
		t.Error("datagrams overtake one another")
	}
	if inOrder(Faults{Delay: 0.1}) {
		t.Error("datagrams that are delayed are not overtaken")
	}
}

func TestFilesAreSparse(t *testing.T) {
	d := newDesk(t, Config{})
	f := d.File("")
	w := enginetest.Op(engine.Write, f, []byte("end"))
	w.Off = 1 << 40
	if res := d.do(w); res != 3 {
		t.Fatalf("write: %d", res)
	}
	if size, _ := d.Size(f); size != 1<<40+3 {
		t.Errorf("the size is %d", size)
	}
	buf := []byte("xxxxx")
	r := enginetest.Op(engine.Read, f, buf)
	r.Off = 1<<40 - 2
	if res := d.do(r); res != 5 || string(buf) != "\x00\x00end" {
		t.Errorf("read: %d, %q", res, buf)
	}
	d.Truncate(f, 1<<40+1)
	if res := d.do(r); res != 3 || string(buf[:3]) != "\x00\x00e" {
		t.Errorf("read after truncate: %d, %q", res, buf)
	}
	w.Off = maxFileSize
	if res := d.do(w); res != -int32(errFileTooBig) {
		t.Errorf("a write behind the largest file: %d", res)
	}
}

func TestFilesStayWhenClosed(t *testing.T) {
	d := newDesk(t, Config{})
	d.m.WriteFile("dir/../name", []byte("content"))
	fd, err := d.OpenFile("name", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if res := d.do(enginetest.Op(engine.Write, fd, []byte(", more"))); res != 6 {
		t.Errorf("append: %d", res)
	}
	if res := d.do(enginetest.Op(engine.Read, fd, make([]byte, 1))); res != -int32(sys.EBADF) {
		t.Errorf("read: %d", res)
	}
	d.Close(fd)
	if b, err := d.m.ReadFile("name"); err != nil || string(b) != "content, more" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := d.OpenFile("name", os.O_CREATE|os.O_EXCL, 0); !os.IsExist(err) {
		t.Errorf("exclusive: %v", err)
	}
	if _, err := d.m.ReadFile("none"); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
}

func TestDescriptorsAreUsedAgainLowestFirst(t *testing.T) {
	d := newDesk(t, Config{})
	var fds []int32
	for range 5 {
		fds = append(fds, d.Socket())
	}
	for _, i := range []int{3, 1, 4} {
		d.Close(fds[i])
	}
	for _, i := range []int{1, 3, 4} {
		if fd := d.Socket(); fd != fds[i] {
			t.Errorf("descriptor %d, want %d", fd, fds[i])
		}
	}
}

func TestLeaksAreNamed(t *testing.T) {
	d := newDesk(t, Config{})
	if left := d.m.Leaks(); len(left) != 0 {
		t.Errorf("a new machine leaks %v", left)
	}
	a, _ := d.TCP()
	d.Listen()
	d.File("x")
	d.Pipe()
	e := d.m.NewEngine()
	text := strings.Join(d.m.Leaks(), "\n")
	for _, want := range []string{"a connection from", "a listening socket", "the file", "one end of a pipe", "engine"} {
		if !strings.Contains(text, want) {
			t.Errorf("the leaks do not name %q:\n%s", want, text)
		}
	}
	d.Close(a)
	e.Close()
	if text := strings.Join(d.m.Leaks(), "\n"); strings.Contains(text, "engine") {
		t.Errorf("a closed engine leaks:\n%s", text)
	}
}

// TestReplaceKeepsTheNumber: dup2(2), with what was under the number closed.
func TestReplaceKeepsTheNumber(t *testing.T) {
	d := newDesk(t, Config{})
	a, b := d.TCP()
	fresh := d.Socket()
	if fd, errno := d.Replace(fresh, a); fd != a || errno != 0 {
		t.Fatalf("Replace: %d, %v", fd, errno)
	}
	d.Gone(fresh)
	if n, err := d.Read(b, make([]byte, 1)); n != 0 || err != nil {
		t.Errorf("the peer of what was replaced reads %d, %v; want the end", n, err)
	}
	if _, errno := d.PeerAddr(a); errno != sys.ENOTCONN {
		t.Errorf("the number has the peer of what was replaced: %v", errno)
	}
	if errno := d.System.Close(fresh); errno != sys.EBADF {
		t.Errorf("the other number is open: %v", errno)
	}
}

func TestBadFaultsAreRefused(t *testing.T) {
	for _, f := range []Faults{{Short: -0.1}, {Reset: 1.1}, {Latency: -1}, {MaxDelay: -1}} {
		if _, err := New(Config{Faults: f}); err == nil {
			t.Errorf("%+v is accepted", f)
		}
	}
}
