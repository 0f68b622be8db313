// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package iocp

import (
	"runtime"
	"unsafe"
)

// Under the race detector every operation is given a goroutine of its own that stands for
// the kernel: it accesses the operation's buffers when the operation starts, and is
// synchronised with two events only, the start before it and the taking of the packet after
// it. So whoever touches a buffer in between races with it, whatever locks and packets of
// other operations have ordered meanwhile, and the detector reports his line.
type raceState struct {
	over byte // the address of the second event
	used bool
}

func (r *raceState) kernelWrites(b []byte) { r.access(b, true) }
func (r *raceState) kernelReads(b []byte)  { r.access(b, false) }

func (r *raceState) kernelWritesAll(bufs [][]byte) {
	for _, b := range bufs {
		r.access(b, true)
	}
}

func (r *raceState) kernelReadsAll(bufs [][]byte) {
	for _, b := range bufs {
		r.access(b, false)
	}
}

func (r *raceState) access(b []byte, writes bool) {
	if len(b) == 0 {
		return
	}
	r.used = true
	done := make(chan struct{})
	go kernelAccess(r, b, writes, done)
	runtime.RaceDisable() // waiting must not order what the kernel does before what follows
	<-done
	runtime.RaceEnable()
}

// kernelAccess is what race reports name as the other side: the kernel reads or writes the
// buffer of an operation in flight.
func kernelAccess(r *raceState, b []byte, writes bool, done chan struct{}) {
	if p := unsafe.Pointer(unsafe.SliceData(b)); writes {
		runtime.RaceWriteRange(p, len(b))
	} else {
		runtime.RaceReadRange(p, len(b))
	}
	runtime.RaceReleaseMerge(unsafe.Pointer(&r.over))
	runtime.RaceDisable()
	close(done)
	runtime.RaceEnable()
}

// acquire is the second event.
func (r *raceState) acquire() {
	if r.used {
		r.used = false
		runtime.RaceAcquire(unsafe.Pointer(&r.over))
	}
}
