// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package osyield

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"iocp/internal/seccomprun"
)

// asker is a lock whose waiters do nothing but give way to other threads. (With a locked goroutine runtime.Gosched would
// change threads twice.)
type asker struct{ held atomic.Bool }

func (l *asker) Lock() {
	for vain := uint32(0); !l.held.CompareAndSwap(false, true); vain++ {
		thread(vain)
	}
}

func (l *asker) Unlock() { l.held.Store(false) }

// How much sched_yield(2) helps depends on the kernel, and where it is refused not at all.
func TestOthersOnTheProcessorRun(t *testing.T) {
	prepare := map[string]func() error{
		"with the kernel's sched_yield": func() error { return nil },
		"without":                       func() error { return seccomprun.RefuseThread(unix.EPERM, unix.SYS_SCHED_YIELD) },
	}
	for name, prepare := range prepare {
		t.Run(name, func(t *testing.T) {
			part, err := share(prepare)
			if err != nil {
				t.Skipf("this kernel or sandbox does not permit it: %v", err)
			}
			if part > 1./4 {
				t.Errorf("who waited used %.2f of what the holder did", part)
			}
		})
	}
}

const (
	rounds = 9
	holds  = 20 * time.Millisecond // longer than the kernel lets a thread run that is not alone
)

// share has two threads on one processor, of which one holds the lock for 20 ms of processor time and the other waits for
// it, nine times with a lock of its own. It returns the waiter's processor time as a part of the holder's: the least of them,
// since a processor that a hypervisor takes away counts as used. One that asks and never gives way is at a half or above.
// The waiter first calls prepare on its thread, which ends after that; its error is returned.
func share(prepare func() error) (float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	least := time.Duration(math.MaxInt64)
	for range rounds {
		took, err := round(new(asker), prepare)
		if err != nil {
			return 0, err
		}
		least = min(least, took)
	}
	return float64(least) / float64(holds), nil
}

func round(l *asker, prepare func() error) (took time.Duration, err error) {
	held := make(chan struct{})
	var over sync.WaitGroup
	var notHeld error
	over.Go(func() { notHeld = hold(l, held) })
	<-held
	over.Go(func() {
		if err = onFirstProcessor(); err == nil {
			err = prepare()
		}
		begin := threadTime()
		l.Lock()
		took = threadTime() - begin
		l.Unlock()
	})
	over.Wait()
	if err == nil {
		err = notHeld
	}
	return took, err
}

func hold(l *asker, held chan<- struct{}) error {
	err := onFirstProcessor()
	l.Lock()
	defer l.Unlock()
	close(held)
	for begin := threadTime(); threadTime()-begin < holds; {
	}
	return err
}

// onFirstProcessor locks the goroutine to a thread that ends with it, and that to the first processor that it may use.
func onFirstProcessor() error {
	runtime.LockOSThread()
	var allowed, only unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return fmt.Errorf("sched_getaffinity: %w", err)
	}
	cpu := 0
	for !allowed.IsSet(cpu) {
		cpu++
	}
	only.Set(cpu)
	if err := unix.SchedSetaffinity(0, &only); err != nil {
		return fmt.Errorf("sched_setaffinity: %w", err)
	}
	return nil
}

func threadTime() time.Duration {
	var ts unix.Timespec
	unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
	return time.Duration(ts.Nano())
}
