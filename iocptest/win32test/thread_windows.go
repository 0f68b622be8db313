// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32test

import (
	"time"

	"golang.org/x/sys/windows"
)

// threadID returns the id of the calling thread.
func threadID() int { return int(windows.GetCurrentThreadId()) }

// sleeping reports whether the thread waits. Windows tells nobody, so the thread is given
// the time that a call needs to get there.
func sleeping(int) bool {
	time.Sleep(10 * time.Millisecond)
	return true
}
