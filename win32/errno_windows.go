// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package win32

import (
	"strings"
	"syscall"
)

// sentence returns the system's sentence for e, which is what package syscall asks
// FormatMessage for.
func (e Errno) sentence(string) string {
	return strings.TrimRight(syscall.Errno(e).Error(), ". \r\n")
}

// isNative tells whether errno is the same code.
func (e Errno) isNative(errno syscall.Errno) bool { return uintptr(errno) == uintptr(e) }

// isPackage: package iocp's errors are not known here.
func (e Errno) isPackage(error) bool { return false }
