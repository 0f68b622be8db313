// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build dragonfly || freebsd || netbsd || openbsd || solaris

package sys

import "golang.org/x/sys/unix"

const (
	AcceptFlags = unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	MsgNoSignal = unix.MSG_NOSIGNAL
)
