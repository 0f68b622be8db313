// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package nt

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/windows"

	"iocp/internal/engine"
	"iocp/internal/engine/inflight"
	"iocp/internal/engine/spin"
	"iocp/internal/sys/nt"
)

// request is one operation in flight. Its fields belong to whoever has the request: the port until
// Publish, then Enter, the kernel or the pool, whoever takes its packet, and at the end the list of what
// is over.
type request struct {
	inflight.Request[request] // must be the first field

	op     *engine.Op    // keeps the operation and the memory of Addr reachable; nil if free
	place  atomic.Uint32 // who has which operation: see at
	stop   atomic.Uint32 // at(stopped, gen) of the operation that was asked to end
	kernel atomic.Pointer[block]
	handle *handle
	accept windows.Handle // the socket that a connection is accepted into
	vector int            // the buffer of a list that is under way
	done   int            // bytes of those before it
	file   uint32         // bytes of a file that is sent
	res    int32
}

var _ [0]struct{} = [unsafe.Offsetof(request{}.Request)]struct{}{} // it is the first field

// Who has a request. Whoever ends the operation takes the request away from there, and of two that try
// one succeeds: a call that has failed, and a packet that comes for it all the same (so Wine does it for
// files).
const (
	nowhere  uint32 = iota // over, or not started
	inKernel               // a packet will come, unless the call that is under way fails
	inPool                 // with the pool, unless that has ended it
	stopped                // of request.stop
)

// at is the value for the operation of generation gen.
func at(who, gen uint32) uint32 { return gen<<2 | who }

// block is the memory of a request that the kernel writes to.
type block struct {
	ov      windows.Overlapped
	bytes   uint32
	flags   uint32
	poll    nt.AFDPoll
	buf     windows.WSABuf
	parts   windows.TransmitFileBuffers
	address [2 * acceptRoom]byte // of AcceptEx
}

// acceptRoom is what AcceptEx needs for an address of any family, and its own 16 bytes.
const acceptRoom = uint32(unsafe.Sizeof(windows.RawSockaddrAny{})) + 16

// chain is a list of requests that are over.
type chain = inflight.Chain[request]

// remove frees the request of an operation that is over.
func (e *Engine) remove(r *request) {
	r.op = nil
	if b := r.kernel.Load(); b != nil {
		b.buf.Buf = nil
	}
	e.table.Remove(r)
}

// known finds the request that waits for a packet by the address of its OVERLAPPED.
type known struct {
	mu spin.Mutex
	by map[uintptr]*request
}

// block returns the memory of r for the kernel, and makes it known.
func (k *known) block(r *request) *block {
	if b := r.kernel.Load(); b != nil {
		return b
	}
	b := new(block)
	r.kernel.Store(b)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.by == nil {
		k.by = make(map[uintptr]*request)
	}
	k.by[uintptr(unsafe.Pointer(b))] = r
	return b
}

// retire takes the memory of r out of use: a packet may come for it that is not r's any more.
func (k *known) retire(r *request) {
	k.mu.Lock()
	delete(k.by, uintptr(unsafe.Pointer(r.kernel.Load())))
	k.mu.Unlock()
	r.kernel.Store(nil)
}
