// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocptest

import (
	"fmt"
	"os"
	"syscall"
)

// threadID is the id of the calling thread, gettid(2).
func threadID() (int, error) { return syscall.Gettid(), nil }

// isFirstThread reports whether that is the first thread of the process, which Go never ends.
func isFirstThread(id int) bool { return id == os.Getpid() }

// threadAlive reports whether a thread of this process exists, proc(5).
func threadAlive(id int) bool {
	_, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", id))
	return err == nil
}
