// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import "syscall"

// boolean is the error of a function that returned the BOOL r and left e as the last error.
func boolean(r uintptr, e syscall.Errno) error {
	if int32(r) != 0 {
		return nil
	}
	return failure(e)
}

// failure is the error of a function that failed.
func failure(e syscall.Errno) error {
	if e == 0 {
		return ERROR_GEN_FAILURE // it does not say why, and nil would be success
	}
	return Errno(e).err()
}

// codeOf is the error for one of golang.org/x/sys/windows.
func codeOf(err error) error {
	if e, ok := err.(syscall.Errno); ok {
		return failure(e)
	}
	return err
}
