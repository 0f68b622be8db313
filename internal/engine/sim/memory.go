// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"unsafe"

	"iocp/internal/engine"
	"iocp/internal/sys"
)

// memory is what a request reads or writes: one buffer or several.
type memory struct {
	one     []byte
	vectors []sys.Vector // instead of one
	message *sys.Message // with vectors and a name
	left    int          // bytes from here on
}

// memoryOf is a request's memory from byte done on.
func memoryOf(op *engine.Op, done int) (mem memory) {
	switch op.Kind {
	case engine.Readv, engine.Writev:
		if op.Len > 0 {
			mem.vectors = unsafe.Slice((*sys.Vector)(op.Addr), int(op.Len))
		}
	case engine.RecvMsg, engine.SendMsg:
		mem.message = (*sys.Message)(op.Addr)
		mem.vectors = mem.message.Vectors()
	default:
		if op.Len > 0 {
			mem.one = unsafe.Slice((*byte)(op.Addr), int(op.Len))
		}
		mem.one = mem.one[min(done, len(mem.one)):]
		mem.left = len(mem.one)
		return mem
	}
	for i := range mem.vectors {
		mem.left += mem.vectors[i].Len()
	}
	mem.skip(done)
	return mem
}

// skip passes n bytes over.
func (mem *memory) skip(n int) {
	for n > 0 && mem.left > 0 {
		n -= len(mem.next(n))
	}
}

// next returns the next piece of memory, at most n bytes of it, and passes it over.
func (mem *memory) next(n int) []byte {
	for len(mem.one) == 0 && len(mem.vectors) > 0 {
		if v := &mem.vectors[0]; v.Len() > 0 {
			mem.one = v.Bytes()
		}
		mem.vectors = mem.vectors[1:]
	}
	n = min(n, len(mem.one))
	piece := mem.one[:n]
	mem.one = mem.one[n:]
	mem.left -= n
	return piece
}
