// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build amd64 && !race

package queue

import "sync/atomic"

// release stores x in v with an ordinary store. On this architecture stores are seen in program
// order, after everything before them has been done (Intel SDM 3A, 8.2.2), which is all that
// giving a lock back needs; the compiler moves nothing across a call. An atomic store is an
// exchange there, as dear as taking the lock, because it also waits until it can be seen
// before any later load; a later Lock does that by itself.
//
//go:noescape
func release(v *atomic.Uint32, x uint32)
