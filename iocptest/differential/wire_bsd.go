// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !linux

package differential

import "golang.org/x/sys/unix"

const (
	fionread  = 0x4004667f   // FIONREAD, _IOR('f', 127, int)
	pollRDHup = unix.POLLHUP // there is no sign of a peer that has ended its sending only
)
