// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"sync/atomic"
	"unsafe"
)

// scanBit is set in a status while the garbage collector owns the goroutine's stack: the
// runtime's _Gscan. It is the one constant that is assumed; were it another, calibration
// would sometimes have to look twice, since it compares statuses with the bit removed.
const scanBit = 0x1000

// layout is what calibration learns: byte offsets into runtime.g (procid: into runtime.m,
// the record of a thread) and the meaning of the values found there.
type layout struct {
	goid, status, m, reason, procid uintptr

	running, waiting, syscall, dead uint32    // values of status, scanBit removed
	user                            [256]bool // wait reasons that the program causes, not the runtime
}

// State returns what the goroutine is doing now: Exited if it is gone, Unknown if the ID was
// taken without a successful Calibrate. It takes about two nanoseconds, allocates nothing,
// never blocks and never stops the other goroutine.
//
// The status is read before the goroutine number: when a g changes hands, the number is
// written before the status leaves "dead", so an old number seen second vouches for the
// status seen first. "Waiting" alone does not mean blocked. A goroutine that assists the
// garbage collector or stops the world says so too, but keeps its thread (m is not nil) or
// gives a wait reason that is none of the program's.
func (id ID) State() State {
	if id.g == nil {
		return Unknown
	}
	l := &learned.layout
	status := load32(id.g, l.status) &^ scanBit
	if load64(id.g, l.goid) != id.goid || status == l.dead {
		return Exited
	}
	switch status {
	case l.waiting:
		return l.waitState(id.g)
	case l.syscall:
		return Syscall
	}
	return Active
}

// waitState tells the ways of waiting apart.
func (l *layout) waitState(g unsafe.Pointer) State {
	if loadPointer(g, l.m) != nil {
		return Active
	}
	if !l.user[load8(g, l.reason)] {
		return SysWait
	}
	return Blocked
}

// Thread returns the id of the OS thread (gettid(2), GetCurrentThreadId) that the goroutine occupies at this
// instant, in Go code, in a system call or in C; 0 if it occupies none or that is unknown.
// It allocates nothing and never blocks.
func (id ID) Thread() int {
	if id.g == nil {
		return 0
	}
	l := &learned.layout
	m := loadPointer(id.g, l.m)
	if m == nil {
		return 0
	}
	tid := load64(m, l.procid)
	if load64(id.g, l.goid) != id.goid {
		return 0 // the g changed hands, and that was the thread of its new owner
	}
	return int(tid)
}

// The loads below are atomic for their order, and because the runtime writes meanwhile.
// The race detector does not know of the runtime's accesses and has nothing to report.

func load32(p unsafe.Pointer, off uintptr) uint32 {
	return atomic.LoadUint32((*uint32)(unsafe.Add(p, off)))
}

// load64 loads in two halves where words have 32 bits: atomic.LoadUint64 panics there unless
// the address is a multiple of eight, which nobody has promised. A number made of halves
// of two goroutines' numbers equals neither unless 2^32 goroutines lie between them. The
// order of the halves is that of 386 and arm.
func load64(p unsafe.Pointer, off uintptr) uint64 {
	if wordSize == 8 {
		return atomic.LoadUint64((*uint64)(unsafe.Add(p, off)))
	}
	return uint64(load32(p, off)) | uint64(load32(p, off+4))<<32
}

func loadPointer(p unsafe.Pointer, off uintptr) unsafe.Pointer {
	return atomic.LoadPointer((*unsafe.Pointer)(unsafe.Add(p, off)))
}

// load8 is a plain load, for want of an atomic one; the directive keeps it plain under -race.
//
//go:norace
func load8(p unsafe.Pointer, off uintptr) uint8 { return *(*uint8)(unsafe.Add(p, off)) }
