// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"sync"

	"iocp"
)

// phase is what the operation in flight of a block does.
type phase int

const (
	reading       phase = iota // from the source, to be written next
	writing                    // to the target
	readingSource              // to be compared
	readingTarget              // to be compared with what readingSource brought
	syncing                    // the target
)

// A block is a buffer and the one operation that fills or empties it. It belongs to a
// transfer from take to put, and between the two to the port or to one worker.
type block struct {
	iocp.Overlapped
	transfer *transfer
	phase    phase
	buf      []byte
	off      int64
	want     int64 // bytes of the file that the block stands for
	got      int64 // bytes that readingSource brought
}

// Complete takes the block to its next phase. A worker of the pool calls it.
func (b *block) Complete(c iocp.Completion) {
	n := min(c.Bytes, b.want) // a direct read or write goes on to the end of a unit
	switch {
	case c.Err != nil && !errors.Is(c.Err, io.EOF):
		b.end(c.Err)
	case b.transfer.ctx.Err() != nil:
		b.end(b.transfer.ctx.Err())
	case b.phase == reading:
		b.write(n)
	case b.phase == writing:
		b.transfer.wrote(n)
		b.end(nil)
	case b.phase == readingSource:
		b.phase, b.got = readingTarget, n
		b.read(b.transfer.dst, b.secondHalf())
	case b.phase == readingTarget:
		b.end(b.differs(n))
	default:
		b.end(nil)
	}
}

// read reads what b stands for into buf, which has room for the whole units that a direct
// read needs.
func (b *block) read(f *iocp.File, buf []byte) {
	n := b.want
	if b.transfer.c.direct {
		n = roundUp(n)
	}
	if err := f.Read(b, buf[:n], b.off); err != nil {
		b.end(err)
	}
}

// write writes the n bytes that were read. Fewer than wanted means that the file ends
// here; a direct write of them is filled up to a whole unit, and the file cut at the end.
func (b *block) write(n int64) {
	if n < b.want {
		b.transfer.endAt(b.off + n)
	}
	if n == 0 {
		b.end(nil)
		return
	}
	b.phase, b.want = writing, n
	if b.transfer.c.direct {
		clear(b.buf[n:roundUp(n)])
		n = roundUp(n)
	}
	if err := b.transfer.dst.Write(b, b.buf[:n], b.off); err != nil {
		b.end(err)
	}
}

func (b *block) secondHalf() []byte { return b.buf[len(b.buf)/2:] }

// end gives the block back. It is the last thing done with it: the transfer may be over.
func (b *block) end(err error) {
	t := b.transfer
	if err != nil {
		t.fail(err)
	}
	b.transfer = nil
	t.c.blocks.put(b)
	t.pending.Done()
}

// roundUp rounds n up to whole units of direct I/O.
func roundUp(n int64) int64 {
	return (n + directUnit - 1) &^ (directUnit - 1)
}

// blocks is the memory of a copy: so many blocks, made when first needed. The one given
// back last is taken first, because its buffer is the most likely to be in the cache.
type blocks struct {
	size  int
	slots chan struct{} // holds a token for every block in use

	mu   sync.Mutex
	free []*block
}

func newBlocks(n, size int) *blocks {
	return &blocks{size: size, slots: make(chan struct{}, n)}
}

// take waits until a block is free. A worker must not call it: blocks come back only
// through workers.
func (p *blocks) take() *block {
	p.slots <- struct{}{}
	p.mu.Lock()
	defer p.mu.Unlock()
	if last := len(p.free) - 1; last >= 0 {
		b := p.free[last]
		p.free = p.free[:last]
		return b
	}
	return &block{buf: iocp.AlignedBuffer(p.size)}
}

func (p *blocks) put(b *block) {
	p.mu.Lock()
	p.free = append(p.free, b)
	p.mu.Unlock()
	<-p.slots
}
