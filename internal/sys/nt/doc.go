// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package nt has the functions and structures of Windows that golang.org/x/sys/windows lacks, or has in a
// form that allocates for an error, which on the way of every operation is not an exception. It is empty on
// other systems.
//
// What must never be here: anything that remembers. Who calls these functions keeps their memory reachable
// and off the stacks of goroutines.
package nt
