// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package osyield_test

import (
	"fmt"
	"sync/atomic"

	"iocp/internal/osyield"
)

func Example() {
	var done atomic.Bool
	go done.Store(true)
	for w := (osyield.Waiter{}); !done.Load(); {
		w.GiveWay()
	}
	fmt.Println("the other one has run")
	// Output: the other one has run
}
