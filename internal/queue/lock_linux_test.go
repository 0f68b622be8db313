// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// onProcessor runs f on a thread that may use this processor only, and returns the processor time that f took.
func onProcessor(t *testing.T, cpu int, f func()) time.Duration {
	runtime.LockOSThread() // and never unlock: the thread ends with its goroutine
	var only unix.CPUSet
	only.Set(cpu)
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		t.Errorf("sched_setaffinity: %v", err)
	}
	begin := threadTime()
	f()
	return threadTime() - begin
}

func threadTime() time.Duration {
	var ts unix.Timespec
	unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
	return time.Duration(ts.Nano())
}

// The kernel may take the processor from who holds the lock, and give it to who waits for it.
func TestWhoWaitsForALockLetsItsHolderRun(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	cpu := 0
	for !allowed.IsSet(cpu) {
		cpu++
	}
	const holds = 2 * time.Millisecond
	var waited time.Duration
	for range 20 {
		var l Lock
		held := make(chan struct{})
		over := make(chan struct{})
		go func() {
			defer close(over)
			onProcessor(t, cpu, func() {
				l.Lock()
				close(held)
				for begin := threadTime(); threadTime()-begin < holds; {
				}
				l.Unlock()
			})
		}()
		<-held
		took := make(chan time.Duration)
		go func() { took <- onProcessor(t, cpu, l.Lock) }()
		waited += <-took
		<-over
	}
	if waited > 20*holds/8 {
		t.Errorf("those who waited used %v, and the holders %v", waited, 20*holds)
	}
}
