// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/sys/nt"
)

// CreateIoCompletionPort creates a port (INVALID_HANDLE_VALUE, 0), associates a file with one
// that exists, or does both (existing is 0), and returns the port; 0 when it fails (A01 to
// A06). concurrent is the concurrency value of a new port, 0 for the number of processors.
// key comes back with every packet of the file. The file must have been opened for overlapped I/O
// (A17).
//
// What the port counts are the system's threads. A goroutine that works for a port with a
// concurrency value that matters calls runtime.LockOSThread.
//
// Errors: ERROR_INVALID_PARAMETER for a file that cannot be associated, or is already (A13);
// ERROR_INVALID_HANDLE (A07 to A11); ERROR_ACCESS_DENIED (A26). It does not block.
func CreateIoCompletionPort(fileHandle HANDLE, existing HANDLE, key uintptr, concurrent uint32) (HANDLE, error) {
	port := objectOf(existing)
	if existing == 0 {
		port = new(object)
		port.port.Store(port)
	}
	undo := func() {}
	if fileHandle != INVALID_HANDLE_VALUE {
		_, undo = associating(fileHandle, port)
	}
	h, err := windows.CreateIoCompletionPort(windows.Handle(fileHandle), windows.Handle(existing), key, concurrent)
	if err != nil {
		undo()
		return 0, codeOf(err)
	}
	if existing == 0 {
		opened(HANDLE(h), port)
	}
	return HANDLE(h), nil
}

// associating notes that the packets of h's operations go to port, before the first can, and
// returns what takes that back.
func associating(h HANDLE, port *object) (o *object, undo func()) {
	if o = objectOf(h); o == foreign {
		o = new(object)
		o.port.Store(port)
		opened(h, o)
		return o, func() { forget(h) }
	}
	if !o.port.CompareAndSwap(nil, port) {
		return o, func() {}
	}
	return o, func() { o.port.CompareAndSwap(port, nil) }
}

// GetQueuedCompletionStatus waits up to ms milliseconds, or without end for INFINITE, for a
// packet and takes it. nil is the packet of an operation that succeeded, or a posted one,
// whose *ov may be nil (B01, B14); an error with *ov not nil is the packet of one that failed, and
// why (B03); an error with *ov nil is no packet, and *bytes and *key are as they were (B02,
// B11). Any of bytes, key and ov may be nil. It is not alertable.
//
// Errors without a packet: WAIT_TIMEOUT; ERROR_ABANDONED_WAIT_0 (B04); ERROR_INVALID_HANDLE
// (B12); ERROR_ACCESS_DENIED (A26).
func GetQueuedCompletionStatus(completionPort HANDLE, bytes *uint32, key *uintptr, ov **OVERLAPPED, ms uint32) error {
	var p packet
	if bytes != nil {
		p.bytes = *bytes
	}
	if key != nil {
		p.key = *key
	}
	r, _, e := syscall.SyscallN(nt.GetQueuedCompletionStatus.Addr(), uintptr(completionPort),
		uintptr(unsafe.Pointer(&p.bytes)), uintptr(unsafe.Pointer(&p.key)), uintptr(unsafe.Pointer(&p.ov)), uintptr(ms))
	if ov != nil {
		*ov = p.ov
	}
	taken(p.ov) // not before it is reachable otherwise
	if key != nil {
		*key = p.key
	}
	if bytes != nil {
		*bytes = p.bytes
	}
	return boolean(r, e)
}

// packet is where the system puts one, or, without one, nothing. It needs all three places.
type packet struct {
	bytes uint32
	key   uintptr
	ov    *OVERLAPPED
}

// GetQueuedCompletionStatusEx takes up to len(entries) packets, in the order they came, without
// waiting for more than one, and stores their number in *removed, which may be nil (E01, E02). An
// operation that failed is an entry with its NTSTATUS in Internal (E06).
//
// With alertable the wait also ends when APCs have run: WAIT_IO_COMPLETION. They are those of
// the thread, so the goroutine must have called runtime.LockOSThread (E08, E10).
//
// Errors, without a packet: ERROR_INVALID_PARAMETER for no entries (E05); WAIT_TIMEOUT;
// ERROR_ABANDONED_WAIT_0 (E11); ERROR_INVALID_HANDLE; ERROR_ACCESS_DENIED; WAIT_IO_COMPLETION.
func GetQueuedCompletionStatusEx(completionPort HANDLE, entries []OVERLAPPED_ENTRY, removed *uint32, ms uint32, alertable bool) error {
	if len(entries) == 0 {
		return ERROR_INVALID_PARAMETER // Wine says otherwise, with garbage
	}
	n := counts.Get().(*uint32)
	defer counts.Put(n)
	*n = 0
	r, e := callback(nt.GetQueuedCompletionStatusEx.Addr(), uintptr(completionPort), uintptr(unsafe.Pointer(&entries[0])),
		uintptr(uint32(min(uint64(len(entries)), 1<<32-1))), uintptr(unsafe.Pointer(n)), uintptr(ms), truth(alertable))
	if int32(r) == 0 {
		return failure(e)
	}
	for i := range entries[:*n] {
		taken(entries[i].LpOverlapped)
	}
	if removed != nil {
		*removed = *n
	}
	return nil
}

var counts = sync.Pool{New: func() any { return new(uint32) }}

// callback calls the function at address, in which Go functions may run as APCs. The stack may
// move then, so whatever an argument points to is made to lie elsewhere. A function of fewer
// arguments does not see the others.
//
//go:uintptrescapes
func callback(address, a, b, c, d, e, f uintptr) (uintptr, syscall.Errno) {
	r, _, errno := syscall.SyscallN(address, a, b, c, d, e, f)
	return r, errno
}

func truth(b bool) uintptr {
	if b {
		return 1
	}
	return 0
}

// PostQueuedCompletionStatus queues a packet with the three values as they are (D01). ov may be nil
// and need not be an OVERLAPPED of an operation; it is kept reachable until the packet is taken
// or the port closed. It does not block.
//
// Errors: ERROR_INVALID_HANDLE (D04, D05, D13); ERROR_ACCESS_DENIED (D06).
func PostQueuedCompletionStatus(completionPort HANDLE, bytes uint32, key uintptr, ov *OVERLAPPED) error {
	if ov != nil {
		tableOf(ov).add(ov, request{obj: objectOf(completionPort)}, nil, nil)
	}
	r, _, e := syscall.SyscallN(nt.PostQueuedCompletionStatus.Addr(), uintptr(completionPort),
		uintptr(bytes), key, uintptr(unsafe.Pointer(ov)))
	err := boolean(r, e)
	if err != nil && ov != nil {
		tableOf(ov).failed(ov)
	}
	return err
}
