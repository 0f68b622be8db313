// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !aix && (iocp_libc || darwin || openbsd || solaris)

package portable

var skip = map[string]string{
	"SteadyStateAllocatesNothing": "package unix allocates the address of the other end of a socket pair",
}
