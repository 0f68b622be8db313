// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"errors"

	"golang.org/x/sys/windows"

	"iocp/internal/engine"
)

// What follows is for operations that the engine has no kind for. The owner reserves a place for op under
// the port's lock, starts it without, and withdraws it under the lock if the start has failed. Cancel may
// be called as soon as it is reserved.

// Reserve makes op, whose kind is Nop, one that is in flight, although nobody will submit it. Locked.
func (e *Engine) Reserve(op *engine.Op) Reservation {
	r := e.table.Insert(op)
	r.op = op
	e.submissions.Reserve(r)
	return Reservation{r}
}

// ErrUnsuited says that a handle takes no operations whose packets come to the engine.
var ErrUnsuited = errors.New("nt: the handle was not opened with FILE_FLAG_OVERLAPPED, or belongs to another port")

// Reservation is the place of an operation.
type Reservation struct{ r *request }

// Start calls begin with the handle and the OVERLAPPED of a reserved operation, once. nil says that op
// will be reaped, with the number of bytes or a negative error number; otherwise the operation has not
// begun, and Withdraw follows: with the error of begin, or ErrUnsuited. Not locked; any goroutine.
func (e *Engine) Start(place Reservation, begin func(handle uintptr, ov *windows.Overlapped) error) error {
	r := place.r
	h, errno := e.handle(r.op.FD)
	if errno != 0 || h.blocking {
		return ErrUnsuited
	}
	r.handle, r.vector, r.done, r.accept = h, 0, 0, windows.InvalidHandle
	gen := r.Generation()
	b := e.known.block(r)
	b.ov = windows.Overlapped{}
	e.waiting.Add(1)
	r.place.Store(at(inKernel, gen))
	err := begin(uintptr(h.h), &b.ov)
	var over chain
	switch done := err == nil || err == windows.ERROR_MORE_DATA; {
	case err == windows.ERROR_IO_PENDING || done && !h.skip:
		if r.stop.Load() == at(stopped, gen) { // the cancel came before the operation
			e.cancelIO(h.h, b)
		}
	case done:
		if e.wrest(r, gen) {
			e.completed(r, b, &over)
		}
	case e.wrest(r, gen):
		e.known.retire(r)
		return err
	}
	e.show(&over)
	e.looking.Lock()
	e.beginGuard()
	e.looking.Unlock()
	e.alert()
	return nil
}

// Withdraw takes back an operation whose Start has failed. Locked.
func (e *Engine) Withdraw(place Reservation) { e.remove(place.r) }
