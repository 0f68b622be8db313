// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package iocp

import "unsafe"

// pointer returns the address of buf's first byte, also of an empty buf.
func pointer(buf []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(buf)) }

func pointerTo[T any](p *T) unsafe.Pointer { return unsafe.Pointer(p) }

func add(p unsafe.Pointer, n int) unsafe.Pointer { return unsafe.Add(p, n) }
