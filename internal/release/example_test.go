// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package release_test

import (
	"fmt"
	"runtime"
	"sync/atomic"

	"iocp/internal/release"
)

// A value is handed over: the flag is stored after it, and loaded before it.
func ExampleStore() {
	var ready atomic.Uint32
	var value string
	go func() {
		value = "what was written before"
		release.Store(&ready, 1)
	}()
	for ready.Load() == 0 {
		runtime.Gosched()
	}
	fmt.Println(value)
	// Output: what was written before
}
