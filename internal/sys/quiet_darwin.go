// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import "golang.org/x/sys/unix"

// quiet keeps a send to a peer that has gone from raising a signal; connections that are accepted
// inherit that from the listener. Go ignores the signal unless the program asks for it.
func quiet(fd int) { unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1) }

// sendNow makes sure that send does not wait: Darwin heeds MSG_DONTWAIT in receives alone.
func sendNow(fd int32, send func() (int, error)) (int, error) {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err == nil && flags&unix.O_NONBLOCK == 0 {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_SETFL, flags|unix.O_NONBLOCK)
	}
	if err != nil {
		return 0, err
	}
	return send()
}
