// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package portable

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// controlOf is the room for control data, which go by their older name here.
func controlOf(m *unix.Msghdr) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(m.Accrights)), int(m.Accrightslen))
}

// received notes what came beside the bytes. The flags of a message are not told here.
func received(m *unix.Msghdr, control, _ int) { m.Accrightslen = int32(control) }
