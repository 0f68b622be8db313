// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package release

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// What a lock that is given back with Store guards is never lost.
func TestStoreGivesALockBack(t *testing.T) {
	const rounds = 20000
	var held atomic.Uint32
	var both [2]int
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			for range rounds {
				for !held.CompareAndSwap(0, 1) {
					runtime.Gosched()
				}
				if both[0] != both[1] {
					t.Errorf("%d and %d: somebody else was inside", both[0], both[1])
				}
				both[0]++
				both[1]++
				Store(&held, 0)
			}
		})
	}
	done.Wait()
	if both[0] != 4*rounds {
		t.Errorf("%d rounds of %d", both[0], 4*rounds)
	}
}

func TestStoreStoresTheWholeWord(t *testing.T) {
	words := [3]atomic.Uint32{}
	words[0].Store(1)
	words[2].Store(2)
	Store(&words[1], 0xfedcba98)
	if a, b, c := words[0].Load(), words[1].Load(), words[2].Load(); a != 1 || b != 0xfedcba98 || c != 2 {
		t.Errorf("words %#x %#x %#x", a, b, c)
	}
}
