// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestMonitorReleasesForAWorkerInASystemCall(t *testing.T) { // C05, C16
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	testRelease(t, func(a *actor) {
		a.start(func() {
			for {
				if _, err := unix.Read(fds[0], make([]byte, 1)); err != unix.EINTR {
					return
				}
			}
		})
	}, func() { unix.Close(fds[1]) })
}
