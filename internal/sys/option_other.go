// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build dragonfly || freebsd || netbsd || solaris || (linux && iocp_libc)

package sys

import "golang.org/x/sys/unix"

func systemOption(_ int32, o Option) optionName {
	switch o {
	case KeepIdle:
		return optionName{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE}
	case KeepInterval:
		return optionName{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL}
	case KeepCount:
		return optionName{unix.IPPROTO_TCP, unix.TCP_KEEPCNT}
	}
	return optionName{}
}
