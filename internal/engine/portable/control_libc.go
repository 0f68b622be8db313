// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build darwin || openbsd || (linux && iocp_libc)

package portable

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// controlOf is the room for control data.
func controlOf(m *unix.Msghdr) []byte { return unsafe.Slice(m.Control, int(m.Controllen)) }

// received notes what came beside the bytes.
func received(m *unix.Msghdr, control, flags int) {
	m.Flags = int32(flags)
	m.SetControllen(control)
}
