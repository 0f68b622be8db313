// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"runtime"
	"unsafe"
)

// ID identifies one goroutine. IDs are comparable: two are equal if and only if they are of
// the same goroutine (see Calibrate for the one exception), during the whole life of the
// process. An ID may outlive its goroutine and is safe for concurrent use; it keeps no stack
// alive. The zero ID belongs to no goroutine and its state is Unknown.
type ID struct {
	g    unsafe.Pointer // runtime.g, nil if it was taken while the state was not known
	goid uint64         // the runtime's goroutine number, never used twice
}

// Self returns the ID of the calling goroutine. It never blocks. After a successful
// Calibrate it takes about two nanoseconds and allocates nothing; otherwise it asks
// runtime.Stack, which takes some microseconds and allocates.
func Self() ID {
	if !learned.known.Load() {
		return printedID()
	}
	g := getg()
	return ID{g, load64(g, learned.layout.goid)}
}

// Number returns the runtime's number of the goroutine, which is never used twice. It is zero
// for the zero ID alone.
func (id ID) Number() uint64 { return id.goid }

// Hash returns a hash of the ID for an open-addressing table: high and low bits are equally
// well mixed, so that a mask and a shift serve alike. Goroutines that had the same g one
// after the other hash alike. A table that looks for an ID therefore meets the entry of its
// dead predecessor, whose state is Exited, and can replace it, which bounds the table by the
// largest number of goroutines alive at once.
func (id ID) Hash() uintptr {
	x := uint64(uintptr(id.g))
	if x == 0 {
		x = id.goid
	}
	const golden = 0x9E3779B97F4A7C15 // 2^64 / golden ratio: Knuth, volume 3, section 6.4
	x *= golden
	x ^= x >> 32
	x *= golden // once more: g structures lie at regular distances, which one round preserves
	return uintptr(x ^ x>>32)
}

// printedID identifies the calling goroutine by its printed number alone.
func printedID() ID {
	goid, ok := printedGoid()
	if !ok {
		panic("worker: runtime.Stack prints no goroutine number with " + runtime.Version() +
			"; goroutines cannot be told apart")
	}
	return ID{goid: goid}
}

// printedGoid returns the number that runtime.Stack prints for the calling goroutine. Its
// first line has read "goroutine 12 [running]:" since Go 1.
func printedGoid() (uint64, bool) {
	var buf [64]byte
	return parseGoid(buf[:runtime.Stack(buf[:], false)])
}

// parseGoid returns the number in the first line of a stack trace; false if there is none.
func parseGoid(trace []byte) (uint64, bool) {
	const prefix = "goroutine "
	if len(trace) < len(prefix) || string(trace[:len(prefix)]) != prefix {
		return 0, false
	}
	var goid uint64
	for _, c := range trace[len(prefix):] {
		if c < '0' || c > '9' {
			return goid, c == ' ' && goid != 0
		}
		goid = goid*10 + uint64(c-'0')
	}
	return 0, false
}
