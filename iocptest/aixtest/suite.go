// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aixtest

import (
	"slices"
	"testing"
)

// rule is one examined statement: the whole of a rule, or a part of it with a name.
type rule struct {
	id   string
	part string
	run  func(*scene)
}

var groups = [][]rule{groupA, groupB, groupC, groupD, groupE, groupF, groupG, groupI, groupJ, groupK, groupL, groupM, groupN}

// IDs returns the ids of the rules that the suite holds, in the order in which [Test] runs them.
func IDs() []string {
	var ids []string
	for _, g := range groups {
		for _, r := range g {
			ids = append(ids, r.id)
		}
	}
	return slices.Compact(ids)
}

// Test runs the suite, one subtest of t per rule. t must not run in parallel with tests that
// start goroutines or open files.
func Test(t *testing.T) {
	t.Helper()
	warmUp(t)
	for _, g := range groups {
		for i := 0; i < len(g); {
			n := i + 1
			for n < len(g) && g[n].id == g[i].id {
				n++
			}
			parts := g[i:n]
			t.Run(g[i].id, func(t *testing.T) { testRule(t, parts) })
			i = n
		}
	}
}

// testRule runs the parts of one rule; a rule of one unnamed part is its own subtest.
func testRule(t *testing.T, parts []rule) {
	for _, r := range parts {
		if r.part == "" {
			play(t, r.run)
			continue
		}
		t.Run(r.part, func(t *testing.T) { play(t, r.run) })
	}
}

func play(t *testing.T, run func(*scene)) {
	before := takeInventory()
	s := &scene{T: t}
	defer before.compare(t) // runs after the scene has closed everything
	defer s.end()
	run(s)
}

// warmUp does what opens descriptors once in the life of a process: the network poller, and the
// port of AIO requests that name none.
func warmUp(t *testing.T) {
	s := &scene{T: t}
	defer s.end()
	f := s.file("x")
	p := s.port()
	s.associate(f, p, 1)
	s.aio(f, 0, make([]byte, 1)).readAndWait()
	a, _ := s.pair()
	s.associate(a, p, 2)
}
