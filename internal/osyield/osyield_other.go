// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package osyield

// thread does nothing: on these systems a call leaves the goroutine in a system call for all who look at it, and a port
// would take its worker for one that waits.
func thread(uint32) {}
