// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"
	"unsafe"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
	"iocp/internal/sys"
)

// TestEngine runs the suite of all engines on a machine where everything works.
func TestEngine(t *testing.T) {
	enginetest.Run(t, enginetest.Config{New: func(t testing.TB) (engine.Engine, enginetest.Machine) {
		d := newDesk(t, Config{Seed: 1})
		return d.m.NewEngine(), d
	}})
}

// desk is the other end of a machine in tests: descriptors, and calls that wait.
type desk struct {
	testing.TB
	m *Machine
	sys.System
	open map[int32]bool
}

func newDesk(t testing.TB, c Config) *desk {
	t.Helper()
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{TB: t, m: m, System: m.System(), open: map[int32]bool{}}
	t.Cleanup(func() {
		for fd := range d.open {
			d.System.Close(fd)
		}
		m.Stop()
	})
	return d
}

// must returns a new descriptor, once the dice let one be made.
func (d *desk) must(make func() (int32, sys.Errno)) int32 {
	d.Helper()
	for {
		fd, errno := make()
		switch errno {
		case 0:
			d.open[fd] = true
			return fd
		case sys.EMFILE, sys.ENFILE, errNoBuffers, errNoMemory, sys.EAGAIN:
			continue
		}
		d.Fatalf("no descriptor: %v", errno)
	}
}

func (d *desk) Socket() int32 {
	return d.must(func() (int32, sys.Errno) { return d.System.Socket(sys.AFInet, sys.SockStream, 0) })
}

func (d *desk) Listen() (int32, enginetest.Address) {
	fd := d.Socket()
	if errno := d.System.Listen(fd, 128); errno != 0 {
		d.Fatal(errno)
	}
	return fd, d.addressOf(fd)
}

func (d *desk) Bound() (int32, enginetest.Address) {
	fd := d.Socket()
	if errno := d.Bind(fd, netip.MustParseAddrPort("127.0.0.1:0")); errno != 0 {
		d.Fatal(errno)
	}
	return fd, d.addressOf(fd)
}

func (d *desk) addressOf(fd int32) enginetest.Address {
	addr, _ := d.LocalAddr(fd)
	return enginetest.AddressOf(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), addr.Port()))
}

// do is a call that waits, again and again until it gets a word.
func (d *desk) do(op *engine.Op) int32 {
	return d.m.Do(op)
}

func (d *desk) TCP() (a, b int32) {
	d.Helper()
	l, at := d.Listen()
	a = d.Socket()
	if res := d.do(&engine.Op{Kind: engine.Connect, FD: a, Addr: at.Addr, Off: at.Len}); res != 0 {
		d.Fatalf("connect: %d", res)
	}
	b = d.do(&engine.Op{Kind: engine.Accept, FD: l})
	if b < 0 {
		d.Fatalf("accept: %d", b)
	}
	d.open[b] = true
	d.Close(l)
	return a, b
}

func (d *desk) Pair() (a, b int32) { return d.both(d.m.NewPair()) }
func (d *desk) Pipe() (r, w int32) { return d.both(d.m.NewPipe()) }

func (d *desk) both(a, b int32, errno sys.Errno) (int32, int32) {
	d.Helper()
	if errno != 0 {
		d.Fatal(errno)
	}
	d.open[a], d.open[b] = true, true
	return a, b
}

func (d *desk) File(content string) int32 {
	fd, err := d.OpenFile(d.Name()+time.Duration(len(d.open)).String(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		d.Fatal(err)
	}
	d.open[fd] = true
	b := []byte(content)
	op := enginetest.Op(engine.Write, fd, b)
	if res := d.do(op); res != int32(len(b)) {
		d.Fatalf("write: %d", res)
	}
	return fd
}

func (d *desk) Dup(fd int32) int32 {
	return d.must(func() (int32, sys.Errno) {
		d.m.Lock()
		defer d.m.Unlock()
		return d.m.open(d.m.node(fd))
	})
}

func (d *desk) DupTo(fd, number int32) {
	d.Skip("a machine gives the numbers of its descriptors itself")
}

func (d *desk) Adopt(fd int32) { d.open[fd] = true }
func (d *desk) Gone(fd int32)  { delete(d.open, fd) }

func (d *desk) Read(fd int32, b []byte) (int, error) { return d.move(engine.Read, fd, b) }

var ops = sync.Pool{New: func() any { return new(engine.Op) }}

func (d *desk) move(k engine.Kind, fd int32, b []byte) (int, error) {
	op := ops.Get().(*engine.Op)
	defer ops.Put(op)
	*op = engine.Op{Kind: k, FD: fd, Addr: unsafe.Pointer(unsafe.SliceData(b)), Len: uint32(len(b)), Off: -1}
	if res := d.do(op); res < 0 {
		return 0, sys.Errno(-res)
	} else {
		return int(res), nil
	}
}

func (d *desk) Write(fd int32, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = d.move(engine.Write, fd, b[n:])
		n += m
	}
	return n, err
}

func (d *desk) Shutdown(fd int32, how uint32) error {
	return errorOf(d.System.Shutdown(fd, int(how)))
}

func (d *desk) Close(fd int32) error {
	delete(d.open, fd)
	return errorOf(d.System.Close(fd))
}

func errorOf(errno sys.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}
