// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"time"

	"golang.org/x/sys/unix"
)

// InBubble reports whether the calling goroutine is in a bubble of testing/synctest, whose clock
// begins in the year 2000 and moves only while everybody waits: it is not the kernel's. No other
// sign of a bubble is public. Goroutines started there belong to it, park with wait reasons of
// its own, and never end a sleep while somebody waits for them without sleeping.
func InBubble() bool {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_REALTIME, &ts) != nil {
		return false
	}
	return time.Since(time.Unix(ts.Unix())).Abs() > time.Hour
}
