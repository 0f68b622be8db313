// SPDX-FileCopyrightText: The iocp Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
)

// A difference says from which byte on a copy differs.
type difference int64

func (d difference) Error() string {
	return fmt.Sprintf("the copy differs from byte %d on although every write succeeded: check the device and the memory", int64(d))
}

// verify writes dst out, reads both files again and returns an error unless they are
// equal. The bytes of dst come from the device, because they are dropped from the cache
// before. If the cause is that src was written to, changed says so instead.
func (t *transfer) verify(info fs.FileInfo) (changed, err error) {
	err = t.compare(info)
	var d difference
	if !errors.As(err, &d) {
		return nil, err
	}
	if changed, _ := t.changes(info); changed != nil {
		return changed, nil
	}
	return nil, err
}

func (t *transfer) compare(info fs.FileInfo) error {
	size := t.size(info)
	has, err := t.dst.Size()
	if err != nil {
		return err
	}
	if has != size {
		return difference(min(has, size))
	}
	if err := t.sync(); err != nil {
		return err
	}
	dropCache(t.dst)
	t.end = -1
	sparse := isSparse(info)
	if err := t.eachExtent(t.src, size, sparse, readingSource); err != nil || !sparse {
		return err
	}
	// Where src has a hole dst must not have data other than zeros.
	return t.eachExtent(t.dst, size, sparse, readingSource)
}

// sync writes dst out through the port.
func (t *transfer) sync() error {
	b := t.c.blocks.take()
	b.transfer, b.phase = t, syncing
	t.pending.Add(1)
	if err := t.dst.Sync(b); err != nil {
		b.end(err)
	}
	return t.wait()
}

// differs compares the two halves of the block, of which the second one has n bytes.
func (b *block) differs(n int64) error {
	source, target := b.buf[:b.got], b.secondHalf()[:n]
	if bytes.Equal(source, target) {
		b.transfer.c.tally.advance(n)
		return nil
	}
	at := 0
	for at < min(len(source), len(target)) && source[at] == target[at] {
		at++
	}
	return difference(b.off + int64(at))
}
