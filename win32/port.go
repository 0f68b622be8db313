// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"math"
	"time"

	"iocp"
)

// port is a completion port.
type port struct {
	counted
	p *iocp.Port
}

func (p *port) lastClose() {
	p.unwatch()
	p.p.Close()
}

// portOf returns the port behind h, if the handle has the right (A10, A26).
func portOf(h HANDLE, right uint32) (*port, error) {
	e := handles.lookup(h)
	if e == nil {
		return nil, ERROR_INVALID_HANDLE
	}
	switch {
	case e.port == nil:
		return nil, ERROR_INVALID_HANDLE
	case e.access&right == 0:
		return nil, ERROR_ACCESS_DENIED
	}
	return e.port, nil
}

// CreateIoCompletionPort creates a completion port, associates a file with one, or both.
//
//   - CreateIoCompletionPort(INVALID_HANDLE_VALUE, 0, 0, n) creates a port whose concurrency
//     value is n; 0 means the number of processors (A01, A29). The key is ignored (A02).
//   - CreateIoCompletionPort(file, port, key, 0) associates the file, whose operations send their
//     packets with the key from then on, and returns port (A04). n is ignored (A30).
//   - CreateIoCompletionPort(file, 0, key, n) does both (A05); when it fails no port is left
//     behind (A15).
//
// file is a handle that was opened for overlapped I/O: of a file or directory, a socket, a pipe, a
// mailslot (A17, A20, A21, A23). It belongs to one port until its last handle is closed, also when
// the port is closed before (A13, A16), and so do its duplicates (A14). No access right on it
// is needed (A25). The key is carried and never looked at (A27, A28).
//
// The first association of a port makes the system's resources for I/O. The call does not block.
//
// Errors (the handle is 0: A06): ERROR_INVALID_PARAMETER for a file that is associated already, or not
// opened for overlapped I/O, and for INVALID_HANDLE_VALUE with a port (A03); ERROR_INVALID_HANDLE
// for a file or port that is none (A07 to A11), and then the file is as it was (A09);
// ERROR_ACCESS_DENIED if the port's handle lacks IO_COMPLETION_MODIFY_STATE.
func CreateIoCompletionPort(fileHandle HANDLE, existing HANDLE, key uintptr, concurrent uint32) (HANDLE, error) {
	if existing != 0 {
		if err := associateExisting(fileHandle, existing, key); err != nil {
			return 0, err
		}
		return existing, nil
	}
	if fileHandle == INVALID_HANDLE_VALUE {
		return createPort(concurrent, nil, 0)
	}
	f, _, err := fileOf(fileHandle)
	if err != nil {
		return 0, err
	}
	return createPort(concurrent, f, key)
}

func associateExisting(fileHandle, existing HANDLE, key uintptr) error {
	p, err := portOf(existing, IO_COMPLETION_MODIFY_STATE)
	if err != nil {
		return err
	}
	if fileHandle == INVALID_HANDLE_VALUE {
		return ERROR_INVALID_PARAMETER
	}
	f, _, err := fileOf(fileHandle)
	if err != nil {
		return err
	}
	return f.associate(p, key)
}

func createPort(concurrent uint32, f *file, key uintptr) (HANDLE, error) {
	q, err := iocp.NewPort(iocp.Config{Concurrency: int(min(concurrent, math.MaxInt32))})
	if err != nil {
		return 0, statusOf(err).Errno()
	}
	p := &port{p: q}
	if f != nil {
		if err := f.associate(p, key); err != nil {
			q.Close()
			return 0, err
		}
	}
	return open(p, IO_COMPLETION_ALL_ACCESS)
}

// GetQueuedCompletionStatus waits up to ms milliseconds, or without end for INFINITE, for a packet
// of the port and takes it (B06 to B10). The calling goroutine becomes a worker of the port,
// which counts against its concurrency value (B17, C02 to C10).
//
//   - nil: a packet of an operation that succeeded, or a posted one (B01). *ov may be nil all
//     the same (B14).
//   - an error with *ov not nil: a packet of an operation that failed, and why (B03); *bytes and *key
//     are valid.
//   - an error with *ov nil: no packet (B02). *bytes and *key are not written (B11).
//
// Errors without a packet: WAIT_TIMEOUT; ERROR_ABANDONED_WAIT_0 when the port was closed during
// the wait (B04); ERROR_INVALID_HANDLE (B12, B13); ERROR_ACCESS_DENIED (A26). Any of bytes, key and ov may be
// nil. It is not alertable (B19).
func GetQueuedCompletionStatus(completionPort HANDLE, bytes *uint32, key *uintptr, ov **OVERLAPPED, ms uint32) error {
	if ov != nil {
		*ov = nil
	}
	p, err := portOf(completionPort, IO_COMPLETION_MODIFY_STATE)
	if err != nil {
		return err
	}
	c, err := p.p.Get(timeout(ms))
	if err != nil {
		return waitError(err)
	}
	k := packetOf(&c)
	if key != nil {
		*key = k.key
	}
	if ov != nil {
		*ov = k.ov
	}
	if bytes != nil {
		*bytes = uint32(k.n) // B22
	}
	if int32(k.status) < 0 {
		return k.status.Errno().err() // B20, B21
	}
	return nil
}

// timeout is ms as package iocp takes it.
func timeout(ms uint32) time.Duration {
	if ms == INFINITE {
		return iocp.Infinite
	}
	return time.Duration(ms) * time.Millisecond
}

// waitError is the code of a wait that brought no packet.
func waitError(err error) error { return errnoOf(err).err() }

// PostQueuedCompletionStatus queues a packet with the three values as they are; nothing is looked
// at or written through ov (D01, D02). It comes out behind all packets that came before (D08),
// with success (D03). The queue is bounded by memory alone (D09). It does not block.
//
// ov may be nil, and need not be the OVERLAPPED of an operation. But it is a pointer for Go's
// garbage collector too: numbers belong into the key.
//
// Errors: ERROR_INVALID_HANDLE (D04, D05, D13); ERROR_ACCESS_DENIED (D06).
func PostQueuedCompletionStatus(completionPort HANDLE, bytes uint32, key uintptr, ov *OVERLAPPED) error {
	return post(completionPort, key, ov, STATUS_SUCCESS, uintptr(bytes))
}

func post(completionPort HANDLE, key uintptr, ov *OVERLAPPED, status NTSTATUS, n uintptr) error {
	p, err := portOf(completionPort, IO_COMPLETION_MODIFY_STATE)
	if err != nil {
		return err
	}
	if p.post(packet{key, ov, status, n}) != nil {
		return ERROR_INVALID_HANDLE // closed since it was looked up
	}
	return nil
}
