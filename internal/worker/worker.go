// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package worker answers two questions about the goroutines that serve a port: which one
// is calling, and is that one blocked?
//
// Goroutines stand where Windows has threads. The NT kernel is told by its own scheduler
// when a thread of a port waits, and releases another one; the Go runtime tells nobody. So
// this package reads the runtime's own record of a goroutine, the g. It trusts no offset:
// Calibrate parks goroutines in known ways, looks at their g structures, and takes the one
// arrangement of fields that explains all of them. If none or more than one does, the state
// of every goroutine is Unknown, which callers must be able to live with: it is also the
// answer on systems and architectures without support. A new Go release that moves the
// fields is learned anew; one that changes their meaning gives Unknown, not wrong answers.
//
// Limits worth knowing:
//   - A state is a snapshot: the goroutine may be elsewhere by the time it is returned.
//   - A goroutine that has been woken but has not run yet reads Active, yet one whose wake-up
//     has only been decided (a value is on its way) still reads Blocked. Whoever hands work
//     to a parked goroutine has to remember that himself.
//   - Channels of a testing/synctest bubble park with wait reasons of their own, which read
//     SysWait. So do nil channels, an empty select and iter.Pull. Calibrate itself cannot
//     work in a bubble, and leaves it to the first call from outside.
//   - A goroutine that the runtime lends to a thread of C keeps one ID for that thread's calls.
//
// What must never be here: ports, packets, the concurrency value and every policy about what
// to do with a blocked worker (that is internal/queue), and anything that runs at package
// initialization. Before Calibrate the package starts no goroutine and opens no descriptor.
package worker

import (
	"sync"
	"sync/atomic"
)

// State is what a goroutine was doing at the instant it was looked at.
type State uint8

// The states. The words in parentheses are the runtime's.
const (
	Unknown State = iota // calibration failed or has not happened
	Active               // running, runnable, preempted, or executing runtime code for itself
	Syscall              // in a system call or in C; ThreadWaiting tells whether it waits there
	Blocked              // waiting for a channel, lock, condition, timer or the network poller
	SysWait              // waiting for the runtime itself (GC assist, stop the world and the like)
	Exited               // gone, whether or not its g serves another goroutine by now
)

var stateNames = [...]string{"unknown", "active", "syscall", "blocked", "syswait", "exited"}

// String returns the state's name in lower case.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "invalid"
}

// learned is the outcome of calibration. The layout is written once, before known is set,
// and never again: whoever has seen known, or has an ID with a g in it, may read it.
var learned struct {
	mu     sync.Mutex
	over   atomic.Bool // there is an outcome
	known  atomic.Bool
	layout layout
	why    string
}

// Calibrate learns where the runtime keeps the state of a goroutine. It does so once per
// process, in about three milliseconds on an idle machine (under Wine in about forty), and
// blocks for that long; later calls return the first outcome at once. It is safe for
// concurrent use, and leaves no goroutine, descriptor or locked thread of its own behind (the
// runtime keeps what it creates once for any program: idle threads, its network poller). If
// known is false, why says in one sentence what was missing, every State is Unknown, and Self
// is slow. In a testing/synctest bubble it learns nothing, and the next call from outside
// begins anew.
//
// A goroutine's ID from before a successful Calibrate differs from its ID afterwards. So
// every program must call Calibrate before its first Self: creating a port does.
func Calibrate() (known bool, why string) {
	if learned.over.Load() {
		return learned.known.Load(), learned.why
	}
	if InBubble() {
		return false, inBubble
	}
	learned.mu.Lock()
	defer learned.mu.Unlock()
	if !learned.over.Load() {
		adopt(calibrate())
		learned.over.Store(true)
	}
	return learned.known.Load(), learned.why
}

const inBubble = unknown + "the first port was created in a testing/synctest bubble; create one before entering the bubble"

const unknown = "the state of goroutines is unknown: "

// Known reports whether Calibrate has succeeded. It neither blocks nor calibrates.
func Known() bool { return learned.known.Load() }

// adopt makes a calibration's outcome the one in force. A failure leaves the old layout in
// place, since IDs taken under it are still read through it.
func adopt(l layout, err error) {
	if err != nil {
		learned.known.Store(false)
		learned.why = unknown + err.Error()
		return
	}
	learned.layout, learned.why = l, ""
	learned.known.Store(true)
}
