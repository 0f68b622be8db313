// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !darwin

package enginetest

import "golang.org/x/sys/unix"

const acceptFlags = unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK

// checkAccepted looks whether an accept has done what its flags say.
func checkAccepted(p *Port, fd int32) {
	if _, ok := p.Machine.(*system); !ok {
		return
	}
	if fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || fl&unix.FD_CLOEXEC == 0 {
		p.Errorf("the accepted socket is not close-on-exec: %#x, %v", fl, err)
	}
	if fl, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err != nil || fl&unix.O_NONBLOCK == 0 {
		p.Errorf("the accepted socket is not nonblocking: %#x, %v", fl, err)
	}
}
