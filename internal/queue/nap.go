// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"sync"
	"time"

	"iocp/internal/nap"
)

// The monitor's shortest ticks are shorter than a Go timer can be in a process that is idle, and a worker that
// blocks leaves it idle. So as long as there are ports whose workers block, from the first one that was found blocked
// until the port is closed, the process keeps a timer that is exact, where there is one.
var naps struct {
	sync.Mutex
	users int
	timer *nap.Timer // nil: there is none
}

// blocksFor is for how many looks of the monitor a worker that was found blocked makes it likely that the next one
// will be soon.
const blocksFor = 64

// needNaps counts a port whose workers block.
func needNaps() {
	naps.Lock()
	if naps.users++; naps.users == 1 {
		naps.timer = nap.New()
	}
	naps.Unlock()
}

// leaveNaps takes it back.
func leaveNaps() {
	naps.Lock()
	if naps.users--; naps.users == 0 && naps.timer != nil {
		naps.timer.Close()
		naps.timer = nil
	}
	naps.Unlock()
}

// sleepExactly reports whether it could. One goroutine at a time.
func sleepExactly(d time.Duration) bool {
	naps.Lock()
	timer := naps.timer
	naps.Unlock()
	return timer != nil && timer.Sleep(d)
}
