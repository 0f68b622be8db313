// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
	sys "iocp/internal/sys/uring"
)

func TestEventFDIsSilentUnlessSomebodyWatches(t *testing.T) {
	p := newPort(t, Options{})
	if !p.canSilence() {
		t.Skip("membarrier(2) is missing: the eventfd is never silenced")
	}
	count := func() (n uint64) {
		t.Helper()
		var b [8]byte
		var err error
		p.conn.Control(func(fd uintptr) { _, err = syscall.Read(int(fd), b[:]) })
		if err == syscall.EAGAIN {
			return 0
		}
		return 1
	}
	for range 3 {
		p.Start(enginetest.Nops(1)...)
		p.Wait(1)
	}
	if count() != 0 {
		t.Error("the eventfd was signalled with nobody watching")
	}
	p.Wake()
	p.Watch()
	p.Rearm()
	p.Start(enginetest.Nops(1)...)
	p.Wait(1)
	if count() != 0 {
		t.Error("the eventfd was signalled after Watch had returned")
	}
}

// With membarrier gone the eventfd must never be silenced again.
func TestWatchWithoutMembarrier(t *testing.T) {
	p := newPortWith(t, withBarrier(nil), Options{})
	if p.quiet || atomic.LoadUint32(p.cqFlags)&sys.CQEventFDDisabled != 0 {
		t.Fatal("the eventfd is silent although nothing can settle the race")
	}
	for _, name := range p.Features() {
		if name == "membarrier" || name == "quiet_eventfd" {
			t.Errorf("feature %q is reported", name)
		}
	}
	p.Wake()
	p.Watch()
	p.Rearm()
	if atomic.LoadUint32(p.cqFlags)&sys.CQEventFDDisabled != 0 {
		t.Error("the eventfd is silent after a Watch")
	}
}

func TestMembarrierThatFailsLaterStopsTheSilence(t *testing.T) {
	for _, broken := range []uintptr{membarrierRegisterExpedited, membarrierPrivateExpedited} {
		k := withBarrier(func(cmd uintptr) (uintptr, syscall.Errno) {
			if cmd == broken {
				return 0, syscall.ENOMEM
			}
			return membarrierPrivateExpedited | membarrierRegisterExpedited, 0
		})
		p := newPortWith(t, k, Options{})
		if !p.quiet && p.flags&sys.SetupNoSQArray == 0 && runtime.GOARCH != "amd64" && runtime.GOARCH != "386" {
			t.Skip("before Linux 6.6 the eventfd is silent on x86 alone")
		}
		if !p.quiet {
			t.Fatal("not silent although membarrier seems to be there")
		}
		p.Watch() // returns for nothing: it may not park
		if p.quiet || atomic.LoadUint32(p.cqFlags)&sys.CQEventFDDisabled != 0 {
			t.Errorf("command %d failed and the eventfd is silent", broken)
		}
		a, b := p.Pair()
		p.Start(enginetest.Op(engine.Recv, a, make([]byte, 1)))
		go p.Send(b, "x")
		p.Wait(1)
	}
}

// withBarrier is this machine with another membarrier(2); nil for none.
func withBarrier(call func(uintptr) (uintptr, syscall.Errno)) *kernel {
	if call == nil {
		call = func(uintptr) (uintptr, syscall.Errno) { return 0, syscall.ENOSYS }
	}
	k := *host
	k.barrier = newBarrier(call)
	return &k
}

// After the completion queue was full, Watch registers the eventfd again, and still works.
func TestWatchAfterAFullCompletionQueue(t *testing.T) {
	p := newPort(t, Options{Entries: 4, CQEntries: 4})
	a, b := p.Pair()
	for range 20 {
		p.Start(enginetest.Nops(9)...)
		p.Wait(9)
		if !p.full.Load() {
			t.Fatal("a full completion queue was not noticed")
		}
		p.Start(enginetest.Op(engine.Recv, a, make([]byte, 1)))
		go p.Send(b, "x")
		p.Wait(1)
		p.Wake()
		p.Watch()
		p.Rearm()
		if p.full.Load() {
			t.Fatal("Watch did not settle the full completion queue")
		}
	}
}
