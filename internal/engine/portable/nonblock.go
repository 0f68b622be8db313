// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build netbsd || openbsd || (solaris && !illumos) || (linux && iocp_libc)

package portable

import "golang.org/x/sys/unix"

const sockNonblock = unix.SOCK_NONBLOCK
