// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import "syscall"

// The error numbers that only a kernel makes, under the names that package syscall has for them on
// every system.
const (
	errAddressInUse = syscall.EADDRINUSE
	errAddress      = syscall.EADDRNOTAVAIL
	errExists       = syscall.EEXIST
	errFault        = syscall.EFAULT
	errFileTooBig   = syscall.EFBIG
	errIllegalSeek  = syscall.ESPIPE
	errInProgress   = syscall.EALREADY
	errIO           = syscall.EIO
	errNoEntry      = syscall.ENOENT
	errNoMemory     = syscall.ENOMEM
	errNoBuffers    = syscall.ENOBUFS
	errNoSpace      = syscall.ENOSPC
	errNotSocket    = syscall.ENOTSOCK
	errDestination  = syscall.EDESTADDRREQ
)
