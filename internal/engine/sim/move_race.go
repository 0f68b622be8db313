// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package sim

// The race detector does not see what a kernel does to memory; package iocp tells it, once for
// every operation. Copies that it saw, in whatever goroutine the machine runs, would race
// with that. A built-in copy is seen even where nothing is instrumented.

// move copies from the memory of a request or to it, as copy does.
//
//go:norace
func move(to, from []byte) int {
	n := min(len(to), len(from))
	for i := 0; i < n; i++ {
		to[i] = from[i]
	}
	return n
}

// wipe clears memory of a request.
//
//go:norace
func wipe(b []byte) {
	for i := range b {
		b[i] = 0
	}
}
