// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package iocptest is the conformance suite of completion ports: one subtest for every
// rule that can be said of package iocp, named by the rule's id.
//
// # Running it
//
// Call [TestPort] from a test of your own and give it the function that makes the ports
// you want examined:
//
//	func TestMyPorts(t *testing.T) {
//		iocptest.TestPort(t, func(c iocp.Config) (*iocp.Port, error) {
//			c.Engine = iocp.EngineURing
//			c.MaxInFlight = 4096
//			return iocp.NewPort(c)
//		})
//	}
//
// The suite sets Config.Concurrency and nothing else; newPort must pass it on and may set
// the rest. A single rule, or a group of them, is run by name:
//
//	go test -run 'TestMyPorts/C09' .
//	go test -run 'TestMyPorts/C' -race -cpu 1,2 -count 3 .
//	go test -skip 'TestMyPorts/(A36|I03)' .
//
// -short leaves no rule out; it only watches for a shorter time that nothing happens which
// must not.
//
// [Sim.TestPort] runs the suite on a simulated machine.
//
// A rule that consists of several statements, or that is examined in several situations,
// has a subtest for each below its own: C05/mutex, C05/sleep and so on. Most rules of
// group C exist twice: "posts" on a port that has only ever been posted to, "watched" on
// one that also has an operation in flight, where one of the parked workers watches
// the engine.
//
// # What a result means
//
// A failure is a port that breaks the rule. A skipped subtest names what cannot be
// said of package iocp, or cannot be shown on this machine, and why; whatever could
// be said of that rule has been checked before, and a skipped subtest that failed
// before it got there is reported as failed. An operation that an engine does not offer (an
// error that [errors.ErrUnsupported] matches) is skipped with the engine's own words; a rule that
// an engine cannot show because of what it is made of is skipped for the reason that [Limits]
// gives. Beyond that nothing in the suite knows which engine it runs on: it logs the name and
// asks the same of all. An engine that is refused altogether is a failure here, so the
// caller who wants to skip asks [iocp.Engines] first.
//
// Rules of the table that are not in the suite at all belong to objects that package iocp does
// not have (named pipes, APCs, event handles); see [IDs] for those that are.
//
// # How it works
//
// Every rule runs on a goroutine of its own with a time limit; a call that hangs fails
// the rule with the stacks of all goroutines. The threads of the rules are goroutines
// that do what they are told, one step at a time, and spin in between, so that they are
// running in the sense of the concurrency value unless a step blocks. States are awaited by
// polling [iocp.Port.Stats], never by sleeping. When a rule is over its ports, endpoints
// and goroutines are gone, or it has leaked and fails: therefore tests that start
// goroutines or open files must not run in parallel with the suite.
//
// Package differential compares engines on random programs of operations, for what no rule
// thinks of.
//
// The package holds rules and the means to state them. Tests of how an engine or the
// port core is built, stress and benchmarks do not belong here.
package iocptest
