// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package uring

import (
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Commands of membarrier(2).
const (
	membarrierQuery             = 0
	membarrierPrivateExpedited  = 1 << 3
	membarrierRegisterExpedited = 1 << 4
)

// barrier is membarrier(2) for this process: after issue, every thread of the process has
// executed a full memory barrier between the call's begin and its end, wherever it was,
// and a thread that ran in user mode has passed the kernel's exit path.
type barrier struct {
	call      func(cmd uintptr) (uintptr, syscall.Errno)
	available func() bool

	once sync.Once
	done chan struct{} // closed when ok is known
	ok   bool
}

var hostBarrier = newBarrier(membarrier)

func newBarrier(call func(uintptr) (uintptr, syscall.Errno)) *barrier {
	b := &barrier{call: call, done: make(chan struct{})}
	b.available = sync.OnceValue(func() bool {
		const need = membarrierPrivateExpedited | membarrierRegisterExpedited
		mask, errno := call(membarrierQuery)
		return errno == 0 && mask&need == need
	})
	return b
}

func membarrier(cmd uintptr) (uintptr, syscall.Errno) {
	r, _, errno := syscall.Syscall(unix.SYS_MEMBARRIER, cmd, 0, 0)
	return r, errno
}

// register announces the process to the kernel, once. In a process with several threads
// the kernel waits for an RCU grace period meanwhile, some 10 ms, so nobody waits here.
func (b *barrier) register() {
	b.once.Do(func() {
		go func() {
			if b.available() {
				_, errno := b.call(membarrierRegisterExpedited)
				b.ok = errno == 0
			}
			close(b.done)
		}()
	})
}

// registered reports whether issue can be expected to work. It does not wait.
func (b *barrier) registered() bool {
	select {
	case <-b.done:
		return b.ok
	default:
		return false
	}
}

// issue runs the barrier and reports whether it did. Where no other thread of the process
// runs it costs one short system call; otherwise an interrupt on each processor that
// runs one.
func (b *barrier) issue() bool {
	if !b.registered() {
		return false
	}
	_, errno := b.call(membarrierPrivateExpedited)
	return errno == 0
}

// wait is issue, after the registration is over.
func (b *barrier) wait() bool {
	<-b.done
	return b.issue()
}
