// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

// Package uring is the kernel's io_uring interface as numbers: the structures shared with
// the kernel, the constants and the three system calls of io_uring_setup(2),
// io_uring_enter(2) and io_uring_register(2). It is empty on other systems than Linux.
//
// There is no policy here: no ring, no memory, no retry, no choice of flags. Those are
// the engine's (internal/engine/uring).
package uring
