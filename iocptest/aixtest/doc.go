// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package aixtest is the conformance suite of package aix: one subtest for every rule that has
// something to say about AIX, named by the rule's id. Linux only.
//
//	go test ./iocptest/aixtest -run 'TestAIX/L03'
//
// What the pages of AIX leave open is tested as package aix has decided it; its documentation says
// how. Every rule ends with a look for descriptors and goroutines that it left behind, so
// nothing else may run at the same time.
//
// The package holds rules and the means to state them, and knows nothing but package aix and
// system calls. How package aix is built is tested there.
package aixtest
