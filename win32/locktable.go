// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// lockTable has the locked ranges of a file, and who waits for one.
type lockTable struct {
	count atomic.Int32 // of held: reads and writes look no further if it is 0

	mu      sync.Mutex
	held    []rangeLock
	waiting []waitingLock // oldest first
	timer   *time.Timer   // while somebody waits for another process
}

type waitingLock struct {
	rangeLock
	op *operation
}

// foreignPause is how often the locks of other processes are looked at: nobody tells when they end.
const foreignPause = 25 * time.Millisecond

// lock is a device's start of op: it takes l, or waits for it unless that is not wanted.
func (t *lockTable) lock(l rangeLock, op *operation, now bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.owner.released {
		return ERROR_INVALID_HANDLE
	}
	switch err := t.take(l); {
	case err == nil:
		return op.doneNow(STATUS_SUCCESS, 0)
	case err != errLocked && err != errLockedElsewhere:
		return err
	case now:
		return op.doneNow(STATUS_LOCK_NOT_GRANTED, 0)
	case err == errLockedElsewhere:
		t.watch()
	}
	t.waiting = append(t.waiting, waitingLock{l, op})
	return nil
}

// take makes l held, or says why it cannot be.
func (t *lockTable) take(l rangeLock) error {
	for i := range t.held {
		if l.conflicts(&t.held[i]) {
			return errLocked
		}
	}
	t.setHeld(append(t.held, l))
	if err := t.publish(l.owner, l.lockRange); err != nil {
		t.setHeld(t.held[:len(t.held)-1])
		t.publish(l.owner, l.lockRange)
		return err
	}
	return nil
}

func (t *lockTable) setHeld(held []rangeLock) {
	t.held = held
	t.count.Store(int32(len(held)))
}

// unlock gives up one lock, an exclusive one first.
func (t *lockTable) unlock(r lockRange, owner *opened) bool {
	t.mu.Lock()
	i := -1
	for j, l := range t.held {
		if l.owner == owner && l.lockRange == r && (i < 0 || l.exclusive && !t.held[i].exclusive) {
			i = j
		}
	}
	if i < 0 {
		t.mu.Unlock()
		return false
	}
	t.setHeld(slices.Delete(t.held, i, i+1))
	t.publish(owner, r)
	t.advance()
	return true
}

// advance grants what can be had now. It gives back t.mu.
func (t *lockTable) advance() {
	type end struct {
		op     *operation
		status NTSTATUS
	}
	var ends []end
	elsewhere := false
	t.waiting = slices.DeleteFunc(t.waiting, func(w waitingLock) bool {
		switch err := t.take(w.rangeLock); err {
		case nil:
			ends = append(ends, end{w.op, STATUS_SUCCESS})
		case errLocked:
			return false
		case errLockedElsewhere:
			elsewhere = true
			return false
		default:
			ends = append(ends, end{w.op, statusOf(err)})
		}
		return true
	})
	if elsewhere {
		t.watch()
	}
	t.mu.Unlock()
	for _, e := range ends {
		e.op.complete(e.status, 0)
	}
}

// watch looks again a little later. Locked.
func (t *lockTable) watch() {
	if t.timer == nil {
		t.timer = time.AfterFunc(foreignPause, func() {
			t.mu.Lock()
			t.timer = nil
			t.advance()
		})
	}
}

// cancel ends the waiting of owner's operations that match, and returns their number.
func (t *lockTable) cancel(owner *opened, match func(*operation) bool, status NTSTATUS) int {
	var ended []*operation
	t.mu.Lock()
	t.waiting = slices.DeleteFunc(t.waiting, func(w waitingLock) bool {
		found := w.owner == owner && match(w.op)
		if found {
			ended = append(ended, w.op)
		}
		return found
	})
	t.mu.Unlock()
	for _, op := range ended {
		op.complete(status, 0)
	}
	return len(ended)
}

// releaseAll gives up what owner has, and ends its waiting, for good.
func (t *lockTable) releaseAll(owner *opened) {
	t.mu.Lock()
	owner.released = true
	t.mu.Unlock()
	t.cancel(owner, func(*operation) bool { return true }, STATUS_CANCELLED)
	t.mu.Lock()
	had := len(t.held)
	t.setHeld(slices.DeleteFunc(t.held, func(l rangeLock) bool { return l.owner == owner }))
	if len(t.held) == had {
		t.mu.Unlock()
		return
	}
	t.publish(owner, lockRange{last: ^uint64(0)})
	t.advance()
}

// forbid reports whether a lock forbids owner to read, or write, n bytes at off.
func (t *lockTable) forbid(owner *opened, off int64, n int, writes bool) bool {
	if t.count.Load() == 0 || n == 0 {
		return false
	}
	r := lockRange{first: uint64(off), last: uint64(off) + uint64(n) - 1}
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.held, func(l rangeLock) bool {
		if !l.overlaps(r) {
			return false
		}
		if l.exclusive {
			return l.owner != owner
		}
		return writes
	})
}
