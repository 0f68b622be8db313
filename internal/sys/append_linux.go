// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// OpenToAppend opens the file of fd once more, so that it has a mode and a position of its own, by the
// name that proc(5) has for the descriptor: what is written goes to the end, as with RWF_APPEND, which
// sandboxes and old kernels do not have.
func OpenToAppend(fd int32) (int32, Errno) {
	again, err := unix.Open("/proc/self/fd/"+strconv.Itoa(int(fd)), unix.O_WRONLY|unix.O_APPEND|unix.O_CLOEXEC, 0)
	return int32(again), errnoOf(err)
}
