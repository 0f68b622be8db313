// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import "testing"

// Whatever takes turns, each of it is among those that are looked at.
func TestSamplesKeepNoStep(t *testing.T) {
	const all = 1 << 16
	for _, of := range []uint32{holdEvery, sampleEvery, giveWayEvery, lingerTry} {
		for step := uint32(1); step <= 24; step++ {
			chosen := make([]int, step)
			for i := range uint32(all) {
				if spread(i, of) {
					chosen[i%step]++
				}
			}
			for i, n := range chosen {
				if want := all / int(step*of); n < want*3/4 || n > want*5/4 {
					t.Errorf("one of %d: %d of those that are %d modulo %d, want about %d", of, n, i, step, want)
				}
			}
		}
	}
}
