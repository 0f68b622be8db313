// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Vector is one buffer of a request that takes several, as the system wants it: struct iovec. It
// keeps its buffer reachable.
type Vector struct{ v unix.Iovec }

// VectorOf returns the vector for b, which is not empty.
func VectorOf(b []byte) Vector {
	v := Vector{unix.Iovec{Base: unsafe.SliceData(b)}}
	v.v.SetLen(len(b))
	return v
}

// Len is the number of bytes that are left in the vector.
func (v *Vector) Len() int { return int(v.v.Len) }

// Bytes is what is left of the buffer.
func (v *Vector) Bytes() []byte { return unsafe.Slice(v.v.Base, int(v.v.Len)) }

// Advance takes n bytes off the front, fewer than Len.
func (v *Vector) Advance(n int) {
	v.v.Base = (*byte)(unsafe.Add(unsafe.Pointer(v.v.Base), n))
	v.v.SetLen(int(v.v.Len) - n)
}

// Message is what RecvMsg and SendMsg take, as the system wants it: struct msghdr. It keeps its
// vectors and its address reachable.
type Message struct{ m unix.Msghdr }

// Set makes m one for these vectors, whose number may be 0, without an address.
func (m *Message) Set(vectors []Vector) {
	m.m = unix.Msghdr{}
	if len(vectors) > 0 {
		m.m.Iov = &vectors[0].v
	}
	m.m.SetIovlen(len(vectors))
}

// SetName makes name the place of an address: of the receiver, with its length in bytes, or for
// the sender, with the room.
func (m *Message) SetName(name *Sockaddr, length int) {
	m.m.Name, m.m.Namelen = (*byte)(unsafe.Pointer(name)), uint32(length)
}

// Vectors returns the vectors.
func (m *Message) Vectors() []Vector {
	return unsafe.Slice((*Vector)(unsafe.Pointer(m.m.Iov)), int(m.m.Iovlen))
}

// Name returns the place of the address and its length in bytes, which after a receive is that of
// the sender's, 0 if it has none; nil if no address was set.
func (m *Message) Name() (*Sockaddr, int) {
	return (*Sockaddr)(unsafe.Pointer(m.m.Name)), int(m.m.Namelen)
}
