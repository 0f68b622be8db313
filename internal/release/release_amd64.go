// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package release

import "sync/atomic"

// Store stores x in v with an ordinary store. On this architecture stores are seen in program
// order, after everything before them has been done (Intel SDM 3A, 8.2.2); the compiler moves
// nothing across a call. An atomic store is an exchange there, as dear as a compare-and-swap,
// because it also waits until it can be seen before any later load.
//
//go:noescape
func Store(v *atomic.Uint32, x uint32)
