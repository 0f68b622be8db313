// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

// Host is the machine that the program runs on. Its type is host, of host_unix.go or the like.
var Host System = host{}
