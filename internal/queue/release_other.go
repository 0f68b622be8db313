// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !amd64 || race

package queue

import "sync/atomic"

// release stores zero; what happened before it is seen by whoever sees the zero.
func release(v *atomic.Uint32) { v.Store(0) }
