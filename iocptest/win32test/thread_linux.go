// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32test

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// threadID returns the id of the calling thread.
func threadID() int { return syscall.Gettid() }

// sleeping reports whether the thread sleeps in the kernel: proc_pid_stat(5), the field behind
// the name in parentheses.
func sleeping(id int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/stat", id))
	_, rest, found := bytes.Cut(stat, []byte(") "))
	return err == nil && found && rest[0] == 'S'
}
