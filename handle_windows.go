// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"

	"iocp/internal/engine/nt"
	"iocp/internal/worker"
)

// Do starts an operation that this package does not offer: DeviceIoControl, ConnectNamedPipe,
// ReadDirectoryChanges, LockFileEx and whatever else takes an OVERLAPPED. It is there on Windows only.
//
// start is called once, by this goroutine, with the system's handle and an OVERLAPPED of zeros, in which it
// may set the offset; it makes one call with both and returns the error of that. Nil, [windows.ERROR_IO_PENDING]
// and [windows.ERROR_MORE_DATA] say that the operation has begun, or is done already: exactly one packet comes,
// in any case and whatever [Handle.SkipOnSuccess] says, with the number of bytes that the system gives, and Do
// returns nil. Any other error says that nothing has begun: no packet comes, and Do returns that error.
//
// Until the packet is taken the OVERLAPPED, the handle and all memory that the call was given belong to the
// system. What start refers to is kept reachable until then; what it points the system to must not be a
// variable of start itself, nor lie on a stack: use fields of the struct of op. start must not close the
// handle, set HEvent, wait for the operation, or call methods of this endpoint.
//
// [Overlapped.Cancel], timeouts and Close work as with any other operation. Operations of Do do not stand in
// line: with several on one endpoint their order is the system's.
//
// Errors, without a packet: those of start; [ErrInvalidParameter] for a nil start, and for a handle that is not
// overlapped; ENOTCONN for a connection that has no socket yet; [ErrNotAssociated]; closed;
// [errors.ErrUnsupported] on another engine than "nt". Errors in the packet: the system's.
func (h *Handle) Do(op Op, start func(handle uintptr, ov *windows.Overlapped) error) error {
	o, err := h.object()
	if err != nil {
		return err
	}
	if start == nil {
		return parameterError("Do needs a function that makes the call")
	}
	_, c, ov, err := h.start(op, opDo, noLine)
	if err != nil {
		return err
	}
	if _, err = o.borrow(); err != nil {
		ov.abandon()
		return err
	}
	defer o.close()
	e, ok := c.eng.(*nt.Engine)
	if !ok {
		ov.abandon()
		return fmt.Errorf("iocp: Do needs engine %q: %w", EngineNT, errors.ErrUnsupported)
	}
	ov.extra().keep = start
	return o.do(c, ov, e, start)
}

// do begins the operation outside the lock; its place at the engine is taken before, so that it can be
// cancelled and its packet come at any time.
func (o *object) do(c *core, ov *Overlapped, e *nt.Engine, start func(uintptr, *windows.Overlapped) error) error {
	by := worker.Self()
	c.q.Lock()
	if err := o.admit(c, ov); err != nil {
		ov.x.keep = nil
		ov.abandon()
		c.q.Settle()
		return err
	}
	ov.bind(o.fd)
	o.enlist(c, ov)
	if ov.timeout > 0 {
		ov.arm()
	}
	place := e.Reserve(&ov.req)
	c.q.SubmitBy(by)
	err := e.Start(place, start)
	c.q.Lock()
	defer c.q.SubmitBy(by)
	if err == nil {
		return nil // and ov may be over, and somebody else's
	}
	e.Withdraw(place)
	o.delist(c, ov)
	ov.x.deadline, ov.x.keep = 0, nil
	ov.abandon()
	if err == nt.ErrUnsuited {
		return parameterError("the handle was not opened with FILE_FLAG_OVERLAPPED, or belongs to another port; let OpenFile open it")
	}
	return err
}
