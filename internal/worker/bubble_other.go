// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package worker

import "time"

// InBubble reports whether the calling goroutine is in a bubble of testing/synctest, whose clock
// begins at midnight UTC of January 1st, 2000 and moves only while everybody waits. No other sign
// of it is public. It takes as long as time.Now.
func InBubble() bool { return time.Now().Year() < 2010 }
