// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"testing"

	"iocp/internal/osyield"
)

// The kernel may take the processor from who holds the lock, and give it to who waits for it.
func TestWhoWaitsLongForALockGivesWay(t *testing.T) {
	var s spin
	for range spinRounds {
		s.wait()
	}
	if s.Waiter != (osyield.Waiter{}) {
		t.Errorf("gave way within %d looks", spinRounds)
	}
	for range 3 {
		before := s.Waiter
		if s.wait(); s.Waiter == before {
			t.Errorf("did not give way after %d looks", s.rounds)
		}
	}
}
