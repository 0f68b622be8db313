// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"iocp"
)

func (e Errno) sentence(ours string) string { return ours }

// isNative: the numbers of this system mean something else.
func (e Errno) isNative(syscall.Errno) bool { return false }

// isPackage tells whether target is package iocp's error for the failure that e stands for.
func (e Errno) isPackage(target error) bool {
	switch target {
	case iocp.ErrTimeout:
		return e == WAIT_TIMEOUT
	case iocp.ErrClosed:
		return e == ERROR_ABANDONED_WAIT_0
	case iocp.ErrCanceled:
		return e == ERROR_OPERATION_ABORTED
	case iocp.ErrInvalidHandle:
		return e == ERROR_INVALID_HANDLE || e == WSAENOTSOCK
	case iocp.ErrInvalidParameter:
		return e == ERROR_INVALID_PARAMETER || e == WSAEINVAL
	case iocp.ErrAlreadyAssociated, iocp.ErrNotAssociated:
		return e == ERROR_INVALID_PARAMETER
	case iocp.ErrNotFound:
		return e == ERROR_NOT_FOUND
	case iocp.ErrIncomplete:
		return e == ERROR_IO_INCOMPLETE
	case iocp.ErrTooManyOperations:
		return e == ERROR_NO_SYSTEM_RESOURCES
	}
	return false
}

// statusOf returns the status of an operation of package iocp that ended with err: nil, an
// error of the package, or one with a syscall.Errno in it. It allocates nothing for what
// package iocp returns.
//
// At the end of a stream, too, package iocp says io.EOF; sockets have to make a success of
// STATUS_END_OF_FILE (I04, I23). That the handle was closed is STATUS_CANCELLED; objects that
// have another status for it, such as connected sockets (I24), know themselves.
func statusOf(err error) NTSTATUS {
	switch err {
	case nil:
		return STATUS_SUCCESS
	case io.EOF:
		return STATUS_END_OF_FILE
	case iocp.ErrCanceled:
		return STATUS_CANCELLED
	case os.ErrDeadlineExceeded:
		return STATUS_IO_TIMEOUT
	case iocp.ErrTimeout:
		return STATUS_TIMEOUT
	case iocp.ErrClosed:
		return STATUS_ABANDONED_WAIT_0
	}
	if errno, ok := errnoIn(err); ok {
		return nativeRowOf(errno).status
	}
	return wrappedStatus(err)
}

// wrappedStatus is statusOf for the errors that are told apart by what they wrap.
func wrappedStatus(err error) NTSTATUS {
	switch {
	case errors.Is(err, iocp.ErrNotFound):
		return STATUS_NOT_FOUND
	case errors.Is(err, iocp.ErrTooManyOperations):
		return STATUS_INSUFFICIENT_RESOURCES
	case errors.Is(err, iocp.ErrIncomplete):
		return STATUS_PENDING
	case errors.Is(err, iocp.ErrInvalidParameter):
		return STATUS_INVALID_PARAMETER
	case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrClosed):
		return STATUS_CANCELLED
	case errors.Is(err, iocp.ErrInvalidHandle):
		return STATUS_INVALID_HANDLE
	case errors.Is(err, os.ErrDeadlineExceeded):
		return STATUS_IO_TIMEOUT
	case errors.Is(err, io.EOF):
		return STATUS_END_OF_FILE
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return nativeRowOf(errno).status
	}
	return STATUS_UNSUCCESSFUL
}

// errnoOf returns the code of a file function that failed with err, or 0 for nil. That is the
// code of [statusOf], except where a call has a better one than an operation: a closed handle
// is ERROR_INVALID_HANDLE, a wait whose time ran out is WAIT_TIMEOUT.
func errnoOf(err error) Errno {
	if err == nil {
		return ERROR_SUCCESS
	}
	if code, ok := callCode(err); ok {
		return code
	}
	if errno, ok := errnoIn(err); ok {
		return nativeRowOf(errno).fileCode()
	}
	return statusOf(err).Errno()
}

// wsaErrnoOf is errnoOf for socket functions.
func wsaErrnoOf(err error) Errno {
	if err == nil {
		return ERROR_SUCCESS
	}
	if code, ok := callCode(err); ok {
		if code == ERROR_INVALID_HANDLE {
			return WSAENOTSOCK
		}
		return code
	}
	if errno, ok := errnoIn(err); ok {
		return nativeRowOf(errno).socketCode()
	}
	return statusOf(err).WSAErrno()
}

// callCode knows the errors that calls report otherwise than completions do.
func callCode(err error) (Errno, bool) {
	switch err {
	case iocp.ErrTimeout:
		return WAIT_TIMEOUT, true
	case iocp.ErrInvalidHandle:
		return ERROR_INVALID_HANDLE, true
	case iocp.ErrIncomplete:
		return ERROR_IO_INCOMPLETE, true
	case iocp.ErrClosed:
		return ERROR_ABANDONED_WAIT_0, true
	}
	if code, ok := err.(Errno); ok {
		return code, true
	}
	if _, ok := errnoIn(err); !ok && errors.Is(err, os.ErrClosed) {
		return ERROR_INVALID_HANDLE, true
	}
	return 0, false
}

// errnoIn takes the error number out of the forms in which packages iocp, net and os put it.
// A socket whose peer is gone says EPIPE where Windows still says that it was reset (I07).
func errnoIn(err error) (syscall.Errno, bool) {
	switch e := err.(type) {
	case syscall.Errno:
		return e, true
	case *net.OpError:
		errno, ok := errnoIn(e.Err)
		if errno == syscall.EPIPE {
			errno = syscall.ECONNRESET
		}
		return errno, ok
	case *os.PathError:
		return errnoIn(e.Err)
	case *os.SyscallError:
		return errnoIn(e.Err)
	case *os.LinkError:
		return errnoIn(e.Err)
	}
	return 0, false
}

// nativeIndex finds the row of an error number.
var nativeIndex = func() (index [256]uint8) {
	for i, r := range nativeRows {
		index[r.errno] = uint8(i + 1)
	}
	return index
}()

// nativeRowOf returns the row of errno. An error number without a row is a failure without a
// name.
func nativeRowOf(errno syscall.Errno) nativeRow {
	if int(errno) < len(nativeIndex) && nativeIndex[errno] != 0 {
		return nativeRows[nativeIndex[errno]-1]
	}
	if errno == 0 {
		return nativeRow{}
	}
	return nativeRow{errno: errno, status: STATUS_UNSUCCESSFUL}
}
