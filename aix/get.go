// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package aix

import (
	"sync"
	"syscall"
	"time"

	"iocp"
)

// GetQueuedCompletionStatus waits up to timeout milliseconds for a packet and takes it; 0 polls
// (B06), [INFINITE] waits as long as it takes. Packets come in the order in which they were queued
// (B15). It blocks.
//
// A nil error is the packet of a request that succeeded, or a posted one; *ov may be nil then, if
// nil was posted (B14). After an error *ov says which it is (B02, B03): not nil, a packet was taken
// and the error is the errno of its request, with *count and *key filled; nil, there was no packet,
// and *count and *key are untouched.
//
// Errors without a packet: ETIMEDOUT; EINVAL if h is not a port, or is closed meanwhile, or an
// output is nil. Errors with one: ENOTCONN for a request whose socket was closed or
// disconnected, and what read(2) or write(2) reports. No signal interrupts the wait, so EAGAIN does
// not occur (L05, B19).
func GetQueuedCompletionStatus(h HANDLE, count, key *uint32, ov **OVERLAPPED, timeout uint32) error {
	if ov != nil {
		*ov = nil
	}
	p := lookupPort(h)
	if p == nil || count == nil || key == nil || ov == nil {
		return syscall.EINVAL
	}
	c, err := p.p.Get(duration(timeout))
	if err != nil {
		return errnoOf(err)
	}
	k := unpack(&c)
	*count, *key, *ov = k.count, k.key, k.ov
	if k.errno != 0 {
		return syscall.Errno(k.errno)
	}
	return nil
}

func duration(ms uint32) time.Duration {
	if ms == INFINITE {
		return iocp.Infinite
	}
	return time.Duration(ms) * time.Millisecond
}

// Gmcs is a packet that GetMultipleCompletionStatus has taken: struct gmcs of the page (E07).
type Gmcs struct {
	TransferCount uint32
	CompletionKey uint32
	Errorno       syscall.Errno // of the request; 0 for success (E06)
	Overlapped    *OVERLAPPED
}

// batch is how many packets are taken from a port at a time.
const batch = 64

var batches = sync.Pool{New: func() any { return new([batch]iocp.Completion) }}

// GetMultipleCompletionStatus waits until it has taken nmin packets, and takes up to nmax if
// they are there, in the order in which they were queued. It returns their number; results holds
// them. nmin 0 polls. It blocks, and results is its own until it returns.
//
// If the time is over first it returns what there was, 0 to nmin-1 packets, and ETIMEDOUT. That is
// no failure (E04): a C program finds the same in the result and in errno. Only a number of -1 is
// one: EINVAL if h is not a port, if nmin is greater than nmax, nmax is 0 or greater than
// len(results). If the port is closed meanwhile, the packets that were taken come with EINVAL.
//
// It need not be the only call that waits on the port, as it must on AIX (E14).
func GetMultipleCompletionStatus(h HANDLE, nmin, nmax, timeout uint32, results []Gmcs) (int, error) {
	p := lookupPort(h)
	if p == nil || nmax == 0 || nmin > nmax || uint64(nmax) > uint64(len(results)) {
		return -1, syscall.EINVAL
	}
	buf := batches.Get().(*[batch]iocp.Completion)
	defer batches.Put(buf)
	return p.collect(int(nmin), results[:nmax], duration(timeout), buf[:])
}

// collect fills results until it has nmin packets and no more are queued.
func (p *port) collect(nmin int, results []Gmcs, timeout time.Duration, buf []iocp.Completion) (int, error) {
	start := time.Now()
	got := 0
	for got < len(results) {
		wait := timeout
		if got >= nmin {
			wait = 0
		} else if timeout > 0 && got > 0 {
			wait = max(0, timeout-time.Since(start))
		}
		n, err := p.p.GetBatch(buf[:min(len(buf), len(results)-got)], wait)
		for i := range buf[:n] {
			k := unpack(&buf[i])
			results[got] = Gmcs{k.count, k.key, syscall.Errno(k.errno), k.ov}
			got++
		}
		clear(buf[:n])
		switch {
		case err == nil:
		case err == iocp.ErrTimeout && got >= nmin:
			return got, nil
		case err == iocp.ErrClosed && got == 0:
			return -1, syscall.EINVAL
		default:
			return got, errnoOf(err)
		}
	}
	return got, nil
}
