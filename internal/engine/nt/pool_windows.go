// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// thread is what a goroutine of the pool is locked to.
type thread struct {
	h windows.Handle // 0: the system gave none, and what it does cannot be interrupted
}

func (t *thread) begin() {
	runtime.LockOSThread()
	self := windows.CurrentProcess()
	if windows.DuplicateHandle(self, windows.CurrentThread(), self, &t.h, 0, false, windows.DUPLICATE_SAME_ACCESS) != nil {
		t.h = 0
	}
}

func (t *thread) end() {
	if t.h != 0 {
		windows.CloseHandle(t.h)
	}
	runtime.UnlockOSThread()
}

// lend gives a request to the pool, which carries out what has no overlapped form.
func (e *Engine) lend(r *request) {
	r.place.Store(at(inPool, r.Generation()))
	e.pool.Push(r)
}

// carryOut is what a goroutine of the pool does.
func carryOut(r *request, _ *thread) int32 { return r.carryOut() }

// carriedOut ends a request that the pool has carried out.
func (e *Engine) carriedOut(r *request, res int32) {
	var over chain
	finish(r, res, &over)
	e.show(&over)
	e.alert()
}

// interrupt ends the call of the goroutine that has begun the operation of r: CancelSynchronousIo, which
// finds nothing when the goroutine is just before the call. So it is repeated, until the operation is over.
func (e *Engine) interrupt(r *request, gen uint32) {
	r.stop.Store(at(stopped, gen))
	if !e.interruptOnce(r, gen) {
		return
	}
	go func() {
		for pause := time.Millisecond; e.interruptOnce(r, gen); pause = min(2*pause, 100*time.Millisecond) {
			time.Sleep(pause)
		}
	}()
}

// interruptOnce reports whether the operation may still be under way.
func (e *Engine) interruptOnce(r *request, gen uint32) bool {
	return e.pool.Interrupt(r, func(t *thread) bool {
		if r.place.Load() != at(inPool, gen) || t.h == 0 {
			return false
		}
		syscall.SyscallN(nt.CancelSynchronousIo.Addr(), uintptr(t.h))
		return true
	})
}
