// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"testing"

	"iocp/internal/engine"
)

// TestEveryKindIsEncoded fails when a kind is added to the contract and not here; those that are optional
// (engine.Optional) are not.
func TestEveryKindIsEncoded(t *testing.T) {
	for k := engine.Nop; k < engine.Disconnect; k++ {
		if int(k) >= len(opcodes) || opcodes[k] == 0 && k != engine.Nop {
			t.Errorf("kind %v has no opcode", k)
		}
	}
	if len(opcodes) > int(engine.Disconnect) {
		t.Errorf("opcode for a kind that is not the ring's")
	}
}
