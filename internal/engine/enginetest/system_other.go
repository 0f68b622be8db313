// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !unix && !windows

package enginetest

import (
	"testing"
	"unsafe"
)

// The flags of recv, send, poll and shutdown that the suite uses, by their usual numbers.
const (
	msgPeek     = 0x2
	msgWaitAll  = 0x8
	msgDontWait = 0
	msgNoSignal = 0
	pollIn      = 0x100
	pollOut     = 0x10
	pollHup     = 0x2
	shutWrite   = 1
)

// vector is WSABUF of Winsock.
type vector struct {
	n uint32
	p *byte
}

// Vectors is what Op.Addr and Op.Len are for Readv and Writev.
func Vectors(parts ...[]byte) (unsafe.Pointer, uint32) {
	v := make([]vector, len(parts))
	for i, b := range parts {
		v[i] = vector{uint32(len(b)), unsafe.SliceData(b)}
	}
	return unsafe.Pointer(&v[0]), uint32(len(v))
}

// Message is what Op.Addr is for RecvMsg and SendMsg: WSAMSG of Winsock.
func Message(parts ...[]byte) unsafe.Pointer {
	v, n := Vectors(parts...)
	return unsafe.Pointer(&struct {
		name    unsafe.Pointer
		nameLen int32
		buffers unsafe.Pointer
		n       uint32
		control vector
		flags   uint32
	}{buffers: v, n: n})
}

// System is nil: here Config.New brings a machine.
func System(testing.TB) Machine { return nil }

// Descriptors is 0: nothing tells how many this process has open.
func Descriptors() int { return 0 }
