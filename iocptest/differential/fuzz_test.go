// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import "testing"

// FuzzDifferential lets the fuzzer write the programs.
func FuzzDifferential(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(Random(seed, 20).encode())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		names := enginesHere(t)
		if len(names) < 2 {
			t.Skipf("one engine, %q, works here, so there is none to compare it with", names)
		}
		p := Decode(data, 40)
		for _, other := range names[1:] {
			if err := disagreement(t, p, names[0], other, 0); err != nil {
				t.Errorf("%v\n%s", err, p.Listing())
			}
		}
	})
}
