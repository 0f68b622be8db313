// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// everyKernel runs a test on this kernel and on one that lacks what can be lacked.
func everyKernel(t *testing.T, f func(*testing.T, *port)) {
	t.Helper()
	t.Run("host", func(t *testing.T) { f(t, newPort(t)) })
	t.Run("poor", func(t *testing.T) { f(t, newPortWith(t, poor())) })
}

// A pipe that nobody has made non-blocking: a read waits, is cancelled, and takes nothing.
func TestPipe(t *testing.T) {
	everyKernel(t, func(t *testing.T, p *port) {
		r, w := p.Pipe()
		b := make([]byte, 8)
		read := enginetest.Stream(engine.Read, r, b)
		p.Start(read)
		p.None()
		p.CancelAll(read)
		if c := p.Wait(1); c[0].Res != -int32(syscall.ECANCELED) {
			t.Fatalf("ended with %d, want -ECANCELED", c[0].Res)
		}
		p.Start(read)
		p.Send(w, "x")
		if c := p.Wait(1); c[0].Res != 1 || b[0] != 'x' {
			t.Errorf("read %d %q", c[0].Res, b)
		}
		if fl, _ := unix.FcntlInt(uintptr(r), unix.F_GETFL, 0); fl&unix.O_NONBLOCK != 0 {
			t.Error("the pipe was made non-blocking, which its other users would notice")
		}
	})
}

// openTerminal returns both ends of a pseudo terminal in raw mode.
func openTerminal(t *testing.T) (master, slave int) {
	t.Helper()
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { unix.Close(master) })
	n, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		slave, err = unix.Open(fmt.Sprintf("/dev/pts/%d", n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { unix.Close(slave) })
	return master, slave
}

func TestTerminal(t *testing.T) {
	everyKernel(t, func(t *testing.T, p *port) {
		master, slave := openTerminal(t)
		b := make([]byte, 8)
		read := enginetest.Stream(engine.Read, int32(slave), b)
		p.Start(read)
		p.None()
		p.CancelAll(read)
		if c := p.Wait(1); c[0].Res != -int32(syscall.ECANCELED) {
			t.Fatalf("ended with %d, want -ECANCELED", c[0].Res)
		}
		second := enginetest.Stream(engine.Read, int32(slave), make([]byte, 8))
		p.Start(read, second) // in this order
		p.Send(int32(master), "one\n")
		if c := p.Wait(1); c[0].Op != read || string(b[:c[0].Res]) != "one\n" {
			t.Errorf("read %d %q", c[0].Res, b)
		}
		p.Send(int32(master), "two\n")
		if c := p.Wait(1); c[0].Op != second || c[0].Res != 4 {
			t.Errorf("then %+v", c[0])
		}
		if res := p.Do(enginetest.Stream(engine.Write, int32(slave), []byte("out"))); res != 3 {
			t.Errorf("write: %d, want 3", res)
		}
	})
}

func TestFilesOnEveryKernel(t *testing.T) {
	everyKernel(t, func(t *testing.T, p *port) {
		f := p.File("0123456789")
		w := enginetest.Op(engine.Write, f, []byte("abc"))
		w.Off = 9
		if res := p.Do(w); res != 3 {
			t.Fatalf("write: %d, want 3", res)
		}
		b := make([]byte, 20)
		r := enginetest.Op(engine.Read, f, b)
		r.Off = 5
		if res := p.Do(r); res != 7 || string(b[:7]) != "5678abc" {
			t.Errorf("read: %d %q", res, b)
		}
		v, n := enginetest.Vectors(b[:2], b[2:20])
		rv := &engine.Op{Kind: engine.Readv, FD: f, Addr: v, Len: n, Off: 6}
		if res := p.Do(rv); res != 6 || string(b[:6]) != "678abc" {
			t.Errorf("readv: %d %q", res, b)
		}
		big := enginetest.Op(engine.Read, f, make([]byte, 2*tryMost)) // the pool's
		if res := p.Do(big); res != 12 {
			t.Errorf("read: %d, want 12", res)
		}
	})
}

// A file that gives a page at a time is read to its end, or until the buffers are full.
func TestShortReadsOfFilesGoOn(t *testing.T) {
	everyKernel(t, func(t *testing.T, p *port) {
		want, err := os.ReadFile("/proc/kallsyms")
		if err != nil || len(want) < 1<<16 {
			t.Skip("no /proc/kallsyms that is long enough")
		}
		f, err := os.Open("/proc/kallsyms")
		if err != nil {
			t.Skip(err)
		}
		defer f.Close()
		b := make([]byte, 1<<16)
		if res := p.Do(enginetest.Op(engine.Read, int32(f.Fd()), b)); res != 1<<16 || !bytes.Equal(b, want[:1<<16]) {
			t.Errorf("read: %d, want %d", res, 1<<16)
		}
		clear(b)
		v, n := enginetest.Vectors(b[:100], b[100:5000], b[5000:])
		rv := &engine.Op{Kind: engine.Readv, FD: int32(f.Fd()), Addr: v, Len: n}
		if res := p.Do(rv); res != 1<<16 || !bytes.Equal(b, want[:1<<16]) {
			t.Errorf("readv: %d, want %d", res, 1<<16)
		}
	})
}

// 3 GiB of a hole are asked for with one request: the result is a part, and no overflow.
func TestResultOfATransferTooLargeForIt(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 2 GiB")
	}
	p := newPort(t)
	f := p.File("")
	if err := unix.Ftruncate(int(f), 3<<30); err != nil {
		t.Skip(err)
	}
	parts := make([][]byte, 48)
	parts[0] = make([]byte, 64<<20)
	for i := range parts {
		parts[i] = parts[0]
	}
	v, n := enginetest.Vectors(parts...)
	res := p.Do(&engine.Op{Kind: engine.Readv, FD: f, Addr: v, Len: n})
	if res <= 0 || res > mostMoved {
		t.Errorf("result %d, want at most %d", res, mostMoved)
	}
}

// An append goes to the end, whatever else is written, and leaves mode and position alone.
func TestAppends(t *testing.T) {
	everyKernel(t, func(t *testing.T, p *port) {
		f := p.File("abc")
		add := enginetest.Op(engine.Write, f, []byte("de"))
		add.Flags = unix.RWF_APPEND
		vector := &engine.Op{Kind: engine.Writev, FD: f, Flags: unix.RWF_APPEND}
		vector.Addr, vector.Len = enginetest.Vectors([]byte("f"), []byte("g"))
		p.Is("append", p.Do(add), 2)
		p.Is("append of vectors", p.Do(vector), 2)
		p.Is("write", p.Do(enginetest.Op(engine.Write, f, []byte("A"))), 1)
		p.Holds(f, "Abcdefg")
	})
}

func TestFlagsAreRefusedWithoutTheCallThatTakesThem(t *testing.T) {
	p := newPortWith(t, poor())
	w := enginetest.Op(engine.Write, p.File(""), []byte("x"))
	w.Flags = unix.RWF_DSYNC
	if res := p.Do(w); res != -int32(syscall.EOPNOTSUPP) {
		t.Errorf("result %d, want -EOPNOTSUPP", res)
	}
}
