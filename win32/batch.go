// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"sync"

	"iocp"
)

// GetQueuedCompletionStatusEx is GetQueuedCompletionStatus for up to len(entries) packets, in the
// order they came, without waiting for more than one (E01, E02). It stores their number in *removed.
// The batch costs one slot of the concurrency value (C12). An operation that failed is an entry
// like any other, with its NTSTATUS in Internal (E06).
//
// With alertable the wait also ends when an APC is queued to the calling goroutine, which then
// runs: WAIT_IO_COMPLETION (E08). If there are packets too, a goroutine that is a worker of this
// port gets those, and its APCs stay; any other runs its APCs first and does not become one (E10).
//
// Errors, all without a packet: ERROR_INVALID_PARAMETER for no entries (E05); WAIT_TIMEOUT
// (E04); ERROR_ABANDONED_WAIT_0 (E11); ERROR_INVALID_HANDLE (E12); ERROR_ACCESS_DENIED;
// WAIT_IO_COMPLETION. entries belongs to the system until it returns; removed may be nil.
func GetQueuedCompletionStatusEx(completionPort HANDLE, entries []OVERLAPPED_ENTRY, removed *uint32, ms uint32, alertable bool) error {
	if len(entries) == 0 {
		return ERROR_INVALID_PARAMETER
	}
	p, err := portOf(completionPort, IO_COMPLETION_MODIFY_STATE)
	if err != nil {
		return err
	}
	b := batches.Get().(*batch)
	defer batches.Put(b)
	var n int
	if buf := b[:min(len(entries), len(b))]; alertable {
		n, err = p.getAlertable(buf, ms)
	} else {
		n, err = p.p.GetBatch(buf, timeout(ms))
	}
	if err != nil {
		return waitError(err)
	}
	total := b.move(entries, n)
	for n == len(b) && total < len(entries) {
		if n, err = p.p.GetBatch(b[:min(len(entries)-total, len(b))], 0); err != nil {
			break
		}
		total += b.move(entries[total:], n)
	}
	if removed != nil {
		*removed = uint32(total)
	}
	return nil
}

// batch is how many packets are taken at one time. A call may ask for any number (M02).
type batch [64]iocp.Completion

// move makes the first n packets entries.
func (b *batch) move(entries []OVERLAPPED_ENTRY, n int) int {
	for i := range b[:n] {
		packetOf(&b[i]).fill(&entries[i])
		b[i] = iocp.Completion{}
	}
	return n
}

var batches = sync.Pool{New: func() any { return new(batch) }}

// fill makes the packet an entry.
func (k packet) fill(e *OVERLAPPED_ENTRY) {
	*e = OVERLAPPED_ENTRY{
		LpCompletionKey:            k.key,
		LpOverlapped:               k.ov,
		Internal:                   uintptr(k.status),
		DwNumberOfBytesTransferred: uint32(k.n),
	}
}
