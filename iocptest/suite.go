// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"maps"
	"slices"
	"testing"
	"time"

	"iocp"
)

// rule is one examined statement: the whole of a rule, or a part of it with a name.
type rule struct {
	id   string
	part string
	run  func(*scene)

	// watched makes every port of the scene carry an operation in flight, so that a
	// parked worker watches the engine while the others wait to be released.
	watched bool
}

// groups is the suite, in the order of the table of rules.
var groups = [][]rule{groupA, groupB, groupC, groupD, groupE, groupF, groupG, groupI, groupJ, groupK, groupM}

// IDs returns the ids of the rules that the suite holds, in the order in which
// [TestPort] runs them.
func IDs() []string {
	var ids []string
	for _, g := range groups {
		for _, r := range g {
			ids = append(ids, r.id)
		}
	}
	return slices.Compact(ids)
}

// TestPort runs the whole suite against the ports that newPort makes, one subtest of t per
// rule, and logs which engine it runs on. The rules run one after the other, and t must not run in
// parallel with tests that start goroutines or open files, because every rule ends with a look
// for leaks. What an engine cannot show is skipped; [Limits] lists it.
//
// The suite sets only the Concurrency of the configuration, also to values that
// NewPort refuses; newPort passes it on and sets what else it wants. An engine that
// is refused fails the suite.
//
// With -short every rule runs too, but what must not happen is watched for a shorter time.
func TestPort(t *testing.T, newPort func(iocp.Config) (*iocp.Port, error)) {
	t.Helper()
	newStage(t, newPort, here{}).play(t)
}

// TestPort runs the whole suite on the machine, as the function [TestPort] does on this one. The
// faults that the rules are to be kept in spite of are those of the machine; where a fault makes a rule
// meaningless, such as an order of datagrams some of which are delayed, that is skipped.
func (s *Sim) TestPort(t *testing.T) {
	t.Helper()
	newStage(t, s.Port, simulated{s}).play(t)
}

// play runs the whole suite.
func (st *stage) play(t *testing.T) {
	for _, g := range groups {
		for i := 0; i < len(g); {
			n := i + 1
			for n < len(g) && g[n].id == g[i].id {
				n++
			}
			parts := g[i:n]
			t.Run(g[i].id, func(t *testing.T) { st.test(t, parts) })
			i = n
		}
	}
}

// stage is what the rules of one run have in common.
type stage struct {
	newPort func(iocp.Config) (*iocp.Port, error)
	world   world
	limits  map[string]string
	quiet   time.Duration
}

// newStage finds out on what the suite is to run. It ends t if nothing works there.
func newStage(t *testing.T, newPort func(iocp.Config) (*iocp.Port, error), w world) *stage {
	t.Helper()
	engine, err := warmUp(newPort, w)
	if err != nil {
		t.Fatalf("a first port cannot do a first operation, so no rule was examined: %v", err)
	}
	t.Logf("the engine is %s", engine)
	st := &stage{newPort: newPort, world: w, limits: Limits(engine), quiet: watchTime()}
	maps.Copy(st.limits, w.limits())
	return st
}

// test runs the parts of one rule; a rule of one unnamed part is its own subtest.
func (st *stage) test(t *testing.T, parts []rule) {
	if reason, ok := st.limits[parts[0].id]; ok {
		t.Skip(reason)
	}
	for _, r := range parts {
		if r.part == "" {
			play(t, r, st)
			continue
		}
		t.Run(r.part, func(t *testing.T) {
			if reason, ok := st.limits[r.id+"/"+r.part]; ok {
				t.Skip(reason)
			}
			play(t, r, st)
		})
	}
}

// cannot is the run function of a rule that package iocp gives no way to break.
func cannot(reason string) func(*scene) {
	return func(s *scene) { s.skip("%s", reason) }
}

// posted returns a rule twice: on ports without and with an operation in flight.
func posted(id string, run func(*scene)) []rule {
	return postedPart(id, "", run)
}

// postedPart is posted for a part of a rule.
func postedPart(id, part string, run func(*scene)) []rule {
	return []rule{{id: id, part: part + "posts", run: run}, {id: id, part: part + "watched", run: run, watched: true}}
}
