// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package epoll

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"iocp/internal/engine"
)

// everyKernel runs a test on this kernel and on one that lacks what can be lacked.
func everyKernel(t *testing.T, f func(*testing.T, *port)) {
	t.Helper()
	t.Run("host", func(t *testing.T) { f(t, newPort(t)) })
	t.Run("poor", func(t *testing.T) { f(t, newPortWith(t, poor())) })
}

// blockingPipe returns a pipe whose ends wait.
func blockingPipe(t *testing.T) (r, w int) {
	t.Helper()
	var p [2]int
	if err := syscall.Pipe2(p[:], syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(p[0]); syscall.Close(p[1]) })
	return p[0], p[1]
}

func streamOp(kind engine.Kind, fd int, b []byte) *engine.Op {
	op := opOn(kind, fd, b)
	op.Off = -1
	return op
}

// A pipe that nobody has made non-blocking: a read waits, is cancelled, and takes nothing.
func TestPipe(t *testing.T) {
	everyKernel(t, func(t *testing.T, p *port) {
		r, w := blockingPipe(t)
		b := make([]byte, 8)
		read := streamOp(engine.Read, r, b)
		p.start(read)
		p.none()
		p.cancel(read)
		if c := p.wait(1); c[0].Res != errno(syscall.ECANCELED) {
			t.Fatalf("ended with %d, want -ECANCELED", c[0].Res)
		}
		p.start(read)
		write(t, w, "x")
		if c := p.wait(1); c[0].Res != 1 || b[0] != 'x' {
			t.Errorf("read %d %q", c[0].Res, b)
		}
		if fl, _ := unix.FcntlInt(uintptr(r), unix.F_GETFL, 0); fl&unix.O_NONBLOCK != 0 {
			t.Error("the pipe was made non-blocking, which its other users would notice")
		}
	})
}

func TestFullPipe(t *testing.T) {
	everyKernel(t, func(t *testing.T, p *port) {
		r, w := blockingPipe(t)
		content := bytes.Repeat([]byte("0123456789abcdef"), 20000) // more than it holds
		out, in := streamOp(engine.Write, w, content), streamOp(engine.Read, r, make([]byte, 50000))
		sent, got := 0, []byte{}
		p.start(out, in)
		for len(got) < len(content) {
			switch c := p.wait(1)[0]; {
			case c.Res <= 0:
				t.Fatalf("%v ended with %d", c.Op.Kind, c.Res)
			case c.Op == out:
				if sent += int(c.Res); sent < len(content) {
					out = streamOp(engine.Write, w, content[sent:])
					p.start(out)
				}
			default:
				got = append(got, unsafe.Slice((*byte)(in.Addr), c.Res)...)
				if len(got) < len(content) {
					p.start(in)
				}
			}
		}
		if !bytes.Equal(got, content) {
			t.Error("other bytes came than were written")
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
		read := streamOp(engine.Read, slave, b)
		p.start(read)
		p.none()
		p.cancel(read)
		if c := p.wait(1); c[0].Res != errno(syscall.ECANCELED) {
			t.Fatalf("ended with %d, want -ECANCELED", c[0].Res)
		}
		second := streamOp(engine.Read, slave, make([]byte, 8))
		p.start(read, second) // in this order
		write(t, master, "one\n")
		if c := p.wait(1); c[0].Op != read || string(b[:c[0].Res]) != "one\n" {
			t.Errorf("read %d %q", c[0].Res, b)
		}
		write(t, master, "two\n")
		if c := p.wait(1); c[0].Op != second || c[0].Res != 4 {
			t.Errorf("then %+v", c[0])
		}
		if res := p.do(streamOp(engine.Write, slave, []byte("out"))); res != 3 {
			t.Errorf("write: %d, want 3", res)
		}
	})
}

func TestSocketAsAFile(t *testing.T) {
	everyKernel(t, func(t *testing.T, p *port) {
		a, b := pair(t)
		in := make([]byte, 4)
		read := streamOp(engine.Read, a, in)
		p.start(read)
		p.none()
		if res := p.do(streamOp(engine.Write, b, []byte("abc"))); res != 3 {
			t.Errorf("write: %d, want 3", res)
		}
		if c := p.wait(1); c[0].Res != 3 || string(in[:3]) != "abc" {
			t.Errorf("read: %d %q", c[0].Res, in)
		}
	})
}

func TestFilesOnEveryKernel(t *testing.T) {
	everyKernel(t, func(t *testing.T, p *port) {
		f := tempFile(t, "0123456789")
		w := opOn(engine.Write, int(f.Fd()), []byte("abc"))
		w.Off = 9
		if res := p.do(w); res != 3 {
			t.Fatalf("write: %d, want 3", res)
		}
		b := make([]byte, 20)
		r := opOn(engine.Read, int(f.Fd()), b)
		r.Off = 5
		if res := p.do(r); res != 7 || string(b[:7]) != "5678abc" {
			t.Errorf("read: %d %q", res, b)
		}
		v, n := iovecs(b[:2], b[2:20])
		rv := &engine.Op{Kind: engine.Readv, FD: int32(f.Fd()), Addr: unsafe.Pointer(v), Len: n, Off: 6}
		if res := p.do(rv); res != 6 || string(b[:6]) != "678abc" {
			t.Errorf("readv: %d %q", res, b)
		}
		big := opOn(engine.Read, int(f.Fd()), make([]byte, 2*tryMost)) // the pool's
		if res := p.do(big); res != 12 {
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
		if res := p.do(opOn(engine.Read, int(f.Fd()), b)); res != 1<<16 || !bytes.Equal(b, want[:1<<16]) {
			t.Errorf("read: %d, want %d", res, 1<<16)
		}
		clear(b)
		v, n := iovecs(b[:100], b[100:5000], b[5000:])
		rv := &engine.Op{Kind: engine.Readv, FD: int32(f.Fd()), Addr: unsafe.Pointer(v), Len: n}
		if res := p.do(rv); res != 1<<16 || !bytes.Equal(b, want[:1<<16]) {
			t.Errorf("readv: %d, want %d", res, 1<<16)
		}
	})
}

func TestFlagsAreRefusedWithoutTheCallThatTakesThem(t *testing.T) {
	p := newPortWith(t, poor())
	w := opOn(engine.Write, int(tempFile(t, "").Fd()), []byte("x"))
	w.Flags = unix.RWF_APPEND
	if res := p.do(w); res != errno(syscall.EOPNOTSUPP) {
		t.Errorf("result %d, want -EOPNOTSUPP", res)
	}
}
