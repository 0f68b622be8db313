// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import "iocp"

// limit is a rule, as in C09, or a part of one, as in C05/system-call, that cannot be shown on an
// engine because of what the engine is made of. What a kernel may have or lack is no limit:
// the rule finds it out by trying.
type limit struct {
	rule   string
	reason string
	wine   bool // only on Wine, which does not do what Windows does
}

// limits are those of each engine, by the name that Port.Engine gives. An engine that is not here
// has none.
var limits = map[string][]limit{
	iocp.EngineNT: {
		{rule: "I15", reason: "Wine does not tell that a datagram was refused: the rule I15 of package win32's suite, which calls " +
			"the system directly, gets no packet there either", wine: true},
	},
	"sim": {
		{rule: "A20", reason: "the simulated machine has no directories"},
		{rule: "A22", reason: "the simulated machine has no devices"},
		{rule: "G03", reason: "the simulated machine has no file pointers"},
		{rule: "I22", reason: "on the simulated machine a descriptor has no mode"},
		{rule: "M05/bytes", reason: "the simulated machine has no device that takes 2 GiB"},
	},
}

// Limits returns what the suite skips on the engine of that name, and why: the keys are the ids of
// rules, or ID/PART for one part of a rule. Rules that no engine can show are not among them. An
// engine that the suite does not know has no limits. The map is the caller's.
func Limits(engine string) map[string]string {
	found := map[string]string{}
	for _, l := range limits[engine] {
		if !l.wine || onWine() {
			found[l.rule] = l.reason
		}
	}
	return found
}
