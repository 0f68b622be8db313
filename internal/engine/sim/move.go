// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package sim

// move copies from the memory of a request or to it, as copy does.
func move(to, from []byte) int { return copy(to, from) }

// wipe clears memory of a request.
func wipe(b []byte) { clear(b) }
