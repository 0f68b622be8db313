// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build dragonfly || freebsd || netbsd || solaris

package sys

import "golang.org/x/sys/unix"

const ODirect = unix.O_DIRECT
