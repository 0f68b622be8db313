// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"sync"
	"unsafe"
)

// A request is what the system holds while operations on one OVERLAPPED go on, or a packet with
// it is queued: addresses that the garbage collector does not see. The table of requests shows
// it to it, from before the start until the packet has been taken; and whatever is in a
// table is not on a stack.
//
// That costs two map operations for each operation on a file, some 100 ns beside a system call and an
// interrupt, and makes the contract the one of the other systems: a program may drop everything
// and get it back with the packet.
type request struct {
	n       int // operations and packets whose end has not been seen
	obj     *object
	routine CompletionRoutine
	silent  bool // the low bit of hEvent was set (F09)
	held    [4]unsafe.Pointer
	more    []unsafe.Pointer
}

// requests is divided so that threads seldom meet.
var requests [64]requestTable

type requestTable struct {
	mu sync.Mutex
	of map[*OVERLAPPED]request

	// sweepAt is how many there must be before those are looked for that ended without this
	// package's noticing: by an event, or by a look at Internal.
	sweepAt int
}

func tableOf(ov *OVERLAPPED) *requestTable {
	const golden = 0x9E3779B1
	return &requests[uint32(uintptr(unsafe.Pointer(ov))>>4)*golden>>26]
}

// start notes an operation on h with ov, which holds the memory at held, and must end with
// started. A nil ov holds nothing: the call waits.
func start(h HANDLE, ov *OVERLAPPED, routine CompletionRoutine, held ...unsafe.Pointer) *object {
	o := objectOf(h)
	if ov != nil {
		tableOf(ov).add(ov, request{obj: o, routine: routine, silent: ov.HEvent&1 != 0}, held, nil)
	}
	return o
}

func (t *requestTable) add(ov *OVERLAPPED, r request, held []unsafe.Pointer, bufs []WSABUF) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old, ok := t.of[ov]; ok && !old.over(ov) {
		r.n, r.held, r.more = old.n, old.held, old.more // F16
	}
	r.n++
	for _, p := range held {
		r.hold(p)
	}
	for _, b := range bufs {
		r.hold(unsafe.Pointer(b.Buf))
	}
	if t.of == nil {
		t.of = make(map[*OVERLAPPED]request)
	}
	t.of[ov] = r
	if len(t.of) > t.sweepAt {
		t.sweep()
	}
}

// hold adds to what r keeps reachable.
func (r *request) hold(p unsafe.Pointer) {
	for i, q := range r.held {
		if p == nil || p == q {
			return
		}
		if q == nil {
			r.held[i] = p
			return
		}
	}
	r.more = append(r.more, p)
}

// sweep drops what is over.
func (t *requestTable) sweep() {
	for ov, r := range t.of {
		if r.over(ov) {
			delete(t.of, ov)
		}
	}
	t.sweepAt = 2*len(t.of) + 64
}

// over reports whether the system has no more to do with ov.
func (r *request) over(ov *OVERLAPPED) bool {
	return HasOverlappedIoCompleted(ov) && r.routine == nil && !r.packet()
}

// packet reports whether the end is a packet, which somebody can take.
func (r *request) packet() bool { return !r.silent && r.routine == nil && r.obj.sends() }

// startSocket is start for an operation with buffers of a socket.
func startSocket(s SOCKET, ov *OVERLAPPED, routine CompletionRoutine, bufs []WSABUF, held ...unsafe.Pointer) *object {
	o := objectOf(HANDLE(s))
	if ov != nil {
		tableOf(ov).add(ov, request{obj: o, routine: routine, silent: ov.HEvent&1 != 0}, held, bufs)
	}
	return o
}

// started ends start with what the call has returned, and returns that. The request goes on if
// the operation does, or if a packet comes all the same.
func (o *object) started(ov *OVERLAPPED, err error) error {
	if ov == nil {
		return err
	}
	switch err {
	case ERROR_IO_PENDING:
	case nil, ERROR_MORE_DATA, WSAEMSGSIZE: // F02, F04
		tableOf(ov).succeeded(ov, o.modes.Load()&FILE_SKIP_COMPLETION_PORT_ON_SUCCESS != 0)
	default:
		tableOf(ov).failed(ov) // F03
	}
	return err
}

// succeeded ends one operation that is over, unless a routine or a packet tells of it still.
func (t *requestTable) succeeded(ov *OVERLAPPED, skip bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r, ok := t.of[ov]; ok && r.routine == nil && (skip || !r.packet()) {
		t.drop(ov, r)
	}
}

// failed ends one operation, or packet, of which nothing more will be heard.
func (t *requestTable) failed(ov *OVERLAPPED) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r, ok := t.of[ov]; ok {
		t.drop(ov, r)
	}
}

// drop takes one operation off r.
func (t *requestTable) drop(ov *OVERLAPPED, r request) {
	if r.n--; r.n > 0 {
		t.of[ov] = r
	} else {
		delete(t.of, ov)
	}
}

// taken notes that the packet with ov has been taken, or its routine is called, and returns
// the routine and the object. It may be called for an ov that is not known.
func taken(ov *OVERLAPPED) (CompletionRoutine, *object) {
	if ov == nil {
		return nil, nil
	}
	t := tableOf(ov)
	t.mu.Lock()
	defer t.mu.Unlock()
	r, ok := t.of[ov]
	if ok {
		t.drop(ov, r)
	}
	return r.routine, r.obj
}

// seen notes that the outcome of ov has been read. With a packet still to come it stays.
func seen(ov *OVERLAPPED) {
	t := tableOf(ov)
	t.mu.Lock()
	defer t.mu.Unlock()
	if r, ok := t.of[ov]; ok && r.over(ov) {
		delete(t.of, ov)
	}
}
