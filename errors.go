// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import (
	"net"
	"os"
	"syscall"

	"iocp/internal/queue"
	"iocp/internal/sys"
)

// Errors of ports and of operations. Besides these an operation ends with
//
//   - [io.EOF] at the end of a file, and when the peer has closed its side of a stream;
//   - [os.ErrDeadlineExceeded] when its time was over ([Overlapped.SetTimeout]);
//   - an error that is both [net.ErrClosed] and [os.ErrClosed] when its handle was closed;
//   - a [*net.OpError] or [*os.PathError] around the [syscall.Errno] of the kernel.
var (
	// ErrTimeout: no packet came in the time given to Get (WAIT_TIMEOUT, ETIMEDOUT).
	ErrTimeout error = &portErr{"iocp: no packet came in time", os.ErrDeadlineExceeded}

	// ErrClosed: the port is, or was meanwhile, closed (ERROR_ABANDONED_WAIT_0).
	ErrClosed error = &portErr{"iocp: the port is closed", os.ErrClosed}

	// ErrCanceled: the operation was cancelled (ERROR_OPERATION_ABORTED, ECANCELED).
	ErrCanceled error = &portErr{"iocp: the operation was cancelled", syscall.ECANCELED}

	// ErrInvalidHandle: a nil or closed port or endpoint (ERROR_INVALID_HANDLE, EBADF).
	ErrInvalidHandle error = &portErr{"iocp: the handle is nil or not one that New, Open, Listen or Adopt returned", syscall.EBADF}

	// ErrInvalidParameter: an argument out of its range (ERROR_INVALID_PARAMETER, EINVAL).
	ErrInvalidParameter error = &portErr{"iocp: invalid parameter", syscall.EINVAL}

	// ErrNotAssociated: operations need a port to report to.
	ErrNotAssociated error = &portErr{"iocp: the handle is not associated with a port; call Port.Associate first", ErrInvalidParameter}

	// ErrAlreadyAssociated: a handle belongs to one port until it is closed (A13).
	ErrAlreadyAssociated error = &portErr{"iocp: the handle is associated with a port already, and stays so until it is closed", ErrInvalidParameter}

	// ErrNotFound: there was nothing to cancel (ERROR_NOT_FOUND, ENOENT).
	ErrNotFound error = &portErr{"iocp: no pending operation to cancel", syscall.ENOENT}

	// ErrIncomplete: the operation is not over (ERROR_IO_INCOMPLETE, EAGAIN).
	ErrIncomplete error = &portErr{"iocp: the operation is not over yet", syscall.EAGAIN}

	// ErrCompleted is no failure: on a handle in SkipOnSuccess mode the operation was done
	// at once, its result is in Overlapped.Result, and no packet will come (K01).
	ErrCompleted error = &portErr{"iocp: the operation is done, and no packet will come", nil}

	// ErrTruncated: a datagram was longer than the buffer it was received into; the buffer is
	// full and the rest is lost (ERROR_MORE_DATA, WSAEMSGSIZE, EMSGSIZE).
	ErrTruncated error = &portErr{"iocp: the datagram is longer than the buffer, and its rest is lost; use a larger buffer", syscall.EMSGSIZE}

	// ErrTooManyOperations: Config.MaxInFlight are in flight.
	ErrTooManyOperations error = &portErr{"iocp: too many operations are in flight; take packets before starting more, or raise Config.MaxInFlight", syscall.EAGAIN}
)

// portErr is one of the errors above; is names a second error that errors.Is finds in it.
type portErr struct {
	text string
	is   error
}

func (e *portErr) Error() string { return e.text }
func (e *portErr) Unwrap() error { return e.is }

// Timeout makes errors.As(net.Error) and os.IsTimeout work for ErrTimeout.
func (e *portErr) Timeout() bool { return e == ErrTimeout }

// closedHandleError is what a closed handle answers, and what its operations end with.
type closedHandleError struct{}

func (closedHandleError) Error() string { return "iocp: the handle is closed" }
func (closedHandleError) Is(target error) bool {
	return target == net.ErrClosed || target == os.ErrClosed || target == ErrInvalidHandle
}

var (
	errClosedHandle error = closedHandleError{}

	errNilOp        = parameterError("the operation is nil; pass a pointer to a struct that embeds Overlapped")
	errOtherMachine = parameterError("the endpoint is of another machine than the port, or the other endpoint")

	errEmptyBatch = parameterError("GetBatch needs room for at least one packet")
)

// parameterError is an ErrInvalidParameter that says which.
func parameterError(what string) error {
	return &portErr{"iocp: " + what, ErrInvalidParameter}
}

// portError makes the queue's errors the package's.
func portError(err error) error {
	switch err {
	case nil:
		return nil
	case queue.ErrTimeout:
		return ErrTimeout
	case queue.ErrClosed:
		return ErrClosed
	}
	return err
}

// EngineError says that an engine cannot be used here, why, and what to do about it.
type EngineError struct {
	Engine string // its name
	Err    error  // the refusal; wraps a syscall.Errno if a system call was refused
}

func (e *EngineError) Error() string { return "iocp: engine " + e.Engine + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *EngineError) Unwrap() error { return e.Err }

var _ interface{ Timeout() bool } = (*portErr)(nil)

// opNames are the operations' names in errors, as package net and os have them.
var opNames = [...]string{opNop: "nop", opRead: "read", opWrite: "write", opReadv: "read", opWritev: "write", opSync: "sync",
	opRecv: "read", opRecvv: "read", opReadable: "poll", opSend: "write", opSendv: "write", opSendFile: "sendfile",
	opAccept: "accept", opAcceptData: "accept", opConnect: "dial", opDisconnect: "close", opRecvFrom: "read", opSendTo: "write",
	opDo: "do"}

// failing makes the error of an operation that the kernel refused with errno.
func (o *object) failing(what opKind, errno sys.Errno) error {
	if o.kind == kindFile {
		return &os.PathError{Op: opNames[what], Path: o.name, Err: sys.Error(errno)}
	}
	return socketError(o, what, errno)
}

// netErrors are made once, so that failing, too, allocates nothing where it is usual.
var netErrors = func() map[netErrorKey]error {
	m := make(map[netErrorKey]error)
	for what := opRecv; int(what) < len(opNames); what++ {
		for _, errno := range []sys.Errno{sys.ECONNRESET, sys.EPIPE, sys.ECONNREFUSED, sys.ETIMEDOUT,
			sys.ENOTCONN, sys.EISCONN, sys.ESHUTDOWN, sys.ECONNABORTED, sys.EHOSTUNREACH, sys.ENETUNREACH,
			sys.EMFILE, sys.ENFILE, sys.EINVAL, sys.EALREADY, sys.EMSGSIZE} {
			m[netErrorKey{what, errno, "tcp"}] = newNetError("tcp", what, errno)
			m[netErrorKey{what, errno, "udp"}] = newNetError("udp", what, errno)
		}
	}
	return m
}()

type netErrorKey struct {
	what    opKind
	errno   sys.Errno
	network string
}

func netError(what opKind, errno sys.Errno) error { return errorOn("tcp", what, errno) }

// socketError is netError with the name of the socket's network.
func socketError(o *object, what opKind, errno sys.Errno) error {
	return errorOn(o.network(), what, errno)
}

func errorOn(network string, what opKind, errno sys.Errno) error {
	if err, ok := netErrors[netErrorKey{what, errno, network}]; ok {
		return err
	}
	return newNetError(network, what, errno)
}

func newNetError(network string, what opKind, errno sys.Errno) error {
	return &net.OpError{Op: opNames[what], Net: network, Err: sys.Error(errno)}
}

func (ov *Overlapped) failure(errno sys.Errno) error {
	o := ov.obj.Load()
	if ov.what == opSendFile && ov.x.file.from == readingFile {
		return ov.x.file.file.failing(opRead, errno)
	}
	if (o.kind == kindConn || o.isStream()) && ov.what != opConnect {
		errno = o.broken(errno)
	}
	return o.failing(ov.what, errno)
}
