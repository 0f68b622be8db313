// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"sync"

	"iocp"
)

// A transfer moves the bytes of one file through the port, one block per operation. The
// goroutine that calls copy or verify starts the reads, as fast as there are blocks; the
// workers take it from there. A block is written as soon as it is read, in whatever order
// the reads end.
type transfer struct {
	c        *copier
	ctx      context.Context
	src, dst *iocp.File
	pending  sync.WaitGroup // blocks under way
	unwatch  func() bool

	mu   sync.Mutex
	err  error // the first one
	end  int64 // where src was found to end; -1 while unknown
	done int64 // bytes written
}

// extent is a part of a file that holds data, from start up to end.
type extent struct{ start, end int64 }

func newTransfer(ctx context.Context, c *copier, src, dst *iocp.File) *transfer {
	t := &transfer{c: c, ctx: ctx, src: src, dst: dst, end: -1}
	t.unwatch = context.AfterFunc(ctx, func() {
		src.CancelAll()
		dst.CancelAll()
	})
	return t
}

// close lets go of ctx. It does not close the files.
func (t *transfer) close() { t.unwatch() }

// copy writes all of src, which looked like info when it was opened, to the empty file
// dst. If src was changed meanwhile, changed says how.
func (t *transfer) copy(info fs.FileInfo) (changed, err error) {
	if t.c.clone && info.Size() > 0 && t.c.cloner.clone(t.dst, t.src, info) {
		t.c.tally.advance(info.Size())
		return t.changes(info)
	}
	if info.Size() == 0 {
		err = t.copyUnsized()
	} else {
		err = t.copySized(info)
	}
	if err != nil {
		return nil, err
	}
	// Direct writes are whole units, and room was made for what has gone since.
	if size := t.size(info); t.c.direct || size < info.Size() {
		if err := t.dst.Truncate(size); err != nil {
			return nil, err
		}
	}
	t.c.tally.advance(max(0, info.Size()-t.done)) // holes count as done
	return t.changes(info)
}

// size is the number of bytes that src turned out to have.
func (t *transfer) size(info fs.FileInfo) int64 {
	if t.end >= 0 {
		return t.end
	}
	return info.Size()
}

// copySized copies a file of known size: its extents of data, all blocks at once.
func (t *transfer) copySized(info fs.FileInfo) error {
	sparse := isSparse(info)
	if err := t.reserve(info.Size(), sparse); err != nil {
		return err
	}
	return t.eachExtent(t.src, info.Size(), sparse, reading)
}

// reserve makes room for the target, so that a full device shows now and not after hours,
// and blocks that are written out of order lie in order. A file with holes only gets its
// size: the room would fill them.
func (t *transfer) reserve(size int64, sparse bool) error {
	switch {
	case sparse:
		return t.dst.Truncate(size)
	case t.c.direct:
		return allocate(t.dst, roundUp(size))
	case t.c.isLarge(size):
		return allocate(t.dst, size)
	}
	return nil
}

// copyUnsized copies a file that says it is empty. Those of proc(5) and the like do that
// too, so it reads to the end, block by block.
func (t *transfer) copyUnsized() error {
	step := int64(t.c.block)
	for off := int64(0); t.each(extent{off, off + step}, reading); off += step {
		if err := t.wait(); err != nil || t.end >= 0 {
			return err
		}
	}
	return t.wait()
}

// eachExtent starts the blocks for everything below size where f, one of the two files,
// has data, and waits for their end. With direct I/O it begins and ends on whole units.
func (t *transfer) eachExtent(f *iocp.File, size int64, sparse bool, first phase) error {
	for e, err := range extents(f, size, sparse) {
		if err != nil {
			t.fail(err)
			break
		}
		if t.c.direct {
			e = extent{e.start &^ (directUnit - 1), roundUp(e.end)}
		}
		if !t.each(e, first) {
			break
		}
	}
	return t.wait()
}

// extents yields the parts of f below size that hold data.
func extents(f *iocp.File, size int64, sparse bool) iter.Seq2[extent, error] {
	if sparse {
		return dataExtents(f, size)
	}
	return func(yield func(extent, error) bool) { yield(extent{0, size}, nil) }
}

// each starts one block after the other on e. It reports false when the transfer has
// failed, or has met the end of src, and the rest need not be started.
func (t *transfer) each(e extent, first phase) bool {
	step := int64(t.c.block)
	if first == readingSource {
		step /= 2 // the other half of the block is for the target's bytes
	}
	for off := e.start; off < e.end; off += step {
		if err := t.ctx.Err(); err != nil {
			t.fail(err)
		}
		if t.stopped() {
			return false
		}
		b := t.c.blocks.take()
		b.transfer, b.phase = t, first
		b.off, b.want = off, min(step, e.end-off)
		t.pending.Add(1)
		b.read(t.src, b.buf[:step])
	}
	return true
}

// wait waits for the blocks under way and returns the first error.
func (t *transfer) wait() error {
	t.pending.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// fail notes the first error: the rest most often follow from it.
func (t *transfer) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
	}
}

// endAt notes that src ends at off, or before if a lower end was found.
func (t *transfer) endAt(off int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.end < 0 || off < t.end {
		t.end = off
	}
}

func (t *transfer) stopped() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err != nil || t.end >= 0
}

func (t *transfer) wrote(n int64) {
	t.mu.Lock()
	t.done += n
	t.mu.Unlock()
	t.c.tally.advance(n)
}

// changes says how src differs from info, which it looked like when it was opened.
func (t *transfer) changes(info fs.FileInfo) (changed, err error) {
	now, err := t.src.Stat()
	if err != nil {
		return nil, err
	}
	return changes(info, now), nil
}

// changes says what happened to a file that looked like before when it was opened and
// looks like now; nil if nothing did. An end that came early while size and time are as
// before is how the files of sysfs(5) are.
func changes(before, now fs.FileInfo) error {
	switch {
	case now.Size() < before.Size():
		return fmt.Errorf("shrank from %d to %d bytes while it was copied", before.Size(), now.Size())
	case now.Size() > before.Size():
		return fmt.Errorf("grew from %d to %d bytes while it was copied", before.Size(), now.Size())
	case !now.ModTime().Equal(before.ModTime()):
		return errors.New("was written to while it was copied")
	}
	return nil
}
