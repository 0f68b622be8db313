// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"iocp"
	"iocp/internal/hook"
	"iocp/internal/worker"
)

// operation is one request on a file, or one posted packet. It is what package iocp calls an
// operation, and comes back from a port as Completion.Op; the program's OVERLAPPED is only where
// it reads its outcome. So one OVERLAPPED may be in several requests (F16), and
// operations can be used again and again.
//
// Its life: begin makes it; a device starts it; then exactly one of
//   - reject: it failed at once, and nobody hears of it again (F03);
//   - settle, by whoever ends it: status block, event, and a packet, an APC or neither.
//
// After it has been started only its end may touch it, since that may come at any time and the
// operation may serve the next request by then.
type operation struct {
	iocp.Overlapped

	ov      *OVERLAPPED
	own     OVERLAPPED // where the caller has none
	file    *file
	link    *link // of file, when it began
	event   *event
	routine CompletionRoutine
	caller  *thread   // that makes the call of routine
	thread  worker.ID // who started it (J01)

	blocking bool // the caller waits, and there is neither packet nor APC
	silent   bool // no packet: the low bit of hEvent (F09)
	appends  bool // the handle has the right to append, and not to write elsewhere (G10)
	alone    bool // it is the file's signal that is set at its end (F13)

	key    uintptr
	status NTSTATUS
	n      uintptr
	done   chan struct{} // of blocking; made once

	eof, closed NTSTATUS // what io.EOF and a closed handle mean here

	// judge, if there is one, says how the operation ended that package iocp ended with err. It
	// is called once, perhaps with the lock of a port held.
	judge func(op *operation, err error) NTSTATUS

	scratch // of the devices
}

var operations = sync.Pool{New: func() any {
	op := new(operation)
	hook.SetFinisher(&op.Overlapped, op)
	return op
}}

// recycle gives op back. Its packet has been taken, or there is none.
func (op *operation) recycle() {
	f := op.file
	if f == nil { // it was posted
		op.ov = nil
		operations.Put(op)
		return
	}
	op.ov, op.file, op.link, op.event, op.routine, op.caller = nil, nil, nil, nil, nil, nil
	op.judge = nil
	op.scratch.clear()
	if !f.spare.keep(op) {
		operations.Put(op)
	}
}

// spare is an operation that a file keeps for its next request. Those that come from a batch of
// packets would else go through the shared part of the pool, and come out elsewhere.
type spare struct{ op atomic.Pointer[operation] }

// take returns the operation that is kept, or one of the pool.
func (s *spare) take() *operation {
	if op := s.op.Load(); op != nil && s.op.CompareAndSwap(op, nil) {
		return op
	}
	return operations.Get().(*operation)
}

// keep keeps op, unless there is one already.
func (s *spare) keep(op *operation) bool {
	return s.op.Load() == nil && s.op.CompareAndSwap(nil, op)
}

// begin makes the operation of a request on f with ov, which is nil if the caller waits for the
// end (F15). It resets the event, and the file's own signal, and marks ov as pending (F05, F11, O02).
//
// Errors: ERROR_INVALID_PARAMETER without an OVERLAPPED where one is needed (F14);
// ERROR_INVALID_HANDLE if its event is none (F12) or f is closed.
func (f *file) begin(ov *OVERLAPPED) (*operation, error) {
	if ov == nil && f.overlapped && !f.socket && !f.waits {
		return nil, ERROR_INVALID_PARAMETER
	}
	var ev *event
	if ov != nil && ov.HEvent&^1 != 0 {
		if ev = eventOf(ov.HEvent); ev == nil {
			return nil, ERROR_INVALID_HANDLE
		}
	}
	op, err := f.newOperation(ov)
	if err != nil {
		return nil, err
	}
	op.silent = ov != nil && ov.HEvent&1 != 0
	if op.event = ev; ev != nil {
		op.alone = false
		ev.reset()
		if op.link.direct {
			ev.direct.Add(1)
		}
	}
	return op, nil
}

// beginRoutine is begin for an operation whose end is a call of routine. It leaves HEvent alone,
// which is the program's then.
//
// Error: ERROR_INVALID_PARAMETER, or WSAEINVAL for a socket, if f sends its packets to a port
// (F17), or cannot pend.
func (f *file) beginRoutine(ov *OVERLAPPED, routine CompletionRoutine) (*operation, error) {
	refused := ERROR_INVALID_PARAMETER
	if f.socket {
		refused = WSAEINVAL
	}
	if l := f.link.Load(); ov == nil || !f.overlapped || l != nil && l.reports() {
		return nil, refused
	}
	op, err := f.newOperation(ov)
	if err != nil {
		return nil, err
	}
	if op.link.reports() { // since then
		op.refuse()
		return nil, refused
	}
	op.routine, op.caller = routine, holdThread()
	return op, nil
}

func (f *file) newOperation(ov *OVERLAPPED) (*operation, error) {
	l, err := f.enter()
	if err != nil {
		return nil, err
	}
	op := f.spare.take()
	op.file, op.link, op.thread = f, l, currentThread()
	op.eof, op.closed = STATUS_END_OF_FILE, STATUS_CANCELLED
	op.blocking = ov == nil || !f.overlapped
	op.silent, op.alone = false, true
	f.signal.reset()
	if ov == nil {
		op.own = OVERLAPPED{}
		ov = &op.own
	}
	if op.ov = ov; op.blocking && op.done == nil {
		op.done = make(chan struct{}, 1)
	}
	atomic.StoreUintptr(&ov.Internal, uintptr(STATUS_PENDING))
	return op, nil
}

// errDone is what a software device returns for an operation that it has done at once, with the
// outcome in status and n.
var errDone = errors.New("win32: done at once")

// doneNow is the way to return errDone.
func (op *operation) doneNow(status NTSTATUS, n int) error {
	op.status, op.n = status, uintptr(n)
	return errDone
}

// started turns what a device returned for op into what the caller gets: nil, if op succeeded at
// once; ERROR_IO_PENDING, if it will send a packet or whatever else was asked for; or why it
// failed. Devices return nil for an operation that goes on, errDone, iocp.ErrCompleted, or an
// error for one that cannot start. blocking is op.blocking from before the start.
func (op *operation) started(blocking bool, err error, done *uint32) error {
	switch err {
	case nil:
		if blocking {
			return op.wait(done)
		}
		return ERROR_IO_PENDING
	case iocp.ErrCompleted: // settled, on a file in skip mode (K01)
		err = op.result(done)
		op.recycle()
		return err
	case errDone:
		return op.now(done)
	}
	return op.reject(err)
}

// reject ends an operation that did not start. Its OVERLAPPED stays pending (F08), and the event
// reset (O01).
func (op *operation) reject(err error) error {
	code := errnoOf(err)
	if op.file.socket {
		code = wsaErrnoOf(err)
	}
	op.refuse()
	return code.err()
}

// refuse gives back an operation of whose end nobody hears.
func (op *operation) refuse() {
	if op.event != nil && op.link.direct {
		op.event.direct.Add(-1)
	}
	if op.caller != nil {
		op.caller.unhold()
	}
	op.leave()
	op.recycle()
}

// now ends an operation that a software device has done at once. An error is an immediate one,
// without a packet (F03); anything else sends one all the same (F02), a warning too (F04), but
// not in skip mode (K01, K03).
func (op *operation) now(done *uint32) error {
	if op.status.failed() {
		code := op.code(op.status)
		op.refuse()
		return code.err()
	}
	err := op.result(done)
	if err != nil && done != nil && !op.blocking {
		*done = 0 // O05
	}
	l, skip := op.file.link.Load(), op.file.skips()
	switch packet := op.settle(op.status, op.n, l); {
	case packet && !skip:
		op.post(l)
	case op.blocking: // nobody waits
		op.leave()
		op.recycle()
	default:
		op.forget()
	}
	return err
}

// Finished implements hook.Finisher: package iocp has ended the operation. On a file that lives
// on the system's port it is that port's worker who goes on.
func (op *operation) Finished(n int64, err error) bool {
	if !op.link.direct {
		return true
	}
	return op.settle(op.statusOf(err), uintptr(n), op.link)
}

// Dropped implements hook.Finisher: there was no packet, by settle's wish.
func (op *operation) Dropped() { op.forget() }

// complete ends an operation of a software device, or one of the system's port, with a packet
// if one is due. op is no longer the caller's. No lock of a port may be held.
func (op *operation) complete(status NTSTATUS, n uintptr) {
	l := op.file.link.Load() // perhaps of later than the start (A34)
	if op.settle(status, n, l) {
		op.post(l)
	} else {
		op.forget()
	}
}

func (op *operation) post(l *link) {
	op.leave()
	if l.bound != nil {
		l.bound.take(op)
	} else if l.port.p.Post(iocp.Completion{Op: op}) != nil {
		op.recycle() // the port is closed: the packet goes to nobody (J13)
	}
}

// settle writes the outcome where the program looks for it: first the count, then the status,
// since whoever has seen that may read the other (F06), then the signal. It reports whether
// there shall be a packet. The lock of a port may be held.
func (op *operation) settle(status NTSTATUS, n uintptr, l *link) (packet bool) {
	op.status, op.n, op.key = status, n, l.key
	op.ov.InternalHigh = n
	atomic.StoreUintptr(&op.ov.Internal, uintptr(status))
	switch {
	case op.event != nil:
		if op.event.set(); op.link.direct {
			op.event.direct.Add(-1)
		}
	case op.alone && op.file.modes.Load()&FILE_SKIP_SET_EVENT_ON_HANDLE == 0:
		op.file.signal.set()
	}
	return l.reports() && !op.blocking && !op.silent && op.routine == nil
}

// forget is the end of an operation that sends no packet.
func (op *operation) forget() {
	op.leave()
	switch {
	case op.blocking:
		op.done <- struct{}{}
	case op.routine != nil:
		op.queueRoutine()
	default:
		op.recycle()
	}
}

// leave takes op out of its file's count.
func (op *operation) leave() {
	if op.link.system {
		op.file.leaveSystem()
	}
}

// wait waits for the end of a blocking operation.
func (op *operation) wait(done *uint32) error {
	if op.link.direct {
		op.waitDirect()
	} else {
		<-op.done
	}
	err := op.result(done)
	op.recycle()
	return err
}

// waitDirect waits for an operation on a port that perhaps nobody serves: as long as it is not
// over, it looks itself.
func (op *operation) waitDirect() {
	pause := 20 * time.Microsecond
	t := time.NewTimer(pause)
	defer t.Stop()
	for {
		select {
		case <-op.done:
			return
		case <-t.C:
			op.Result()
			pause = min(2*pause, time.Millisecond)
			t.Reset(pause)
		}
	}
}

// result stores the count and returns the code of an operation that is over.
func (op *operation) result(done *uint32) error {
	if done != nil {
		*done = uint32(op.n) // B22
	}
	if int32(op.status) >= 0 {
		return nil // B21
	}
	return op.code(op.status).err()
}

// code is the last error for a status: a socket's has other numbers (F26).
func (op *operation) code(status NTSTATUS) Errno {
	if op.file.socket {
		return status.WSAErrno()
	}
	return status.Errno()
}

// statusOf is the status for an error of package iocp.
func (op *operation) statusOf(err error) NTSTATUS {
	if op.judge != nil {
		return op.judge(op, err)
	}
	if err == nil {
		return STATUS_SUCCESS
	}
	switch status := statusOf(err); status {
	case STATUS_END_OF_FILE:
		return op.eof
	case STATUS_INVALID_HANDLE:
		return op.closed
	default:
		return status
	}
}
