// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"fmt"
	"strings"
	"testing"

	"iocp/internal/engine"
)

// TestEveryKindIsEncoded fails when a kind is added to the contract and not here.
func TestEveryKindIsEncoded(t *testing.T) {
	for k := engine.Kind(0); k.String() != "unknown"; k++ {
		if int(k) >= len(opcodes) || opcodes[k] == 0 && k != engine.Nop {
			t.Errorf("kind %v has no opcode", k)
		}
	}
	if s := fmt.Sprint(engine.Kind(len(opcodes))); !strings.Contains(s, "unknown") {
		t.Errorf("opcode for a kind that does not exist")
	}
}
