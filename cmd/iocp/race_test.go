// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package main

// underRace says whether the race detector is on, which allocates for every operation.
const underRace = true
