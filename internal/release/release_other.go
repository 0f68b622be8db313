// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !amd64 || race

package release

import "sync/atomic"

// Store stores x in v. What happened before is seen by whoever sees it there.
func Store(v *atomic.Uint32, x uint32) { v.Store(x) }
