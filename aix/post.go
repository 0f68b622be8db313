// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"syscall"

	"iocp"
)

// PostQueuedCompletionStatus queues a packet with the given values, which are not looked at and
// come back as they are (D01, D02); ov may be nil (B14). It does not wait, and the queue is bounded by
// memory alone (D09).
//
// Errors: EBADF if h is NULL, EINVAL if it is not a port: the reverse of
// CreateIoCompletionPort, as the pages have it (L10).
func PostQueuedCompletionStatus(h HANDLE, count, key uint32, ov *OVERLAPPED) error {
	if h == NULL {
		return syscall.EBADF
	}
	p := lookupPort(h)
	if p == nil {
		return syscall.EINVAL
	}
	k := postedPackets.Get().(*packet)
	*k = packet{count: count, key: key, ov: ov}
	if err := p.p.Post(iocp.Completion{Key: k}); err != nil {
		*k = packet{}
		postedPackets.Put(k)
		return errnoOf(err)
	}
	return nil
}
