// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package win32

import "iocp"

// packet is what a port gives, in the terms of Windows.
type packet struct {
	key    uintptr
	ov     *OVERLAPPED
	status NTSTATUS
	n      uintptr
}

// smallCount is the count of a posted packet without an operation: one byte is an interface value
// without an allocation.
type smallCount uint8

func (smallCount) Error() string { return "win32: a posted packet" }

// post queues a packet. The usual one, of success and with a small count, fits into a Completion
// as it is: the key stands for the bytes, and the OVERLAPPED for the key. Any other takes an
// operation that never starts.
func (p *port) post(k packet) error {
	if k.status == STATUS_SUCCESS && k.n == uintptr(smallCount(k.n)) {
		return p.p.Post(iocp.Completion{Key: k.ov, Bytes: int64(k.key), Err: smallCount(k.n)})
	}
	op := operations.Get().(*operation)
	op.key, op.ov, op.status, op.n = k.key, k.ov, k.status, k.n
	err := p.p.Post(iocp.Completion{Op: op})
	if err != nil {
		op.recycle()
	}
	return err
}

// packetOf takes the packet out of c.
func packetOf(c *iocp.Completion) packet {
	if c.Op == nil {
		return packet{key: uintptr(c.Bytes), ov: c.Key.(*OVERLAPPED), n: uintptr(c.Err.(smallCount))}
	}
	op := c.Op.(*operation)
	k := packet{key: op.key, ov: op.ov, status: op.status, n: op.n}
	op.recycle()
	return k
}
