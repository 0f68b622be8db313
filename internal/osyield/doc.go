// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package osyield is the patience of those who ask for a lock again and again: it gives the processor to another goroutine
// and to another thread.
//
// Who asks needs both. The holder may be a goroutine that the runtime has interrupted, for which there is runtime.Gosched,
// or one whose thread the system has; and the thread often stands in line behind the very one that asks, which would go on
// asking until its time is used up: for some milliseconds.
package osyield

import "runtime"

// Waiter gives way for one who waits. It knows how often that was in vain, so each wait begins with a new one: the zero value.
// It is for one goroutine.
type Waiter struct{ vain uint32 }

// GiveWay lets other goroutines run, and other threads that could run on this processor; if there are none it returns at
// once, the first 64 times, and after at most 400 us later. The goroutine keeps its place in the runtime, and is not in a
// system call for others who look at it.
func (w *Waiter) GiveWay() {
	runtime.Gosched()
	thread(w.vain)
	w.vain++
}
