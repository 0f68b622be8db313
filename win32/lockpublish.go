// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"errors"
	"math"
	"slices"

	"golang.org/x/sys/unix"
)

var (
	errLocked          = errors.New("win32: locked by an open file of this process")
	errLockedElsewhere = errors.New("win32: locked by another process")
)

// publish makes the kernel's locks on r those that owner has there: fcntl(2), F_OFD_SETLK. The
// kernel has one lock for each byte where owner may have several, so r is done in pieces, each
// with the strongest. To weaken or give up a lock cannot fail.
func (t *lockTable) publish(owner *opened, r lockRange) error {
	if r.empty || r.first > math.MaxInt64 {
		return nil // the kernel has no such bytes
	}
	r.last = min(r.last, math.MaxInt64)
	return owner.withFD(func(fd int) error {
		for first, more := r.first, true; more; {
			piece := lockRange{first: first, last: t.pieceEnd(owner, first, r.last)}
			if err := setKernelLock(fd, piece, t.strongest(owner, first), owner.access); err != nil {
				return err
			}
			first, more = piece.last+1, piece.last < r.last
		}
		return nil
	})
}

// pieceEnd is the last byte, at most last, up to which owner has the same locks as on first.
func (t *lockTable) pieceEnd(owner *opened, first, last uint64) uint64 {
	for _, l := range t.held {
		if l.owner != owner || l.empty {
			continue
		}
		if l.first > first {
			last = min(last, l.first-1)
		} else if l.last >= first {
			last = min(last, l.last)
		}
	}
	return last
}

// strongest is the type of the kernel's lock that owner should have on a byte.
func (t *lockTable) strongest(owner *opened, at uint64) int16 {
	held := func(exclusive bool) bool {
		return slices.ContainsFunc(t.held, func(l rangeLock) bool {
			return l.owner == owner && l.exclusive == exclusive && l.overlaps(lockRange{first: at, last: at})
		})
	}
	switch {
	case held(true):
		return unix.F_WRLCK
	case held(false):
		return unix.F_RDLCK
	}
	return unix.F_UNLCK
}

// setKernelLock makes one lock. The kernel wants a descriptor that can write for an exclusive one and
// one that can read for a shared one; without it the other kind has to do.
func setKernelLock(fd int, r lockRange, kind int16, access uint32) error {
	switch {
	case kind == unix.F_WRLCK && access&FILE_SHARE_WRITE == 0:
		kind = unix.F_RDLCK
	case kind == unix.F_RDLCK && access&FILE_SHARE_READ == 0:
		kind = unix.F_WRLCK
	}
	lock := unix.Flock_t{Type: kind, Start: int64(r.first), Len: int64(r.last - r.first + 1)}
	if r.last == math.MaxInt64 {
		lock.Len = 0 // without end
	}
	err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &lock)
	if err == unix.EAGAIN || err == unix.EACCES {
		return errLockedElsewhere
	}
	return err
}
