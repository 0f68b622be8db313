// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || windows

package win32

import (
	"cmp"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"syscall"
)

// Errno is an error code of Windows: what GetLastError or WSAGetLastError would return. Every
// function of this package that fails returns one as its error, so that
//
//	if err == win32.ERROR_IO_PENDING
//
// is right, and so is errors.Is with the errors of the system, of package iocp and of the
// standard library: see [Errno.Is].
type Errno uint32

// Error returns a sentence for e with its name and number, such as "the handle is invalid
// (ERROR_INVALID_HANDLE 6)". On Windows the sentence is the system's.
func (e Errno) Error() string {
	number := strconv.FormatUint(uint64(e), 10)
	row, ok := e.row()
	if !ok {
		return e.sentence("unknown error") + " (" + number + ")"
	}
	return e.sentence(errnoRows[row].text) + " (" + errnoRows[row].name + " " + number + ")"
}

// Is makes [errors.Is] find in e
//
//   - each syscall.Errno that stands for the same failure on this system;
//   - the errors of package iocp, on systems that have it;
//   - those of the standard library: os.ErrNotExist, os.ErrExist, os.ErrPermission,
//     os.ErrDeadlineExceeded, os.ErrClosed, net.ErrClosed, errors.ErrUnsupported, io.EOF.
func (e Errno) Is(target error) bool {
	if errno, ok := target.(syscall.Errno); ok {
		return e.isNative(errno) || e.matches(errno)
	}
	switch target {
	case os.ErrNotExist:
		return e == ERROR_FILE_NOT_FOUND || e == ERROR_PATH_NOT_FOUND || e == ERROR_BAD_NETPATH
	case os.ErrExist:
		return e == ERROR_FILE_EXISTS || e == ERROR_ALREADY_EXISTS || e == ERROR_DIR_NOT_EMPTY
	case os.ErrPermission:
		return e == ERROR_ACCESS_DENIED || e == ERROR_PRIVILEGE_NOT_HELD || e == WSAEACCES
	case os.ErrDeadlineExceeded:
		return e == WAIT_TIMEOUT || e == ERROR_TIMEOUT
	case os.ErrClosed:
		return e == ERROR_INVALID_HANDLE || e == ERROR_HANDLES_CLOSED || e == ERROR_ABANDONED_WAIT_0
	case net.ErrClosed:
		return e == ERROR_INVALID_HANDLE || e == ERROR_HANDLES_CLOSED || e == WSAENOTSOCK
	case errors.ErrUnsupported:
		return e == ERROR_NOT_SUPPORTED || e == ERROR_CALL_NOT_IMPLEMENTED || e == WSAEOPNOTSUPP
	case io.EOF:
		return e == ERROR_HANDLE_EOF
	}
	return e.isPackage(target)
}

// Timeout tells whether e says that time ran out, or that a call would have had to wait; it
// makes os.IsTimeout and [net.Error] work.
func (e Errno) Timeout() bool {
	switch e {
	case WAIT_TIMEOUT, ERROR_SEM_TIMEOUT, ERROR_TIMEOUT, WSAETIMEDOUT, WSAEWOULDBLOCK:
		return true
	}
	return false
}

// Temporary tells whether the same call may well succeed a little later.
func (e Errno) Temporary() bool {
	switch e {
	case ERROR_TOO_MANY_OPEN_FILES, ERROR_NO_SYSTEM_RESOURCES, ERROR_RETRY, WSAEINTR, WSAEMFILE, WSAENOBUFS, WSATRY_AGAIN:
		return true
	}
	return e.Timeout()
}

func (e Errno) row() (int, bool) {
	return slices.BinarySearchFunc(errnoRows[:], e, func(r errnoRow, e Errno) int {
		return cmp.Compare(r.code, e)
	})
}

// err returns e as an error, or nil for ERROR_SUCCESS. It allocates nothing for the codes of
// errnoRows, which a plain conversion would for a code above 255.
func (e Errno) err() error {
	switch e {
	case ERROR_SUCCESS:
		return nil
	case ERROR_IO_PENDING:
		return ERROR_IO_PENDING
	case WAIT_TIMEOUT:
		return WAIT_TIMEOUT
	}
	if i, ok := e.row(); ok {
		return errnoErrors[i]
	}
	return e
}

// errnoErrors are the codes of errnoRows as errors, made once.
var errnoErrors = func() (all [len(errnoRows)]error) {
	for i, row := range errnoRows {
		all[i] = row.code
	}
	return all
}()
