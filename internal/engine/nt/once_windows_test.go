// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
	"iocp/internal/sys/nt"
)

// A call that fails at once sends no packet on Windows, and one on Wine for files. Neither may end an
// operation twice, nor the next one that is given the same place.
func TestFailuresAtOnceEndOperationsOnce(t *testing.T) {
	p := newPort(t)
	name, _ := windows.UTF16PtrFromString("NUL")
	null, err := windows.CreateFile(name, windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OVERLAPPED, 0)
	if err != nil {
		t.Skip(err)
	}
	defer windows.CloseHandle(null)
	f := p.File("content")
	for range 500 {
		bad := enginetest.Op(engine.Read, int32(null), make([]byte, 1))
		good := enginetest.Op(engine.Read, f, make([]byte, 7))
		p.Start(bad, good)
		for _, c := range p.Wait(2) {
			if (c.Op == good) != (c.Res == 7) {
				t.Fatalf("ended with %d", c.Res)
			}
		}
		p.None()
	}
	t.Logf("%+v", stats(p))
}

// What a program starts itself on a handle that is associated here is not the engine's.
func TestPacketsOfOthersAreDropped(t *testing.T) {
	p := newPort(t)
	a, b := p.Pair()
	o := enginetest.Op(engine.Recv, a, make([]byte, 1))
	p.Start(o)
	p.Send(b, "x")
	p.Is("recv", p.WaitFor(o), 1)
	ov := new(windows.Overlapped)
	port := p.Engine.(*Engine).port
	for range 5 {
		r, _, errno := syscall.SyscallN(nt.PostQueuedCompletionStatus.Addr(), uintptr(port), 9, 0, uintptr(unsafe.Pointer(ov)))
		if int32(r) == 0 {
			t.Fatal(errno)
		}
	}
	p.Start(o)
	p.None()
	p.Send(b, "y")
	p.Is("recv", p.WaitFor(o), 1)
	p.Eventually("they are seen", func() bool { return stats(p).Strays == 5 })
}

// The kernel writes to memory that only it knows of, while the collector runs.
func TestMemoryInFlightIsKept(t *testing.T) {
	p := newPort(t)
	a, b := p.Pair()
	for range 50 {
		p.Start(enginetest.Op(engine.Recv, a, make([]byte, 64)))
		runtime.GC()
		p.Send(b, "0123456789")
		c := p.Wait(1)[0]
		if got := unsafe.String((*byte)(c.Op.Addr), 10); c.Res != 10 || got != "0123456789" {
			t.Fatalf("received %d %q", c.Res, got)
		}
	}
}

// Nobody comes for the packet; the timer does.
func TestPacketsAreTakenWithoutAWorker(t *testing.T) {
	p := newPort(t)
	a, b := p.Pair()
	o := enginetest.Op(engine.Recv, a, make([]byte, 1))
	p.Start(o)
	p.Send(b, "x")
	p.Eventually("it is ready", func() (ready bool) {
		p.Locked(func() { ready = p.Ready() == 1 })
		return ready
	})
	p.Is("recv", p.WaitFor(o), 1)
}

func TestNudgeTakesPackets(t *testing.T) {
	p := newPort(t)
	a, b := p.Pair()
	o := enginetest.Op(engine.Recv, a, make([]byte, 1))
	p.Start(o)
	p.Send(b, "x")
	p.Eventually("it is ready", func() (ready bool) {
		p.Nudge()
		p.Locked(func() { ready = p.Ready() == 1 })
		return ready
	})
	p.Is("recv", p.WaitFor(o), 1)
}
