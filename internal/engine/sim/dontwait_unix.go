// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sim

import "syscall"

// msgDontWait makes a transfer fail with EAGAIN instead of waiting: recv(2).
const msgDontWait = syscall.MSG_DONTWAIT
