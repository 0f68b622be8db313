// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import "sync/atomic"

// lockable is a device with ranges that can be locked.
type lockable interface {
	locks() (*lockTable, *opened)
}

// LockFileEx locks the bytes of a disk file from the offset in ov on, as many as the two halves of
// the length say, which may be behind its end. Locks belong to the open file, so all duplicates
// of h have them. An exclusive lock tolerates no other on any of its bytes, and no reading or
// writing by other open files of this process; a shared one tolerates shared ones, and no
// writing by anybody. The holder of an exclusive lock may add a shared one. Other processes see
// the locks as those of fcntl(2), F_OFD_SETLK, which only keep locks out.
//
// nil: locked, and on an associated handle a packet is queued (F02, G15). ERROR_IO_PENDING: the packet, or
// whatever else was asked for, comes when the range is free; a handle without FILE_FLAG_OVERLAPPED
// waits in the call. Waiting ends with [CancelIoEx] and with the last [CloseHandle], which
// also gives up the locks. Who waits for a lock of another process learns of its end up to some
// 50 ms later.
//
// Errors: ERROR_LOCK_VIOLATION with LOCKFILE_FAIL_IMMEDIATELY, without a packet; ERROR_INVALID_PARAMETER for
// a nil ov, a reserved argument that is not 0, undefined flags, something that is not a
// disk file; ERROR_INVALID_LOCK_RANGE for a range beyond 2⁶⁴ bytes; ERROR_ACCESS_DENIED for a handle
// that can neither read nor write; ERROR_INVALID_HANDLE.
func LockFileEx(h HANDLE, flags, reserved, bytesLow, bytesHigh uint32, ov *OVERLAPPED) error {
	f, t, o, err := lockableOf(h, reserved, ov)
	if err != nil {
		return err
	}
	if flags&^(LOCKFILE_FAIL_IMMEDIATELY|LOCKFILE_EXCLUSIVE_LOCK) != 0 {
		return ERROR_INVALID_PARAMETER
	}
	op, err := f.begin(ov)
	if err != nil {
		return err
	}
	blocking := op.blocking
	r, err := rangeOf(ov, bytesLow, bytesHigh)
	if err == nil {
		l := rangeLock{lockRange: r, owner: o, exclusive: flags&LOCKFILE_EXCLUSIVE_LOCK != 0}
		err = t.lock(l, op, flags&LOCKFILE_FAIL_IMMEDIATELY != 0)
	}
	return op.started(blocking, err, nil)
}

// UnlockFileEx gives up one lock of exactly the range that [LockFileEx] was given; if there is an
// exclusive and a shared one, the exclusive. It sends no packet, and does not block.
//
// Errors: ERROR_NOT_LOCKED; those of LockFileEx.
func UnlockFileEx(h HANDLE, reserved, bytesLow, bytesHigh uint32, ov *OVERLAPPED) error {
	_, t, o, err := lockableOf(h, reserved, ov)
	if err != nil {
		return err
	}
	r, err := rangeOf(ov, bytesLow, bytesHigh)
	if err != nil {
		return err
	}
	if !t.unlock(r, o) {
		return ERROR_NOT_LOCKED
	}
	atomic.StoreUintptr(&ov.InternalHigh, 0)
	atomic.StoreUintptr(&ov.Internal, uintptr(STATUS_SUCCESS))
	return nil
}

func lockableOf(h HANDLE, reserved uint32, ov *OVERLAPPED) (*file, *lockTable, *opened, error) {
	f, access, err := fileOf(h)
	if err != nil {
		return nil, nil, nil, err
	}
	d, ok := f.dev.(lockable)
	switch {
	case !ok, ov == nil, reserved != 0:
		return nil, nil, nil, ERROR_INVALID_PARAMETER
	case access&(FILE_READ_DATA|FILE_WRITE_DATA) == 0:
		return nil, nil, nil, ERROR_ACCESS_DENIED
	}
	t, o := d.locks()
	return f, t, o, nil
}

// lockRange is bytes of a file from first to last, or none.
type lockRange struct {
	first, last uint64
	empty       bool
}

func rangeOf(ov *OVERLAPPED, low, high uint32) (lockRange, error) {
	first := uint64(ov.OffsetHigh)<<32 | uint64(ov.Offset)
	n := uint64(high)<<32 | uint64(low)
	if n == 0 {
		return lockRange{first: first, empty: true}, nil
	}
	last := first + n - 1
	if last < first {
		return lockRange{}, ERROR_INVALID_LOCK_RANGE
	}
	return lockRange{first: first, last: last}, nil
}

// overlaps reports whether there is a byte in both.
func (r lockRange) overlaps(s lockRange) bool {
	return !r.empty && !s.empty && r.first <= s.last && s.first <= r.last
}

// rangeLock is a lock that somebody has or waits for.
type rangeLock struct {
	lockRange
	owner     *opened
	exclusive bool
}

// conflicts reports whether l cannot be had while held is.
func (l *rangeLock) conflicts(held *rangeLock) bool {
	if !l.overlaps(held.lockRange) || !l.exclusive && !held.exclusive {
		return false
	}
	return l.exclusive || l.owner != held.owner
}
