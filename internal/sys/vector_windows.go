// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Vector is one buffer of a request that takes several, as the system wants it: WSABUF. It keeps its
// buffer reachable.
type Vector struct{ v windows.WSABuf }

// VectorOf returns the vector for b, which is not empty.
func VectorOf(b []byte) Vector {
	return Vector{windows.WSABuf{Len: uint32(len(b)), Buf: unsafe.SliceData(b)}}
}

// Len is the number of bytes that are left in the vector.
func (v *Vector) Len() int { return int(v.v.Len) }

// Bytes is what is left of the buffer.
func (v *Vector) Bytes() []byte { return unsafe.Slice(v.v.Buf, int(v.v.Len)) }

// Advance takes n bytes off the front, fewer than Len.
func (v *Vector) Advance(n int) {
	v.v.Buf = (*byte)(unsafe.Add(unsafe.Pointer(v.v.Buf), n))
	v.v.Len -= uint32(n)
}

// Message is what RecvMsg and SendMsg take, as the system wants it: WSAMSG. It keeps its vectors and
// its address reachable.
type Message struct{ m windows.WSAMsg }

// Set makes m one for these vectors, whose number may be 0, without an address.
func (m *Message) Set(vectors []Vector) {
	m.m = windows.WSAMsg{}
	if len(vectors) > 0 {
		m.m.Buffers = &vectors[0].v
	}
	m.m.BufferCount = uint32(len(vectors))
}

// SetName makes name the place of an address: of the receiver, with its length in bytes, or for
// the sender, with the room.
func (m *Message) SetName(name *Sockaddr, length int) {
	m.m.Name, m.m.Namelen = (*syscall.RawSockaddrAny)(unsafe.Pointer(name)), int32(length)
}

// Vectors returns the vectors.
func (m *Message) Vectors() []Vector {
	return unsafe.Slice((*Vector)(unsafe.Pointer(m.m.Buffers)), int(m.m.BufferCount))
}

// Name returns the place of the address and its length in bytes, which after a receive is that of
// the sender's, 0 if it has none; nil if no address was set.
func (m *Message) Name() (*Sockaddr, int) {
	return (*Sockaddr)(unsafe.Pointer(m.m.Name)), int(m.m.Namelen)
}
