// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package release

import (
	"sync/atomic"
	"unsafe"
)

// Store stores x in v with an ordinary store. On this architecture a store is seen after all loads and
// stores that come before it in the program (Intel SDM 3A, 8.2.2). The compiler leaves it behind them
// because of the atomic load, an ordinary one to the processor, across which it moves no access to
// memory. An atomic store is an exchange there, as dear as a compare-and-swap, because it also waits
// until it can be seen before any later load. A function in assembly, which would not need the load, is
// a call for which all registers are saved, and cost an operation a twentieth of its processor time.
func Store(v *atomic.Uint32, x uint32) {
	v.Load()
	*(*uint32)(unsafe.Pointer(v)) = x
}
