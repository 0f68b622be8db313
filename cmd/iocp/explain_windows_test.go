// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import "golang.org/x/sys/windows"

// sysErrors are what the system reports.
var sysErrors = struct{ addressInUse, reservedPort, accessDenied, deviceFull error }{
	windows.WSAEADDRINUSE, windows.WSAEACCES, windows.ERROR_ACCESS_DENIED, windows.ERROR_DISK_FULL,
}
