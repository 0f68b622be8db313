// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"testing"

	"iocp/internal/engine/uring"
)

// TestStressWithSmallRings does so where both queues of the ring overflow.
func TestStressWithSmallRings(t *testing.T) {
	old := uringOptions
	defer func() { uringOptions = old }()
	uringOptions = uring.Options{Entries: 8, CQEntries: 16}
	runStress(t, *stressFor/2)
}
