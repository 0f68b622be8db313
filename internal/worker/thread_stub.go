// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !windows

package worker

// ThreadWaiting reports whether the OS thread tid of this process waits in the kernel.
// This system does not tell: known is false.
func ThreadWaiting(tid int) (waiting, known bool) { return false, false }
