// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"iocp/internal/engine"
	"iocp/internal/engine/enginetest"
)

// onThread runs f on a thread that does nothing else and ends with it.
func onThread(f func()) (tid int, finished chan bool) {
	ids, finished := make(chan int), make(chan bool)
	go endingThread(ids, func() {
		f()
		close(finished)
	})
	return <-ids, finished
}

func endingThread(ids chan<- int, f func()) {
	runtime.LockOSThread() // not unlocked: the thread ends with the goroutine
	if syscall.Gettid() != syscall.Getpid() {
		ids <- syscall.Gettid()
		f()
		return
	}
	// The process's first thread never ends. Another goroutine gets another thread
	// while this one is held.
	done := make(chan bool)
	go func() {
		endingThread(ids, f)
		close(done)
	}()
	<-done
	runtime.UnlockOSThread()
}

// A thread submits a receive and computes. Its completion is deferred until the thread
// enters the kernel, and Nudge sees to that.
func TestNudgeBringsTheCompletionOfAComputingThread(t *testing.T) {
	if runtime.NumCPU() < 2 || runtime.GOMAXPROCS(0) < 2 {
		t.Skip("one processor: nobody can run beside a thread that computes")
	}
	var barriers atomic.Uint64
	k := withBarrier(func(cmd uintptr) (uintptr, syscall.Errno) {
		if cmd == membarrierPrivateExpedited {
			barriers.Add(1)
		}
		return membarrier(cmd)
	})
	p := newPortWith(t, k, Options{})
	if !p.barrier.available() {
		t.Skip("no membarrier(2) here")
	}
	<-p.barrier.done
	a, b := p.Pair()
	op := enginetest.Op(engine.Recv, a, make([]byte, 1))
	deferred := 0
	for range 20 {
		var stop, computing atomic.Bool
		_, finished := onThread(func() {
			p.Start(op)
			computing.Store(true)
			for !stop.Load() {
			}
		})
		p.Eventually("the thread computes", computing.Load)
		p.Send(b, "x")
		if p.Work() {
			deferred++
		}
		nudges, issued := p.Stats().Nudges, barriers.Load()
		end := time.Now().Add(30 * time.Second)
		for p.Ready() == 0 && time.Now().Before(end) {
			p.Nudge()
		}
		if p.Ready() != 1 {
			t.Errorf("no completion in spite of Nudge; stats %+v", p.Stats())
		}
		if got := p.Stats().Nudges - nudges; barriers.Load()-issued != got {
			t.Errorf("%d nudges and %d barriers", got, barriers.Load()-issued)
		}
		stop.Store(true)
		<-finished
		if c := p.Wait(1); c[0].Res != 1 {
			t.Errorf("recv ended with %d, want 1", c[0].Res)
		}
	}
	t.Logf("%d of 20 deferred, %d nudges", deferred, p.Stats().Nudges)
}

func TestNudgeWithNothingDeferredDoesNothing(t *testing.T) {
	p := newPort(t, Options{})
	p.Nudge()
	if n := p.Stats().Nudges; n != 0 {
		t.Errorf("%d nudges with nothing in flight", n)
	}
}

// The thread that submitted a receive ends while it is pending. The receive stays, and ends when
// data comes: with -ECANCELED and the data still there (Linux since the kernel's own
// worker finishes such requests), or with the data.
func TestOperationOfAThreadThatEnded(t *testing.T) {
	p := newPort(t, Options{})
	for range 5 {
		a, b := p.Pair()
		buf := make([]byte, 8)
		op := enginetest.Op(engine.Recv, a, buf)
		tid, _ := onThread(func() { p.Start(op) })
		p.Eventually("the thread has ended", func() bool {
			_, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", tid))
			return os.IsNotExist(err)
		})
		p.None()
		p.Send(b, "data")
		c := p.Wait(1)
		if c[0].Op != op {
			t.Fatalf("another operation ended: %+v", c[0])
		}
		t.Logf("ended with %d", c[0].Res)
		if c[0].Res == -int32(syscall.ECANCELED) {
			if c[0].Res = p.Do(op); c[0].Res != 4 {
				t.Errorf("queued again: %d, want the 4 bytes that came", c[0].Res)
			}
		}
		if c[0].Res != 4 || string(buf[:4]) != "data" {
			t.Errorf("received %d %q", c[0].Res, buf)
		}
	}
	p.None()
	if p.barrier.available() {
		<-p.barrier.done
		p.Nudge()
		if p.Work() {
			t.Error("the kernel's flag for deferred work stays set for ever")
		}
	}
}

// What a thread submitted can be cancelled after its end.
func TestCancelOfAnOperationOfAThreadThatEnded(t *testing.T) {
	p := newPort(t, Options{})
	a, _ := p.Pair()
	op := enginetest.Op(engine.Recv, a, make([]byte, 8))
	tid, _ := onThread(func() { p.Start(op) })
	p.Eventually("the thread has ended", func() bool {
		_, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", tid))
		return os.IsNotExist(err)
	})
	p.CancelAll(op)
	if c := p.Wait(1); c[0].Res != -int32(syscall.ECANCELED) {
		t.Errorf("ended with %d, want -ECANCELED", c[0].Res)
	}
}
