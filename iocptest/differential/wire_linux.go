// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package differential

import "golang.org/x/sys/unix"

const (
	fionread  = unix.TIOCINQ // bytes to be received, tcp(7)
	pollRDHup = unix.POLLRDHUP
)
