// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// wakeup is what ends a Watch for other reasons than a packet of an operation: a packet of its own.
type wakeup struct {
	parked atomic.Bool // somebody is in Watch, and may be in the kernel
	woken  atomic.Bool // Wake was called, and Rearm was not
	posted atomic.Bool // the packet is on its way
}

// wakeupKey is the key of that packet. Those of operations have 0.
const wakeupKey = 1

// lookAll takes the packets that are there, without waiting. looking is held.
func (e *Engine) lookAll() {
	for !e.closed && e.look() {
	}
	e.looked.Done()
}

// look takes one batch of packets. more: there may be others.
func (e *Engine) look() (more bool) {
	e.looks.Add(1)
	n, err := e.take(&e.entries, 0)
	if err != nil {
		e.failed = err
		return false
	}
	e.carryOn(e.entries[:n])
	return n == maxEntries
}

// take waits up to ms milliseconds for packets.
func (e *Engine) take(entries *[maxEntries]nt.Entry, ms uint32) (int, error) {
	var n uint32
	r, _, errno := syscall.SyscallN(nt.GetQueuedCompletionStatusEx.Addr(), uintptr(e.port), uintptr(unsafe.Pointer(&entries[0])),
		maxEntries, uintptr(unsafe.Pointer(&n)), uintptr(ms), 0)
	if int32(r) != 0 {
		return int(n), nil
	}
	if errno == syscall.Errno(windows.WAIT_TIMEOUT) {
		return 0, nil
	}
	return 0, fmt.Errorf("nt: GetQueuedCompletionStatusEx: %w; something has closed the handle of the engine's port", nt.Failed(errno))
}

// carryOn makes completions of packets, and shows them.
func (e *Engine) carryOn(entries []nt.Entry) {
	var over chain
	for i := range entries {
		entry := &entries[i]
		if entry.Key == wakeupKey {
			e.wakeup.posted.Store(false) // before the watcher looks whether there is a reason
			continue
		}
		e.known.mu.Lock()
		r := e.known.by[entry.Overlapped]
		e.known.mu.Unlock()
		if r == nil || !e.arrived(r, &over) {
			e.strays.Add(1)
		}
	}
	e.found.Add(uint64(len(entries)))
	e.show(&over)
}

// Watch waits in the kernel until there is something to reap or Wake was called. It may return for
// nothing.
func (e *Engine) Watch() {
	e.watches.Add(1)
	w := &e.wakeup
	w.parked.Store(true)
	for e.over.Len() == 0 && !w.woken.Load() {
		runtime.Gosched() // who waits in a system call keeps a processor from the others, until the runtime notices
		if e.over.Len() > 0 || w.woken.Load() {
			break
		}
		n, err := e.take(&e.seen, windows.INFINITE)
		if err != nil {
			e.looking.Lock()
			e.failed = err
			e.looking.Unlock()
			break
		}
		e.carryOn(e.seen[:n])
		if n < maxEntries {
			e.looked.Done()
		}
	}
	w.parked.Store(false)
	e.guard.Leave()
}

// alert wakes the watcher if it has a reason to come back. Whoever has made completions visible, or may
// have taken the wake-up's packet and is not the watcher, calls it: so a watcher in the kernel gets that
// packet, or has no reason.
func (e *Engine) alert() {
	w := &e.wakeup
	if w.parked.Load() && (w.woken.Load() || e.over.Len() > 0) && !w.posted.Swap(true) {
		e.post(wakeupKey)
	}
}

// post queues a packet without an operation. It fails only when the kernel has no memory left, or
// the handle is gone, and then the watcher has to wait for the next packet.
func (e *Engine) post(key uintptr) {
	r, _, _ := syscall.SyscallN(nt.PostQueuedCompletionStatus.Addr(), uintptr(e.port), 0, key, 0)
	if int32(r) == 0 {
		e.wakeup.posted.Store(false)
	}
}

// Wake ends the current or the next Watch. It enters the kernel, for less than a microsecond and without
// waiting, if somebody may be there.
func (e *Engine) Wake() {
	e.wakeup.woken.Store(true)
	e.alert()
}

// Rearm takes back what Wake has said.
func (e *Engine) Rearm() { e.wakeup.woken.Store(false) }

// The kernel carries operations out by itself, but somebody has to take the packets: on a port whose
// workers are all busy, or gone, nobody does, and what waits for the end of an operation would not go
// on. So while operations are under way a timer looks in their place, if nobody has since it last
// did. It rests while somebody is in Watch.

// beginGuard starts the timer if operations are under way. looking is held.
func (e *Engine) beginGuard() {
	if e.waiting.Load() > 0 {
		e.guard.Begin(e.looks.Load())
	}
}

// guardRound is one round of the timer.
func (e *Engine) guardRound() {
	e.looking.Lock()
	defer e.alert()
	defer e.looking.Unlock()
	g := &e.guard
	switch {
	case e.closed || e.waiting.Load() == 0:
		g.End()
		return
	case g.Rest(&e.wakeup.parked):
		return
	case g.Alone(e.looks.Load()):
		e.lookAll()
	}
	g.Next(e.looks.Load(), e.found.Load())
}
