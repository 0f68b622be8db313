// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"iocp"
)

// closedErr is what package iocp returns for a closed handle.
var closedErr = func() error {
	f, err := iocp.OpenFile(os.DevNull, os.O_RDONLY, 0)
	if err != nil {
		panic(err)
	}
	f.Close()
	return f.Close()
}()

var endings = []struct {
	err    error
	status NTSTATUS
	code   Errno // of a file function
	wsa    Errno // of a socket function
}{
	{nil, STATUS_SUCCESS, 0, 0},
	{io.EOF, STATUS_END_OF_FILE, ERROR_HANDLE_EOF, WSAEINVAL},
	{iocp.ErrTimeout, STATUS_TIMEOUT, WAIT_TIMEOUT, WAIT_TIMEOUT},
	{iocp.ErrClosed, STATUS_ABANDONED_WAIT_0, ERROR_ABANDONED_WAIT_0, ERROR_ABANDONED_WAIT_0},
	{iocp.ErrCanceled, STATUS_CANCELLED, ERROR_OPERATION_ABORTED, WSA_OPERATION_ABORTED},
	{iocp.ErrInvalidHandle, STATUS_INVALID_HANDLE, ERROR_INVALID_HANDLE, WSAENOTSOCK},
	{iocp.ErrInvalidParameter, STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER, WSAEINVAL},
	{iocp.ErrNotAssociated, STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER, WSAEINVAL},
	{iocp.ErrAlreadyAssociated, STATUS_INVALID_PARAMETER, ERROR_INVALID_PARAMETER, WSAEINVAL},
	{iocp.ErrNotFound, STATUS_NOT_FOUND, ERROR_NOT_FOUND, WSAEINVAL},
	{iocp.ErrIncomplete, STATUS_PENDING, ERROR_IO_INCOMPLETE, WSA_IO_INCOMPLETE},
	{iocp.ErrTooManyOperations, STATUS_INSUFFICIENT_RESOURCES, ERROR_NO_SYSTEM_RESOURCES, WSAENOBUFS},
	{closedErr, STATUS_CANCELLED, ERROR_INVALID_HANDLE, WSAENOTSOCK},
	{os.ErrDeadlineExceeded, STATUS_IO_TIMEOUT, ERROR_SEM_TIMEOUT, WSAETIMEDOUT},
	{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, STATUS_CONNECTION_RESET, ERROR_NETNAME_DELETED, WSAECONNRESET},
	{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, STATUS_IO_TIMEOUT, ERROR_SEM_TIMEOUT, WSAETIMEDOUT},
	{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
		STATUS_CONNECTION_REFUSED, ERROR_CONNECTION_REFUSED, WSAECONNREFUSED},
	{&net.OpError{Op: "write", Err: syscall.EPIPE}, STATUS_CONNECTION_RESET, ERROR_NETNAME_DELETED, WSAECONNRESET},
	{&os.PathError{Op: "write", Err: syscall.EPIPE}, STATUS_PIPE_CLOSING, ERROR_NO_DATA, WSAECONNRESET},
	{&os.PathError{Op: "write", Err: syscall.ENOSPC}, STATUS_DISK_FULL, ERROR_DISK_FULL, WSAEINVAL},
	{&os.PathError{Op: "open", Err: syscall.ENOENT}, STATUS_OBJECT_NAME_NOT_FOUND, ERROR_FILE_NOT_FOUND, WSAENETDOWN},
	{&os.PathError{Op: "open", Err: syscall.EEXIST}, STATUS_OBJECT_NAME_COLLISION, ERROR_FILE_EXISTS, WSAEINVAL},
	{&os.LinkError{Op: "rename", Err: syscall.EXDEV}, STATUS_NOT_SAME_DEVICE, ERROR_NOT_SAME_DEVICE, WSAEINVAL},
	{fmt.Errorf("wrapped: %w", syscall.EIO), STATUS_IO_DEVICE_ERROR, ERROR_IO_DEVICE, WSAEINVAL},
	{fmt.Errorf("wrapped: %w", io.EOF), STATUS_END_OF_FILE, ERROR_HANDLE_EOF, WSAEINVAL},
	{syscall.EAGAIN, STATUS_INSUFFICIENT_RESOURCES, ERROR_NO_SYSTEM_RESOURCES, WSAEWOULDBLOCK},
	{syscall.ENOTCONN, STATUS_INVALID_CONNECTION, ERROR_UNEXP_NET_ERR, WSAENOTCONN},
	{syscall.EL2NSYNC, STATUS_UNSUCCESSFUL, ERROR_GEN_FAILURE, WSAEINVAL},
	{syscall.Errno(0), STATUS_SUCCESS, 0, 0},
	{syscall.Errno(100000), STATUS_UNSUCCESSFUL, ERROR_GEN_FAILURE, WSAEINVAL},
	{errors.New("something else"), STATUS_UNSUCCESSFUL, ERROR_GEN_FAILURE, WSAEINVAL},
}

func TestStatusAndCodesOfErrors(t *testing.T) {
	for _, c := range endings {
		if got := statusOf(c.err); got != c.status {
			t.Errorf("statusOf(%v) = %v, want %v", c.err, got, c.status)
		}
		if got := errnoOf(c.err); got != c.code {
			t.Errorf("errnoOf(%v) = %v, want %v", c.err, got, c.code)
		}
		if got := wsaErrnoOf(c.err); got != c.wsa {
			t.Errorf("wsaErrnoOf(%v) = %v, want %v", c.err, got, c.wsa)
		}
	}
}

// TestCodesOfErrorNumbers: one row for an error number, and both ways lead to its codes.
func TestCodesOfErrorNumbers(t *testing.T) {
	seen := make(map[syscall.Errno]bool)
	for _, r := range nativeRows {
		if seen[r.errno] {
			t.Errorf("%v has two rows", r.errno)
		}
		seen[r.errno] = true
		if !r.status.failed() && r.status != STATUS_BUFFER_OVERFLOW {
			t.Errorf("%v becomes %v, which is no error", r.errno, r.status)
		}
		if got := errnoOf(r.errno); got != r.fileCode() || got == ERROR_SUCCESS {
			t.Errorf("errnoOf(%v) = %v, want %v", r.errno, got, r.fileCode())
		}
		if got := wsaErrnoOf(r.errno); got != r.socketCode() || got == ERROR_SUCCESS {
			t.Errorf("wsaErrnoOf(%v) = %v, want %v", r.errno, got, r.socketCode())
		}
		if got := statusOf(r.errno); got != r.status {
			t.Errorf("statusOf(%v) = %v, want %v", r.errno, got, r.status)
		}
	}
}

func TestIsTheErrorsOfPackageIOCP(t *testing.T) {
	for _, c := range []struct {
		code   Errno
		target error
	}{
		{WAIT_TIMEOUT, iocp.ErrTimeout},
		{ERROR_ABANDONED_WAIT_0, iocp.ErrClosed},
		{ERROR_OPERATION_ABORTED, iocp.ErrCanceled},
		{ERROR_INVALID_HANDLE, iocp.ErrInvalidHandle},
		{ERROR_INVALID_PARAMETER, iocp.ErrInvalidParameter},
		{ERROR_INVALID_PARAMETER, iocp.ErrAlreadyAssociated},
		{ERROR_INVALID_PARAMETER, iocp.ErrNotAssociated},
		{ERROR_NOT_FOUND, iocp.ErrNotFound},
		{ERROR_IO_INCOMPLETE, iocp.ErrIncomplete},
		{ERROR_NO_SYSTEM_RESOURCES, iocp.ErrTooManyOperations},
	} {
		if !errors.Is(c.code, c.target) {
			t.Errorf("%v is not %q", c.code, c.target)
		}
		if errors.Is(ERROR_DISK_FULL, c.target) {
			t.Errorf("ERROR_DISK_FULL is %q", c.target)
		}
	}
}

func TestMappingErrorsAllocatesNothing(t *testing.T) {
	n := testing.AllocsPerRun(100, func() {
		for i := range endings[:20] {
			statusOf(endings[i].err)
			errnoOf(endings[i].err)
			wsaErrnoOf(endings[i].err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
