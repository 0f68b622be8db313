// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !windows

package main

import "syscall"

// sysErrors are what the system reports.
var sysErrors = struct{ addressInUse, reservedPort, accessDenied, deviceFull error }{
	syscall.EADDRINUSE, syscall.EACCES, syscall.EACCES, syscall.ENOSPC,
}
